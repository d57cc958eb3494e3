using System.Runtime.Versioning;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;

namespace MilSwitch.Smime.Tests;

/// <summary>One value of each attribute of ESS, with every optional member, for tests that compare it with what others read.</summary>
[SupportedOSPlatform("linux")]
internal static class EssSamples
{
    public static readonly SecurityLabel Label = new()
    {
        Policy = "1.3.26.0.4406.4.1", Classification = 3, PrivacyMark = "Releasable to KFOR",
        Categories = [new UnknownCategory("1.2.3.4", EssOctets.Encode([0xAB])), new UnknownCategory("1.2.3.5", EssOctets.Encode([0xCD, 0xEF]))],
    };

    public static readonly SecurityLabel Other = new() { Policy = "1.3.6.1.4.1.99999.7", Classification = 256, PrivacyMark = "Für Übung" };

    public static readonly ReceiptRequest Request = new()
    {
        ContentIdentifier = new byte[] { 1, 2, 3, 4 }, From = ReceiptsFrom.Listed([GeneralNames.OfAddress("a@unit.example"), GeneralNames.OfAddress("b@unit.example")]), To = [GeneralNames.OfAddress("origin@unit.example")],
    };

    public static readonly ContentHints Hints = new(ContentTypes.Data, "Orders for Übung");

    public static readonly ContentReference Reference = new(ContentTypes.Data, new byte[] { 9, 8, 7 }, new byte[] { 0x55, 0x66 });

    public static readonly SecureHeaderFields Fields = new(true, [new SecureHeaderField("Subject", "Übung"), new SecureHeaderField("X-Old", "gone", SecureHeaderFieldStatus.Deleted), new SecureHeaderField("To", "x", SecureHeaderFieldStatus.Modified)]);

    public static readonly MlData[] History =
    [
        new() { List = new SignerIdentifier(default, default, new byte[] { 0x11, 0x22 }), ExpandedAt = SignedPki.Now, Policy = MlReceiptPolicy.None },
        new() { List = SignerIdentifier.Of(SignedPki.Authority), ExpandedAt = SignedPki.Now.AddSeconds(1), Policy = MlReceiptPolicy.InsteadOf, Entities = [GeneralNames.OfAddress("list@unit.example")] },
        new() { List = new SignerIdentifier(default, default, new byte[] { 0x33 }), ExpandedAt = SignedPki.Now.AddSeconds(2), Policy = MlReceiptPolicy.InAdditionTo, Entities = [GeneralNames.OfAddress("more@unit.example")] },
        new() { List = new SignerIdentifier(default, default, new byte[] { 0x44 }), ExpandedAt = SignedPki.Now.AddSeconds(3) },
    ];

    public static readonly AlgorithmIdentifier[] Capabilities = [new(EnvelopedOids.Aes256Gcm), new(EnvelopedOids.Aes128Cbc), new("1.2.840.113549.3.2", new byte[] { 2, 2, 0, 128 })];

    /// <summary>What an inner signature may carry (RFC 2634 §1.3.4).</summary>
    public static IReadOnlyList<CmsAttribute> Inner =>
    [
        new(AttributeTypes.SecurityLabel, EssLabel.Encode(Label)),
        new(AttributeTypes.EquivalentLabels, EquivalentLabels.Encode([Other])),
        new(AttributeTypes.ReceiptRequest, Request.Encode()),
        new(AttributeTypes.ContentIdentifier, EssOctets.Encode(Request.ContentIdentifier.Span)),
        new(AttributeTypes.ContentHints, Hints.Encode()),
        new(AttributeTypes.ContentReference, Reference.Encode()),
        new(AttributeTypes.SecureHeaderFields, Fields.Encode()),
        new(AttributeTypes.SignatureType, SignatureType.Encode(SignatureType.Originator)),
    ];

    /// <summary>What an outer one may.</summary>
    public static IReadOnlyList<CmsAttribute> Outer =>
    [
        new(AttributeTypes.SecurityLabel, EssLabel.Encode(Label)),
        new(AttributeTypes.MlExpansionHistory, MlData.EncodeHistory(History)),
        new(AttributeTypes.SignatureType, SignatureType.Encode(SignatureType.Domain)),
    ];

    /// <summary>A signer who says all that can be said of himself.</summary>
    public static CmsSigner Signer(string kind) => new(SignedPki.Get(kind).Key, capabilities: SmimeCapabilities.Encode(Capabilities), encryptionCertificate: SignedPki.Authority);
}
