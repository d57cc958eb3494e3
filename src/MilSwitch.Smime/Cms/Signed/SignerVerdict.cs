using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>What one signature comes to, given a public key. Whose key that is and whether to trust it is not judged here. Immutable.</summary>
public sealed record SignerVerdict
{
    /// <summary>In the order in which they were found; empty: the signature is good.</summary>
    public required IReadOnlyList<Reason> Reasons { get; init; }

    public bool IsGood => Reasons.Count is 0;

    /// <summary>Null: unknown.</summary>
    public DigestAlgorithm? Digest { get; init; }

    /// <summary>As it is shown: <c>ecdsa-p384</c>; null: unknown.</summary>
    public string? Signature { get; init; }

    /// <summary>What the signer says; null: it says nothing, or nothing that can be read.</summary>
    public DateTimeOffset? SigningTime { get; init; }

    /// <summary>Rows of <see cref="AttributePlacement"/> that are broken, for <see cref="Reason.AttributePlacement"/>.</summary>
    public IReadOnlyList<AttributeRule> Misplaced { get; init; } = [];
}
