using System.Collections.Immutable;

namespace MilSwitch.Smime.Messages;

/// <summary>What a part says it is in S/MIME (RFC 8551 §3.10). A claim: what it is, its CMS object tells.</summary>
/// <param name="Kind">How the CMS object is carried.</param>
/// <param name="Claim">The smime-type parameter.</param>
/// <param name="IsByNameOnly">Known by a file name alone (RFC 8551 §3.2.1): gateways that lost the type leave this.</param>
/// <param name="Digests">Of the micalg parameter of a multipart/signed, lower case. A hint for one-pass readers, nothing more.</param>
public sealed record SmimePart(SmimeKind Kind, SmimeClaim Claim, bool IsByNameOnly, ImmutableArray<string> Digests)
{
    /// <summary>What the entity says it is; null when it is no part of S/MIME.</summary>
    public static SmimePart? Recognise(MimeEntity entity)
    {
        var type = entity.MediaType;
        if (type.Is("multipart", "signed")) return RecogniseSigned(entity);
        if (type.Type is "application")
        {
            switch (type.Subtype)
            {
                case "pkcs7-mime" or "x-pkcs7-mime":
                    return new SmimePart(SmimeKind.Opaque, ClaimOf(type.Parameter("smime-type")), false, []);
                case "pkcs7-signature" or "x-pkcs7-signature":
                    return new SmimePart(SmimeKind.Signature, SmimeClaim.None, false, []);
                case "pkcs10" or "x-pkcs10":
                    return new SmimePart(SmimeKind.CertificateRequest, SmimeClaim.None, false, []);
                case "octet-stream" when entity.FileName is { } name:
                    return RecogniseName(name);
            }
        }

        return null;
    }

    /// <summary>A multipart/signed that can be judged: two parts, of which the second is the signature (RFC 1847 §2.1, RFC 8551 §3.5.3.2).</summary>
    public static bool IsWellFormedSigned(MimeEntity entity) =>
        entity.Parts.Length is 2 && entity.Parts[1] is { IsLeaf: true, MediaType: { Type: "application", Subtype: "pkcs7-signature" or "x-pkcs7-signature" } };

    private static SmimePart? RecogniseSigned(MimeEntity entity)
    {
        var protocol = entity.MediaType.Parameter("protocol");
        // Without protocol the second part decides; with another one it is not ours (OpenPGP).
        if (protocol is null ? !IsWellFormedSigned(entity) : !IsSignatureProtocol(protocol)) return null;
        var digests = entity.MediaType.Parameter("micalg") is { } text
            ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(d => d.ToLowerInvariant()).ToImmutableArray()
            : [];
        return new SmimePart(SmimeKind.ClearSigned, SmimeClaim.None, false, digests);
    }

    private static bool IsSignatureProtocol(string protocol) =>
        protocol.Equals("application/pkcs7-signature", StringComparison.OrdinalIgnoreCase) || protocol.Equals("application/x-pkcs7-signature", StringComparison.OrdinalIgnoreCase);

    private static SmimePart? RecogniseName(string name)
    {
        if (EndsWith(".p7m") || EndsWith(".p7z")) return new SmimePart(SmimeKind.Opaque, SmimeClaim.None, true, []);
        if (EndsWith(".p7c")) return new SmimePart(SmimeKind.Opaque, SmimeClaim.CertsOnly, true, []);
        return EndsWith(".p7s") ? new SmimePart(SmimeKind.Signature, SmimeClaim.None, true, []) : null;

        bool EndsWith(string suffix) => name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase);
    }

    private static SmimeClaim ClaimOf(string? word) => word?.ToLowerInvariant() switch
    {
        null => SmimeClaim.None,
        "signed-data" => SmimeClaim.SignedData,
        "enveloped-data" => SmimeClaim.EnvelopedData,
        "authenveloped-data" => SmimeClaim.AuthEnvelopedData,
        "compressed-data" => SmimeClaim.CompressedData,
        "certs-only" => SmimeClaim.CertsOnly,
        "signed-receipt" => SmimeClaim.SignedReceipt,
        _ => SmimeClaim.Other,
    };
}

/// <summary>How a part carries CMS.</summary>
public enum SmimeKind : byte
{
    /// <summary>multipart/signed (RFC 8551 §3.5.3).</summary>
    ClearSigned,

    /// <summary>application/pkcs7-mime (RFC 8551 §3.2).</summary>
    Opaque,

    /// <summary>application/pkcs7-signature, which means something only as the second part of a multipart/signed.</summary>
    Signature,

    /// <summary>application/pkcs10 (RFC 8551 §3.9).</summary>
    CertificateRequest,
}

/// <summary>Values of smime-type (RFC 8551 §3.2.2, RFC 2634 §2.4 (14)).</summary>
public enum SmimeClaim : byte
{
    /// <summary>The parameter is not there.</summary>
    None,

    SignedData,

    EnvelopedData,

    AuthEnvelopedData,

    CompressedData,

    CertsOnly,

    SignedReceipt,

    /// <summary>A value that this switch does not know.</summary>
    Other,
}
