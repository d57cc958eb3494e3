using System.Collections.Frozen;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>Where attributes may stand: the table of RFC 2634 §1.3.4 with the rows that later documents add. Pure.</summary>
public static class AttributePlacement
{
    public static IReadOnlyList<AttributeRule> Rules { get; } =
    [
        new(AttributeTypes.ContentHints, "contentHints", SignatureLayer.Only, null),
        new(AttributeTypes.ContentIdentifier, "contentIdentifier", SignatureLayer.Only, null),
        new(AttributeTypes.ContentReference, "contentReference", SignatureLayer.Only, true),
        // RFC 5652 §11.4: not in a countersignature, which has no content type.
        new(AttributeTypes.ContentType, "contentType", SignatureLayer.Only, true),
        new(AttributeTypes.CounterSignature, "counterSignature", SignatureLayer.Only, false, IsSingle: false),
        new(AttributeTypes.EquivalentLabels, "equivalentLabels", SignatureLayer.Only, true),
        new(AttributeTypes.SecurityLabel, "eSSSecurityLabel", SignatureLayer.Only, true),
        new(AttributeTypes.MessageDigest, "messageDigest", SignatureLayer.Only, true, InCountersignature: true),
        new(AttributeTypes.MsgSigDigest, "msgSigDigest", SignatureLayer.Inner, true),
        new(AttributeTypes.MlExpansionHistory, "mlExpansionHistory", SignatureLayer.Outer, true, InReceipt: false),
        new(AttributeTypes.ReceiptRequest, "receiptRequest", SignatureLayer.Inner, true, InReceipt: false),
        new(AttributeTypes.SigningCertificate, "signingCertificate", SignatureLayer.Only, true, InCountersignature: true),
        new(AttributeTypes.SigningTime, "signingTime", SignatureLayer.Only, true, InCountersignature: true),
        new(AttributeTypes.SmimeCapabilities, "smimeCapabilities", SignatureLayer.Only, true),
        new(AttributeTypes.EncryptionKeyPreference, "sMIMEEncryptionKeyPreference", SignatureLayer.Only, true),
        // RFC 3183 §3.1.2, RFC 5035 §3, RFC 5752 §3, RFC 6211 §2, RFC 7508 §4.1.
        new(AttributeTypes.SignatureType, "signatureType", SignatureLayer.Only, true),
        new(AttributeTypes.SigningCertificateV2, "signingCertificateV2", SignatureLayer.Only, true, InCountersignature: true),
        new(AttributeTypes.MultipleSignatures, "multipleSignatures", SignatureLayer.Only, true, IsSingle: false),
        new(AttributeTypes.AlgorithmProtection, "cmsAlgorithmProtection", SignatureLayer.Only, true, InCountersignature: true),
        new(AttributeTypes.SecureHeaderFields, "secureHeaderFields", SignatureLayer.Only, true),
    ];

    private static readonly FrozenDictionary<string, AttributeRule> ByType = Rules.ToFrozenDictionary(r => r.Type, StringComparer.Ordinal);

    /// <summary>Null: an attribute without a rule.</summary>
    public static AttributeRule? Find(string type) => ByType.GetValueOrDefault(type);

    /// <summary>Rows that a signer breaks; none when all stand where they may.</summary>
    /// <param name="signer">Of a <see cref="SignedData"/>.</param>
    /// <param name="contentType">What it signs.</param>
    /// <param name="layer">Where its signature stands.</param>
    public static IReadOnlyList<AttributeRule> Violations(SignerInfo signer, string contentType, SignatureLayer layer) =>
        Violations(signer.SignedAttributes, signer.UnsignedAttributes, rule => MaySign(rule, contentType, layer));

    /// <summary>Rows that a countersignature breaks.</summary>
    public static IReadOnlyList<AttributeRule> ViolationsOfCountersignature(SignerInfo signer) =>
        Violations(signer.SignedAttributes, signer.UnsignedAttributes, rule => rule.InCountersignature);

    /// <summary>Whether an attribute may be signed there.</summary>
    public static bool MaySign(string type, string contentType, SignatureLayer layer) => Find(type) is not { } rule || (rule.MustBeSigned is not false && MaySign(rule, contentType, layer));

    private static bool MaySign(AttributeRule rule, string contentType, SignatureLayer layer)
    {
        var isReceipt = contentType == ContentTypes.Receipt;
        return rule.Layer switch
        {
            // Inner only and outer only; the only signature is both. Mailing lists wrap, but 4134's own example does not.
            SignatureLayer.Inner when layer is SignatureLayer.Outer => false,
            SignatureLayer.Outer when layer is SignatureLayer.Inner => false,
            _ => isReceipt ? rule.InReceipt : rule.Type != AttributeTypes.MsgSigDigest,
        };
    }

    private static List<AttributeRule> Violations(AttributeSet signed, AttributeSet unsigned, Func<AttributeRule, bool> maySign)
    {
        List<AttributeRule>? broken = null;
        for (var i = 0; i < signed.Count; i++)
        {
            if (Find(signed[i].Type) is { } rule && (rule.MustBeSigned is false || !maySign(rule))) Add(ref broken, rule);
        }

        for (var i = 0; i < unsigned.Count; i++)
        {
            if (Find(unsigned[i].Type) is { MustBeSigned: true } rule) Add(ref broken, rule);
        }

        return broken ?? None;
    }

    private static readonly List<AttributeRule> None = [];

    private static void Add(ref List<AttributeRule>? rules, AttributeRule rule)
    {
        rules ??= [];
        if (!rules.Contains(rule)) rules.Add(rule);
    }
}
