namespace MilSwitch.Domain.Messages;

/// <summary>
/// Names one accepted message for as long as any record of it exists.
/// 63 bits: run (23) | sequence (34) | partition (6). The run is a number that the store gives a node at each start,
/// so ids are unique by construction, without a clock. They rise monotonically on a node, which keeps inserts at the
/// right edge of the store's trees; the low bits name the partition, so that any node finds the owner without a look-up.
/// </summary>
public readonly record struct MessageId(long Value) : IComparable<MessageId>
{
    public const int PartitionBits = 6;
    public const int SequenceBits = 34;
    public const int PartitionCount = 1 << PartitionBits;
    public const long MaximumSequence = (1L << SequenceBits) - 1;
    public const int MaximumRun = (1 << 23) - 1;

    /// <summary>Letters of Crockford's base 32: no I, L, O or U, so that an id can be read out over a voice circuit.</summary>
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int TextLength = 13;

    public static MessageId Create(int run, long sequence, int partition)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(run);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(run, MaximumRun);
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, MaximumSequence);
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, PartitionCount);
        return new MessageId(((long)run << (SequenceBits + PartitionBits)) | (sequence << PartitionBits) | (uint)partition);
    }

    public int Run => (int)(Value >> (SequenceBits + PartitionBits));

    public long Sequence => (Value >> PartitionBits) & MaximumSequence;

    public int Partition => (int)(Value & (PartitionCount - 1));

    public int CompareTo(MessageId other) => Value.CompareTo(other.Value);

    /// <summary>Thirteen characters of Crockford's base 32, most significant first.</summary>
    public override string ToString() => string.Create(TextLength, Value, static (span, value) =>
    {
        var rest = (ulong)value;
        for (var i = span.Length - 1; i >= 0; i--)
        {
            span[i] = Alphabet[(int)(rest & 31)];
            rest >>= 5;
        }
    });

    /// <summary>Reads what <see cref="ToString"/> wrote, in either case.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MessageId id)
    {
        id = default;
        if (text.Length != TextLength) return false;
        ulong value = 0;
        foreach (var c in text)
        {
            var digit = Alphabet.IndexOf(char.IsAsciiLetterLower(c) ? (char)(c & ~0x20) : c, StringComparison.Ordinal);
            if (digit < 0 || value > ulong.MaxValue >> 5) return false;
            value = (value << 5) | (uint)digit;
        }

        if (value > long.MaxValue) return false;
        id = new MessageId((long)value);
        return true;
    }
}
