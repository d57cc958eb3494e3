namespace MilSwitch.Smime.Messages;

/// <summary>
/// What one message may cost, all its layers together (threat M1): each entity that is read takes its share. One message
/// per instance; not thread-safe.
/// </summary>
public sealed class MimeBudget
{
    /// <summary>Composite parts and layers inside each other.</summary>
    public int Depth { get; init; } = 20;

    /// <summary>Parts that are left, of all multiparts together.</summary>
    public int Parts { get; set; } = 1_000;

    /// <summary>Octets that decoding may still come to.</summary>
    public long Decoded { get; set; } = 200L << 20;

    /// <summary>Octets of one header.</summary>
    public int HeaderOctets { get; init; } = 256 << 10;

    /// <summary>Fields of one header.</summary>
    public int HeaderFields { get; init; } = 1_000;

    /// <summary>Takes octets if there are so many left.</summary>
    public bool TryTake(long octets)
    {
        if (octets > Decoded) return false;
        Decoded -= octets;
        return true;
    }
}
