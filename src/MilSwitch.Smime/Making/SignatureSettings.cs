using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Making;

/// <summary>How a message is signed. What may not be made as asked is refused, never made otherwise. Immutable.</summary>
public sealed record SignatureSettings
{
    /// <summary>In parallel: each signs the same content.</summary>
    public required IReadOnlyList<CmsSigner> Signers { get; init; }

    public SignatureFormat Format { get; init; }

    /// <summary>Points each signature to the others (RFC 5752); of no effect with one signer.</summary>
    public bool LinkSignatures { get; init; }

    /// <summary>Null: no signingTime attribute.</summary>
    public DateTimeOffset? SigningTime { get; init; }

    /// <summary>Null: no eSSSecurityLabel.</summary>
    public SecurityLabel? Label { get; init; }

    public IReadOnlyList<SecurityLabel> EquivalentLabels { get; init; } = [];

    /// <summary>Null: no receipt is asked for. Not in an outer signature (RFC 2634 §2.2).</summary>
    public ReceiptRequest? ReceiptRequest { get; init; }

    /// <summary>Told what a receipt must have, one for each signer, as soon as it is signed with a <see cref="ReceiptRequest"/>.</summary>
    public Action<IReadOnlyList<ReceiptEvidence>>? Requested { get; init; }

    /// <summary>Object identifiers of <see cref="Ess.SignatureType"/>; none: not said.</summary>
    public IReadOnlyList<string> SignatureTypes { get; init; } = [];

    /// <summary>Ciphers that answers may use, most wanted first (RFC 8551 §2.5.2); none: not said.</summary>
    public IReadOnlyList<AlgorithmIdentifier> Capabilities { get; init; } = [];

    /// <summary>Certificate to encrypt answers for (RFC 8551 §2.5.3); empty: not said.</summary>
    public ReadOnlyMemory<byte> EncryptionCertificate { get; init; }

    /// <summary>Null: absent.</summary>
    public ContentHints? ContentHints { get; init; }

    /// <summary>Null: absent.</summary>
    public ContentReference? ContentReference { get; init; }

    /// <summary>Empty: absent.</summary>
    public ReadOnlyMemory<byte> ContentIdentifier { get; init; }

    /// <summary>Oldest first; none: absent. Not in an inner signature (RFC 2634 §1.3.4).</summary>
    public IReadOnlyList<MlData> ExpansionHistory { get; init; } = [];

    /// <summary>Further signed attributes, values in DER.</summary>
    public IReadOnlyList<CmsAttribute> Attributes { get; init; } = [];

    /// <summary>
    /// RFC 9788, the RFC 8551 §3.1 wrap (which RFC 9788 §4.10 forbids to write to anybody who does not need it), or none.
    /// An outer signature protects what stands outside, so that it can be compared without a decryption key.
    /// </summary>
    public ProtectionScheme HeaderProtection { get; init; } = ProtectionScheme.Rfc9788;

    public EightBitContent EightBit { get; init; }

    /// <summary>
    /// Readings of the message that are signed in spite of being ambiguous: the others are refused, since nobody would
    /// believe the result.
    /// </summary>
    public MimeAmbiguity Tolerated { get; init; } = ProtectionSource.Tolerable;

    /// <summary>The signers' certificates are sent along.</summary>
    public bool IncludeCertificates { get; init; } = true;

    /// <summary>Further certificates to send along, DER.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; init; } = [];

    /// <summary>Revocation lists to send along, DER.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> RevocationLists { get; init; } = [];

    /// <summary>
    /// Objects that other layers hold are given base64 too. RFC 8551 §3.1.2 lets that be left out, which saves a third of
    /// each layer, but OpenSSL and old agents then read nothing.
    /// </summary>
    public bool EncodeInside { get; init; } = true;

    /// <summary>What may be made.</summary>
    public AlgorithmSuite Suite { get; init; } = AlgorithmSuite.Default;

    /// <summary>The attributes that these settings ask for, besides those that every signature has.</summary>
    /// <exception cref="LabelRefusedException">A label can't be written.</exception>
    internal List<CmsAttribute> SignedAttributes()
    {
        var all = new List<CmsAttribute>();
        if (Label is { } label) all.Add(new(AttributeTypes.SecurityLabel, EssLabel.Encode(label)));
        if (EquivalentLabels.Count > 0) all.Add(new(AttributeTypes.EquivalentLabels, Labels.Carriers.EquivalentLabels.Encode(EquivalentLabels)));
        if (ReceiptRequest is { } request) all.Add(new(AttributeTypes.ReceiptRequest, request.Encode()));
        // RFC 3183 §3.1.2.
        if (SignatureTypes.Count > 1 && SignatureTypes.Contains(SignatureType.AdditionalAttributes)) throw new SigningRefusedException("a signature for additional attributes is nothing else (RFC 3183 §3.3)");
        if (SignatureTypes.Count > 0) all.Add(new(AttributeTypes.SignatureType, SignatureType.Encode([.. SignatureTypes])));
        if (Capabilities.Count > 0) all.Add(new(AttributeTypes.SmimeCapabilities, SmimeCapabilities.Encode(Capabilities)));
        if (!EncryptionCertificate.IsEmpty) all.Add(new(AttributeTypes.EncryptionKeyPreference, EncryptionKeyPreference.Encode(SignerIdentifier.Of(EncryptionCertificate))));
        if (ContentHints is { } hints) all.Add(new(AttributeTypes.ContentHints, hints.Encode()));
        if (ContentReference is { } reference) all.Add(new(AttributeTypes.ContentReference, reference.Encode()));
        if (!ContentIdentifier.IsEmpty) all.Add(new(AttributeTypes.ContentIdentifier, EssOctets.Encode(ContentIdentifier.Span)));
        if (ExpansionHistory.Count > 0) all.Add(new(AttributeTypes.MlExpansionHistory, MlData.EncodeHistory(ExpansionHistory)));
        all.AddRange(Attributes);
        return all;
    }
}
