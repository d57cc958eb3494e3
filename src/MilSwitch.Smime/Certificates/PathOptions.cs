using MilSwitch.Smime.Algorithms;

namespace MilSwitch.Smime.Certificates;

/// <summary>How a certificate is judged: the inputs of RFC 5280 §6.1.1, and what mail adds. Immutable.</summary>
public sealed record PathOptions
{
    /// <summary>What is believed in.</summary>
    public required TrustMaterial Trust { get; init; }

    /// <summary>As of when.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Certificates that came with the message; they only help to find a path.</summary>
    public IReadOnlyList<Certificate> MessageCertificates { get; init; } = [];

    /// <summary>Revocation lists that came with the message.</summary>
    public IReadOnlyList<RevocationList> MessageRevocationLists { get; init; } = [];

    /// <summary>user-initial-policy-set; none: any policy.</summary>
    public IReadOnlyList<string> InitialPolicies { get; init; } = [];

    /// <summary>initial-explicit-policy.</summary>
    public bool ExplicitPolicy { get; init; }

    /// <summary>initial-policy-mapping-inhibit.</summary>
    public bool InhibitMapping { get; init; }

    /// <summary>initial-any-policy-inhibit.</summary>
    public bool InhibitAny { get; init; }

    public PathPurpose Purpose { get; init; }

    public RevocationMode Revocation { get; init; }

    /// <summary>Algorithms and key sizes that are accepted.</summary>
    public AlgorithmSuite Suite { get; init; } = AlgorithmSuite.Default;

    public PathBounds Bounds { get; init; } = PathBounds.Default;
}
