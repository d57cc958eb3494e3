namespace MilSwitch.Checks.Parts;

/// <summary>How far a message is read and what in it is taken all the same. Immutable; a value outside of its range throws <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record ReadingRules
{
    /// <summary>Faults that may be tolerated: every reader finds the same parts, and all of them can be looked into.</summary>
    public const PartFaults Tolerable = PartFaults.Comment | PartFaults.NoVersion | PartFaults.Unclosed | PartFaults.EightBit;

    /// <summary>Multiparts and messages inside each other, 0 to 50. Default 20.</summary>
    public int Depth { get; init => field = Bounds.Within(value, 0, 50); } = 20;

    /// <summary>Parts of all multiparts and messages together, the message itself counted, 1 to 10,000. Default 1,000.</summary>
    public int Parts { get; init => field = Bounds.Within(value, 1, 10_000); } = 1_000;

    /// <summary>Octets to which all parts together may decode, 1 to 2 GiB. Default 200 MiB.</summary>
    public long DecodedOctets { get; init => field = Bounds.Within(value, 1, 2L << 30); } = 200L << 20;

    /// <summary>Octets of one header, 1 KiB to 1 MiB. Default 256 KiB.</summary>
    public int HeaderOctets { get; init => field = Bounds.Within(value, 1 << 10, 1 << 20); } = 256 << 10;

    /// <summary>Fields of one header, 10 to 10,000. Default 1,000.</summary>
    public int HeaderFields { get; init => field = Bounds.Within(value, 10, 10_000); } = 1_000;

    /// <summary>Faults that count as none, of <see cref="Tolerable"/> only. Default none.</summary>
    public PartFaults Tolerated
    {
        get;
        init => field = (value & ~Tolerable) is PartFaults.None ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "these faults can't be tolerated");
    }
}
