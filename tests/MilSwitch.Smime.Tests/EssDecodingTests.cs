using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Testing;
using Org.BouncyCastle.Asn1;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests;

/// <summary>Attributes as they are made here, decoded by programs that share nothing with the engine.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "E-11")]
[Trait("Feature", "F-08")]
public sealed partial class EssDecodingTests(ITestOutputHelper output)
{
    private static readonly byte[] Content = "Content-Type: text/plain\r\n\r\nAttack at dawn.\r\n"u8.ToArray();

    /// <summary>As <c>openssl asn1parse</c> sees it: depth, type, value, and what openssl has no name for in hex.</summary>
    public static TheoryData<string, string> Expected => new()
    {
        { AttributeTypes.SecurityLabel, "0 SET|1 INTEGER 03|1 OBJECT 1.3.26.0.4406.4.1|1 SET|2 SEQUENCE|3 cont [ 0 ] 2A0304|3 cont [ 1 ]|4 OCTET STRING AB|2 SEQUENCE|3 cont [ 0 ] 2A0305|3 cont [ 1 ]|4 OCTET STRING CDEF|1 PRINTABLESTRING Releasable to KFOR" },
        { AttributeTypes.EquivalentLabels, "0 SEQUENCE|1 SET|2 INTEGER 0100|2 OBJECT 1.3.6.1.4.1.99999.7|2 UTF8STRING Für Übung" },
        { AttributeTypes.ReceiptRequest, $"0 SEQUENCE|1 OCTET STRING 01020304|1 cont [ 1 ]|2 SEQUENCE|3 cont [ 1 ] {Hex("a@unit.example")}|2 SEQUENCE|3 cont [ 1 ] {Hex("b@unit.example")}|1 SEQUENCE|2 SEQUENCE|3 cont [ 1 ] {Hex("origin@unit.example")}" },
        { AttributeTypes.ContentIdentifier, "0 OCTET STRING 01020304" },
        { AttributeTypes.ContentHints, "0 SEQUENCE|1 UTF8STRING Orders for Übung|1 OBJECT pkcs7-data" },
        { AttributeTypes.ContentReference, "0 SEQUENCE|1 OBJECT pkcs7-data|1 OCTET STRING 090807|1 OCTET STRING 5566" },
        { AttributeTypes.SecureHeaderFields, "0 SET|1 ENUMERATED 01|1 SEQUENCE|2 SEQUENCE|3 VISIBLESTRING Subject|3 UTF8STRING Übung|2 SEQUENCE|3 VISIBLESTRING X-Old|3 UTF8STRING gone|3 INTEGER 01|2 SEQUENCE|3 VISIBLESTRING To|3 UTF8STRING x|3 INTEGER 02" },
        { AttributeTypes.SignatureType, "0 SEQUENCE|1 OBJECT 1.2.840.113549.1.9.16.9.1" },
        {
            AttributeTypes.MlExpansionHistory,
            "0 SEQUENCE|1 SEQUENCE|2 OCTET STRING 1122|2 GENERALIZEDTIME 20260304050607Z|2 cont [ 0 ]"
            + $"|1 SEQUENCE|2 SEQUENCE|3 SEQUENCE|4 SET|5 SEQUENCE|6 OBJECT commonName|6 PRINTABLESTRING Signing Test CA|3 INTEGER {Serial}|2 GENERALIZEDTIME 20260304050608Z|2 cont [ 1 ]|3 SEQUENCE|4 cont [ 1 ] {Hex("list@unit.example")}"
            + $"|1 SEQUENCE|2 OCTET STRING 33|2 GENERALIZEDTIME 20260304050609Z|2 cont [ 2 ]|3 SEQUENCE|4 cont [ 1 ] {Hex("more@unit.example")}"
            + "|1 SEQUENCE|2 OCTET STRING 44|2 GENERALIZEDTIME 20260304050610Z"
        },
        { AttributeTypes.SmimeCapabilities, "0 SEQUENCE|1 SEQUENCE|2 OBJECT aes-256-gcm|1 SEQUENCE|2 OBJECT aes-128-cbc|1 SEQUENCE|2 OBJECT rc2-cbc|2 INTEGER 80" },
        { AttributeTypes.EncryptionKeyPreference, $"0 cont [ 0 ]|1 SEQUENCE|2 SET|3 SEQUENCE|4 OBJECT commonName|4 PRINTABLESTRING Signing Test CA|1 INTEGER {Serial}" },
        { AttributeTypes.SigningTime, "0 UTCTIME 260304050607Z" },
        { AttributeTypes.ContentType, "0 OBJECT pkcs7-data" },
        { AttributeTypes.MessageDigest, $"0 OCTET STRING {Convert.ToHexString(SHA256.HashData(Content))}" },
        { AttributeTypes.AlgorithmProtection, "0 SEQUENCE|1 SEQUENCE|2 OBJECT sha256|1 cont [ 1 ]|2 OBJECT ecdsa-with-SHA256" },
        { AttributeTypes.SigningCertificateV2, $"0 SEQUENCE|1 SEQUENCE|2 SEQUENCE|3 OCTET STRING {Convert.ToHexString(SHA256.HashData(SignedPki.Get("p256").Certificate))}" },
    };

