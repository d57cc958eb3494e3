namespace MilSwitch.Domain.Reports;

/// <summary>The secrets that make and check <see cref="EnvelopeTag"/>. Immutable; never logged.</summary>
public sealed class EnvelopeTagKeys
{
    /// <summary>Octets that a key has at least.</summary>
    public const int LeastOctets = 32;

    /// <param name="current">Makes and checks.</param>
    /// <param name="previous">Checks what was made before the keys were changed; empty: none.</param>
    /// <exception cref="ArgumentException">One is shorter than <see cref="LeastOctets"/>.</exception>
    public EnvelopeTagKeys(ReadOnlyMemory<byte> current, ReadOnlyMemory<byte> previous = default)
    {
        if (current.Length < LeastOctets) throw new ArgumentException("a key for envelope tags has 32 octets or more", nameof(current));
        if (previous.Length is > 0 and < LeastOctets) throw new ArgumentException("a key for envelope tags has 32 octets or more", nameof(previous));
        Current = current;
        Previous = previous;
    }

    internal ReadOnlyMemory<byte> Current { get; }

    internal ReadOnlyMemory<byte> Previous { get; }
}
