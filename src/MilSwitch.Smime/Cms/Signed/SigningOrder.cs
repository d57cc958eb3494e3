using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>What is to be signed, and how. Immutable.</summary>
public sealed record SigningOrder
{
    /// <summary>Of the content, which itself is not needed: the writer leaves a gap for it.</summary>
    public required ContentDigests Content { get; init; }

    /// <summary>In parallel: each signs the same content (RFC 5652 §5).</summary>
    public required IReadOnlyList<CmsSigner> Signers { get; init; }

    public string ContentType { get; init; } = ContentTypes.Data;

    /// <summary>The content stays outside, as in multipart/signed.</summary>
    public bool IsDetached { get; init; }

    /// <summary>Null: no signingTime attribute.</summary>
    public DateTimeOffset? SigningTime { get; init; }

    /// <summary>
    /// Further signed attributes, the same for each signer, values in DER. contentType, messageDigest, signingTime,
    /// signingCertificateV2 and cmsAlgorithmProtection are the writer's own.
    /// </summary>
    public IReadOnlyList<CmsAttribute> Attributes { get; init; } = [];

    /// <summary>Where the signature will stand, for RFC 2634 §1.3.4.</summary>
    public SignatureLayer Layer { get; init; }

    /// <summary>Points each of the signatures of one signer to the others, so that none can be taken away unseen (RFC 5752).</summary>
    public bool LinkSignatures { get; init; }

    /// <summary>The signers' certificates are sent along.</summary>
    public bool IncludeCertificates { get; init; } = true;

    /// <summary>Further certificates to send along, DER.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; init; } = [];

    /// <summary>Attribute certificates and other kinds, each with its context-specific tag.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> OtherCertificates { get; init; } = [];

    /// <summary>Revocation lists, DER.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> RevocationLists { get; init; } = [];

    /// <summary>What may be made.</summary>
    public AlgorithmSuite Suite { get; init; } = AlgorithmSuite.Default;
}