    private static string Serial
    {
        get
        {
            using var authority = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(SignedPki.Authority);
            return authority.SerialNumber.TrimStart('0');
        }
    }

    [RequiresTheory("openssl")]
    [MemberData(nameof(Expected))]
    public async Task Openssl_decodes_each_attribute_as_it_was_meant(string type, string expected)
    {
        var layer = type is AttributeTypes.MlExpansionHistory ? SignatureLayer.Outer : SignatureLayer.Inner;
        var order = new SigningOrder
        {
            Content = new ContentDigests(Content), Signers = [EssSamples.Signer("p256")], SigningTime = SignedPki.Now, Layer = layer, Attributes = layer is SignatureLayer.Outer ? EssSamples.Outer : EssSamples.Inner,
        };
        var signed = SignedData.Read((await SignedDataWriter.SignAsync(order)).Join(Content), CmsBounds.Default);
        Assert.Equal(expected, Decode(signed.Signers[0].SignedAttributes.Value(type)));
    }

    [RequiresFact("openssl")]
    public async Task Openssl_decodes_the_links_of_signatures()
    {
        var order = new SigningOrder { Content = new ContentDigests(Content), Signers = [SignedPki.Signer("p256"), SignedPki.Signer("p384")], LinkSignatures = true };
        var signed = SignedData.Read((await SignedDataWriter.SignAsync(order)).Join(Content), CmsBounds.Default);
        var short256 = signed.Signers.Single(s => s.DigestAlgorithm.Algorithm == "2.16.840.1.101.3.4.2.1");
        var long384 = signed.Signers.Single(s => s != short256);
        // RFC 5752 §3: what is pointed to, and its attributes by the digest of the one that points, with empty hashes in its own pointers.
        Assert.Equal(Link("sha384", "ecdsa-with-SHA384", "sha256", SHA256.HashData(Emptied(long384)), "p384"), Decode(short256.SignedAttributes.Value(AttributeTypes.MultipleSignatures)));
        Assert.Equal(Link("sha256", "ecdsa-with-SHA256", "sha384", SHA384.HashData(Emptied(short256)), "p256"), Decode(long384.SignedAttributes.Value(AttributeTypes.MultipleSignatures)));
    }

    /// <summary>The classes of BouncyCastle, as far as it has some.</summary>
    [Fact]
    public async Task BouncyCastle_decodes_what_it_knows()
    {
        var signed = SignedData.Read(
            (await SignedDataWriter.SignAsync(new SigningOrder { Content = new ContentDigests(Content), Signers = [EssSamples.Signer("p384")], Attributes = EssSamples.Inner, Layer = SignatureLayer.Inner })).Join(Content), CmsBounds.Default);
        var attributes = signed.Signers[0].SignedAttributes;
        var hints = Org.BouncyCastle.Asn1.Ess.ContentHints.GetInstance(Parse(attributes, AttributeTypes.ContentHints));
        Assert.Equal(EssSamples.Hints.Description, hints.ContentDescription.GetString());
        Assert.Equal(EssSamples.Hints.ContentType, hints.ContentType.Id);
        var certificate = Assert.Single(Org.BouncyCastle.Asn1.Ess.SigningCertificateV2.GetInstance(Parse(attributes, AttributeTypes.SigningCertificateV2)).GetCerts());
        Assert.Equal("2.16.840.1.101.3.4.2.2", certificate.HashAlgorithm.Algorithm.Id);
        Assert.Equal(SHA384.HashData(SignedPki.Get("p384").Certificate), certificate.GetCertHash());
        var protection = Org.BouncyCastle.Asn1.Cms.CmsAlgorithmProtection.GetInstance(Parse(attributes, AttributeTypes.AlgorithmProtection));
        Assert.Equal("2.16.840.1.101.3.4.2.2", protection.DigestAlgorithm.Algorithm.Id);
        Assert.Equal("1.2.840.10045.4.3.3", protection.SignatureAlgorithm.Algorithm.Id);
        Assert.Null(protection.MacAlgorithm);
        var capabilities = Org.BouncyCastle.Asn1.Smime.SmimeCapabilities.GetInstance(Parse(attributes, AttributeTypes.SmimeCapabilities));
        Assert.Equal(["2.16.840.1.101.3.4.1.46"], capabilities.GetCapabilitiesForOid(new DerObjectIdentifier("2.16.840.1.101.3.4.1.46")).Select(c => c.CapabilityID.Id));
        var names = Org.BouncyCastle.Asn1.X509.GeneralNames.GetInstance(((Asn1Sequence)((Asn1Sequence)Parse(attributes, AttributeTypes.ReceiptRequest))[2])[0]);
        Assert.Equal("1: origin@unit.example", Assert.Single(names.GetNames()).ToString());
    }

