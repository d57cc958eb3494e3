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

    /// <summary>
    /// One of <c>drafter reviewer releaser domain attribute list other unknown</c>: what the signature and the header claim, to be
    /// believed as far as the verdict is.
    /// </summary>
    public string Role { get; init; } = "unknown";

    /// <summary>From 1, in the order in which the signatures of the message were made; 0: it is about a part only.</summary>
    public int Number { get; init; }

    /// <summary>Numbers of the signatures that this one is directly around or, a countersignature, on.</summary>
    public ImmutableArray<int> Covers { get; init; } = [];

    public ImmutableArray<SignerReport> Countersigners { get; init; } = [];
}
