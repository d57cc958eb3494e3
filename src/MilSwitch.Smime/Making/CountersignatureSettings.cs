using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Making;

/// <summary>How signatures of a message are countersigned (RFC 5652 §11.4). Immutable.</summary>
public sealed record CountersignatureSettings
{
    public required CmsSigner Signer { get; init; }

    /// <summary>
    /// The signature to countersign: index of the signer, then indices of countersignatures. Empty: each signer's, one
    /// countersignature on each.
    /// </summary>
    public IReadOnlyList<int> Path { get; init; } = [];

    /// <summary>Null: no signingTime attribute.</summary>
    public DateTimeOffset? SigningTime { get; init; }

    /// <summary>Certificates to look for a signer's in, besides those in the message, DER.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; init; } = [];

    /// <summary>What a signature must be to be countersigned.</summary>
    public VerificationOptions Verification { get; init; } = VerificationOptions.Default;

    /// <summary>What may be made.</summary>
    public AlgorithmSuite Suite { get; init; } = AlgorithmSuite.Default;
}