    /// <summary>Whole objects, as <c>openssl cms -print</c> names what is in them.</summary>
    [RequiresFact("openssl")]
    public async Task Openssl_prints_the_attributes_by_name()
    {
        using var folder = new Workspace("ess");
        File.WriteAllBytes(folder["signed"], (await SignedDataWriter.SignAsync(new SigningOrder { Content = new ContentDigests(Content), Signers = [EssSamples.Signer("rsa")], SigningTime = SignedPki.Now, Attributes = EssSamples.Inner, Layer = SignatureLayer.Inner })).Join(Content));
        var (exit, text) = SignedPki.Run("openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", folder["signed"]);
        Assert.True(exit is 0, text);
        output.WriteLine(text[Math.Max(0, text.IndexOf("signedAttrs", StringComparison.Ordinal))..]);
        foreach (var name in new[] { "contentType", "messageDigest", "signingTime", "S/MIME Capabilities", "id-smime-aa-receiptRequest", "id-smime-aa-securityLabel", "id-smime-aa-contentHint", "id-smime-aa-contentIdentifier", "id-smime-aa-equivalentLabels", "id-smime-aa-contentReference", "id-smime-aa-encrypKeyPref", "id-smime-aa-signingCertificateV2" })
            Assert.Contains($"object: {name} (", text, StringComparison.Ordinal);
    }

    private static Asn1Object Parse(AttributeSet attributes, string type) => Asn1Object.FromByteArray(attributes.Value(type).ToArray());

    private static string Link(string digest, string signature, string hash, byte[] value, string signer) =>
        $"0 SEQUENCE|1 SEQUENCE|2 OBJECT {digest}|1 SEQUENCE|2 OBJECT {signature}|1 SEQUENCE|2 SEQUENCE|3 OBJECT {hash}|2 OCTET STRING {Convert.ToHexString(value)}"
        + $"|1 SEQUENCE|2 OCTET STRING {Convert.ToHexString(SHA256.HashData(SignedPki.Get(signer).Certificate))}";

    private static byte[] Emptied(SignerInfo signer)
    {
        // With BouncyCastle's reader and writer alone: the OCTET STRING of signAttrsHash becomes empty, and the set is sorted anew.
        var set = new Asn1EncodableVector();
        foreach (var element in Asn1Set.GetInstance(Asn1Object.FromByteArray(signer.SignedAttributes.SetOf.ToArray())))
        {
            var attribute = Org.BouncyCastle.Asn1.Cms.Attribute.GetInstance(element);
            if (attribute.AttrType.Id != AttributeTypes.MultipleSignatures)
            {
                set.Add(attribute);
                continue;
            }

            var link = Asn1Sequence.GetInstance(attribute.AttrValues[0]);
            var changed = new DerSequence(link[0], link[1], new DerSequence(((Asn1Sequence)link[2])[0], new DerOctetString([])), link[3]);
            set.Add(new Org.BouncyCastle.Asn1.Cms.Attribute(attribute.AttrType, new DerSet(changed)));
        }

        return new DerSet(set).GetDerEncoded();
    }

    private static string Hex(string text) => Convert.ToHexString(System.Text.Encoding.ASCII.GetBytes(text));

    private static string Decode(ReadOnlyMemory<byte> value)
    {
        using var folder = new Workspace("ess");
        File.WriteAllBytes(folder["value"], value.Span);
        var (exit, text) = SignedPki.Run("openssl", "asn1parse", "-inform", "DER", "-in", folder["value"]);
        Assert.True(exit is 0, text);
        return string.Join('|', Line().Matches(text).Select(line =>
        {
            var (name, shown) = line.Groups["text"].Value.Split(':', 2) is [var type, var rest] ? (type.Replace("[HEX DUMP]", "", StringComparison.Ordinal).Trim(), rest.Trim()) : (line.Groups["text"].Value.Trim(), "");
            // Octets as they are, at the place that openssl names.
            if (line.Groups["form"].Value is "prim" && (name is "OCTET STRING" || name.StartsWith("cont", StringComparison.Ordinal)))
                shown = Convert.ToHexString(value.Span.Slice(Number("at") + Number("header"), Number("length")));
            return $"{line.Groups["depth"].Value} {name} {shown}".Trim();

            int Number(string group) => int.Parse(line.Groups[group].Value, CultureInfo.InvariantCulture);
        }));
    }

    [GeneratedRegex(@"^ *(?<at>\d+):d=(?<depth>\d+) +hl=(?<header>\d+) +l= *(?<length>\d+) (?<form>prim|cons): +(?<text>.*?) *\r?$", RegexOptions.Multiline)]
    private static partial Regex Line();
}
