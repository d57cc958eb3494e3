using System.Formats.Asn1;
using System.Runtime.Versioning;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Tests;

[SupportedOSPlatform("linux")]
public sealed class SignedVerifierTests
{
    private static readonly byte[] Content = "Attack at dawn.\r\n"u8.ToArray();
    private static readonly VerificationOptions Lenient = new() { WithoutAttributes = true };

    [Fact]
    [Trait("Threat", "C4")]
    public async Task Names_what_is_wrong_with_attributes()
    {
        var identity = SignedPki.Get("rsa");
        var type = Attribute(AttributeTypes.ContentType, w => w.WriteObjectIdentifier(ContentTypes.Data));
        var digest = Attribute(AttributeTypes.MessageDigest, w => w.WriteOctetString(DigestAlgorithm.Sha256.Hash(Content)));
        Assert.Empty(await Reasons(type, digest));
        Assert.Equal([Reason.SignedAttributesInvalid], await Reasons(digest));
        Assert.Equal([Reason.SignedAttributesInvalid], await Reasons(type));
        Assert.Contains(Reason.DuplicateAttribute, await Reasons(type, digest, digest));
        Assert.Equal([Reason.SignedAttributesInvalid], await Reasons(Attribute(AttributeTypes.ContentType, w => w.WriteObjectIdentifier(ContentTypes.Receipt)), digest));
        Assert.Equal([Reason.SigningTime], await Reasons(type, digest, Attribute(AttributeTypes.SigningTime, w => w.WriteNull())));
        Assert.Equal([Reason.AlgorithmMismatch], await Reasons(type, digest, Attribute(AttributeTypes.AlgorithmProtection, w => w.WriteNull())));
        Assert.Equal([Reason.SignedAttributesInvalid], await Reasons(type, digest, Attribute(AttributeTypes.SigningCertificateV2, w => w.WriteNull())));
        Assert.Equal([Reason.AttributePlacement], await Reasons(type, digest, Attribute(AttributeTypes.CounterSignature, w => w.WriteNull())));
        Assert.Equal([Reason.DigestMismatch], await Reasons(type, Attribute(AttributeTypes.MessageDigest, w => w.WriteOctetString(new byte[32]))));

        async Task<IReadOnlyList<Reason>> Reasons(params CmsAttribute[] attributes)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSetOf())
            {
                foreach (var attribute in attributes) attribute.Write(writer);
            }

            var set = writer.Encode();
            var signed = Object(await identity.Key.SignAsync(set), Content, set);
            return SignedPki.Verify(signed, signed.Signers[0]).Reasons;
        }
    }

    [Fact]
    [Trait("Threat", "C1")]
    public async Task Refuses_signatures_without_attributes_and_always_those_over_what_looks_like_attributes()
    {
        var plain = Object(await SignedPki.Get("rsa").Key.SignAsync(Content), Content, null);
        Assert.Equal([Reason.SignedAttributesInvalid], SignedPki.Verify(plain, plain.Signers[0]).Reasons);
        Assert.Empty(SignedPki.Verify(plain, plain.Signers[0], options: Lenient).Reasons);

        // A real signature over attributes, passed off as one over content.
        var real = SignedData.Read((await SignedDataWriter.SignAsync(new SigningOrder { Content = new ContentDigests(Content), Signers = [SignedPki.Signer("rsa")] })).Join(Content), CmsBounds.Default);
        var set = real.Signers[0].SignedAttributes.SetOf.ToArray();
        var forged = Object(real.Signers[0].Signature.ToArray(), set, null);
        Assert.Equal([Reason.SignedAttributesInvalid], SignedPki.Verify(forged, forged.Signers[0], options: Lenient).Reasons);
    }

    private static CmsAttribute Attribute(string type, Action<AsnWriter> value)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        value(writer);
        return new CmsAttribute(type, writer.Encode());
    }

    private static SignedData Object(byte[] signature, byte[] content, byte[]? attributes)
    {
        var identity = SignedPki.Get("rsa");
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            SignerIdentifier.Of(identity.Certificate).Write(writer);
            identity.Key.DigestAlgorithm.Write(writer);
            if (attributes is not null) writer.WriteEncodedValue([0xA0, .. attributes.AsSpan(1)]);
            identity.Key.SignatureAlgorithm.Write(writer);
            writer.WriteOctetString(signature);
        }

        var frame = new SignedDataFrame
        {
            ContentType = ContentTypes.Data, ContentLength = content.Length, DigestAlgorithms = [], Certificates = [identity.Certificate], RevocationLists = [], Signers = [writer.Encode()], HasThirdVersionSigner = false,
        };
        return SignedData.Read(frame.Assemble().Join(content), CmsBounds.Default);
    }
}
