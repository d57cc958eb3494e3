using MilSwitch.Smime.Algorithms;

namespace MilSwitch.Smime.Keys;

/// <summary>What a key leaves open about its signatures. Immutable.</summary>
public sealed record SigningChoice
{
    public static SigningChoice Default { get; } = new();

    /// <summary>
    /// Null: what goes with the key: SHA-256 for RSA and P-256, SHA-384 for P-384, SHA-512 for P-521, Ed25519 (RFC 8419 §3.1)
    /// and ML-DSA (RFC 9882 §3.3).
    /// </summary>
    public DigestAlgorithm? Digest { get; init; }

    /// <summary>RSASSA-PSS (RFC 4056) instead of PKCS #1 v1.5.</summary>
    public bool Pss { get; init; }
}
