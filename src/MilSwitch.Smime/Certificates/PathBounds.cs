namespace MilSwitch.Smime.Certificates;

/// <summary>What the search for one path may cost; a stranger chooses the certificates (threat C6). Immutable.</summary>
public sealed record PathBounds
{
    public static PathBounds Default { get; } = new();

    /// <summary>Certificates on a path, the anchor included.</summary>
    public int Length { get; init; } = 12;

    /// <summary>Certificates that come with a message; those behind are not looked at.</summary>
    public int MessageCertificates { get; init; } = 64;

    /// <summary>Signatures verified, those of revocation lists and responders included.</summary>
    public int Signatures { get; init; } = 400;

    /// <summary>Certificates tried as the next on a path.</summary>
    public int Steps { get; init; } = 4_000;

    /// <summary>Complete paths judged.</summary>
    public int Paths { get; init; } = 32;

    /// <summary>Names held against subtrees.</summary>
    public int NameChecks { get; init; } = 1 << 18;
}
