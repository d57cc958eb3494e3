namespace MilSwitch.Smime.Cms;

/// <summary>
/// What a CMS object may cost before anything in it is believed (threat C6). Checked while its frame is walked, iteratively,
/// before any structure is read. Immutable.
/// </summary>
public sealed record CmsBounds
{
    public static CmsBounds Default { get; } = new();

    /// <summary>Nested elements.</summary>
    public int Depth { get; init; } = 32;

    /// <summary>Elements altogether, segments of constructed strings included.</summary>
    public int Elements { get; init; } = 200_000;

    /// <summary>Certificates and revocation lists, each.</summary>
    public int Certificates { get; init; } = 64;

    public int Signers { get; init; } = 8;

    public int Recipients { get; init; } = 1_000;

    /// <summary>Signed or unsigned attributes of one signer, each; and values of one attribute.</summary>
    public int Attributes { get; init; } = 50;

    /// <summary>Countersignatures on countersignatures.</summary>
    public int Countersignatures { get; init; } = 4;

    /// <summary>Octets of one object identifier or integer.</summary>
    public int Primitive { get; init; } = 4_096;

    /// <summary>Octets that compressed content may come to.</summary>
    public long Decompressed { get; init; } = 100L << 20;
}
