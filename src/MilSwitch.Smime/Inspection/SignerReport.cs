using System.Collections.Immutable;

namespace MilSwitch.Smime.Inspection;

/// <summary>One signature, or a countersignature on one.</summary>
public sealed record SignerReport
{
    public required string Verdict { get; init; }

    public ImmutableArray<string> Reasons { get; init; } = [];

    /// <summary>Null when the signer's certificate is not known.</summary>
    public string? Subject { get; init; }

    public string? Issuer { get; init; }

    /// <summary>Hexadecimal.</summary>
    public string? Serial { get; init; }

    public ImmutableArray<string> Addresses { get; init; } = [];

    public string? Digest { get; init; }

    public string? Signature { get; init; }

    /// <summary>As the signer claims it.</summary>
    public DateTimeOffset? SigningTime { get; init; }

    /// <summary>One of <c>originator domain attribute review</c> (RFC 3183 §3.1), or null.</summary>
    public string? SignatureType { get; init; }

    public ImmutableArray<SignerReport> Countersigners { get; init; } = [];
}
