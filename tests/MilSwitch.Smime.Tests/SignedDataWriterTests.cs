using System.Formats.Asn1;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Verdicts;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests;

[SupportedOSPlatform("linux")]
[Trait("Feature", "E-02")]
public sealed class SignedDataWriterTests
{
    private static readonly byte[] Content = "Content-Type: text/plain\r\n\r\nAttack at dawn.\r\n"u8.ToArray();

    public static TheoryData<string> Kinds => [.. (string[])["rsa", "pss", "pss-sha384", "rsa-sha512", "p256", "p384", "p521", "ed25519", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87"]];

    /// <summary>OpenSSL 3.0 has no Ed25519 in CMS.</summary>
    public static TheoryData<string> KindsOfOpenssl => [.. (string[])["rsa", "pss", "pss-sha384", "rsa-sha512", "p256", "p384", "p521"]];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Makes_what_verifies_here(string kind)
    {
        foreach (var detached in new[] { true, false })
        {
            foreach (var byKeyIdentifier in new[] { true, false })
            {
                var parts = await SignedDataWriter.SignAsync(Order(kind) with { IsDetached = detached, Signers = [SignedPki.Signer(kind, byKeyIdentifier)] });
                var octets = parts.Join(detached ? [] : Content);
                var signed = SignedData.Read(octets, CmsBounds.Default);
                Assert.Equal(detached, signed.Content is null);
                Assert.Equal(byKeyIdentifier ? 3 : 1, signed.Version);
                var signer = Assert.Single(signed.Signers);
                var verdict = SignedPki.Verify(signed, signer, new ContentDigests(Content));
                Assert.Empty(verdict.Reasons);
                Assert.Equal(SignedPki.Now, verdict.SigningTime);
                AssertIsDer(octets);
            }
        }
    }

    [RequiresTheory("openssl")]
    [MemberData(nameof(KindsOfOpenssl))]
    public async Task Makes_what_openssl_verifies(string kind)
    {
        using var folder = new Workspace("signed");
        File.WriteAllText(folder["ca.pem"], SignedPki.AuthorityPem);
        File.WriteAllBytes(folder["content"], Content);
        var opaque = (await SignedDataWriter.SignAsync(Order(kind))).Join(Content);
        var clear = (await SignedDataWriter.SignAsync(Order(kind) with { IsDetached = true })).Join([]);
        File.WriteAllBytes(folder["opaque"], opaque);
        File.WriteAllBytes(folder["clear"], clear);
        string[] common = ["cms", "-verify", "-inform", "DER", "-CAfile", folder["ca.pem"], "-attime", $"{SignedPki.Now.ToUnixTimeSeconds()}", "-binary", "-out", "/dev/null"];
        var (exit, text) = SignedPki.Run("openssl", [.. common, "-in", folder["opaque"]]);
        Assert.True(exit is 0, text);
        (exit, text) = SignedPki.Run("openssl", [.. common, "-in", folder["clear"], "-content", folder["content"]]);
        Assert.True(exit is 0, text);
        File.WriteAllBytes(folder["content"], [.. Content, 32]);
        Assert.NotEqual(0, SignedPki.Run("openssl", [.. common, "-in", folder["clear"], "-content", folder["content"]]).ExitCode);
    }

    [RequiresFact("openssl")]
    [Trait("Feature", "E-08")]
    public async Task Signs_with_several_keys_in_parallel_and_links_them()
    {
        using var folder = new Workspace("signed");
        var order = Order("rsa") with { Signers = [SignedPki.Signer("rsa"), SignedPki.Signer("p384"), SignedPki.Signer("p521")], LinkSignatures = true };
        var octets = (await SignedDataWriter.SignAsync(order)).Join(Content);
        var signed = SignedData.Read(octets, CmsBounds.Default);
        Assert.Equal(3, signed.Signers.Count);
        Assert.All(signed.Signers, s => Assert.Empty(SignedPki.Verify(signed, s).Reasons));
        Assert.All(signed.Signers, s => Assert.Equal(2, s.SignedAttributes.Values(AttributeTypes.MultipleSignatures).Count()));
        Assert.All(signed.Signers, s => Assert.True(MultipleSignatures.AreAllPresent(signed, s)));
        AssertIsDer(octets);

        File.WriteAllText(folder["ca.pem"], SignedPki.AuthorityPem);
        File.WriteAllBytes(folder["signed"], octets);
        var (exit, text) = SignedPki.Run("openssl", "cms", "-verify", "-inform", "DER", "-in", folder["signed"], "-CAfile", folder["ca.pem"], "-attime", $"{SignedPki.Now.ToUnixTimeSeconds()}", "-binary", "-out", "/dev/null");
        Assert.True(exit is 0, text);

        // A signer taken away is missed by the others.
        var stripped = (await SignedDataWriter.SignAsync(order with { Signers = [.. order.Signers.Take(2)] })).Join(Content);
        var two = SignedData.Read(stripped, CmsBounds.Default);
        var orphan = SignedDataOf(signed, [signed.Signers[0], signed.Signers[1]]);
        Assert.All(two.Signers, s => Assert.True(MultipleSignatures.AreAllPresent(two, s)));
        Assert.All(orphan.Signers, s => Assert.False(MultipleSignatures.AreAllPresent(orphan, s)));
        Assert.All(orphan.Signers, s => Assert.Empty(SignedPki.Verify(orphan, s).Reasons));
    }

    [Fact]
    [Trait("Feature", "E-09")]
    public async Task Countersigns_a_signature_and_a_countersignature_and_leaves_the_rest()
    {
        var signed = SignedData.Read((await SignedDataWriter.SignAsync(Order("rsa"))).Join(Content), CmsBounds.Default);
        var once = SignedData.Read((await SignedDataWriter.CountersignAsync(signed, [0], SignedPki.Signer("p256"), SignedPki.Now, AlgorithmSuite.Default)).Join(Content), CmsBounds.Default);
        var twice = SignedData.Read((await SignedDataWriter.CountersignAsync(once, [0, 0], SignedPki.Signer("ml-dsa-65"), SignedPki.Now, AlgorithmSuite.Default)).Join(Content), CmsBounds.Default);
        var beside = SignedData.Read((await SignedDataWriter.CountersignAsync(twice, [0], SignedPki.Signer("ed25519"), null, AlgorithmSuite.Default)).Join(Content), CmsBounds.Default);

        var signer = Assert.Single(beside.Signers);
        Assert.Empty(SignedPki.Verify(beside, signer).Reasons);
        Assert.Equal(signed.Signers[0].Signature, signer.Signature);
        Assert.True(signed.Signers[0].SignedAttributes.Encoded.Span.SequenceEqual(signer.SignedAttributes.Encoded.Span));
        Assert.Equal(2, signer.Countersignatures.Count);
        foreach (var counter in signer.Countersignatures)
        {
            Assert.Empty(Counter(beside, signer, counter).Reasons);
            foreach (var nested in counter.Countersignatures) Assert.Empty(Counter(beside, counter, nested).Reasons);
        }

        Assert.Single(signer.Countersignatures.SelectMany(c => c.Countersignatures));
        // Over another signature it is nothing worth.
        Assert.Contains(Reason.DigestMismatch, Counter(beside, signer.Countersignatures[0], signer.Countersignatures[1]).Reasons);
    }

    [Fact]
    public async Task Refuses_more_countersignatures_on_each_other_than_the_bounds()
    {
        var signed = SignedData.Read((await SignedDataWriter.SignAsync(Order("p256"))).Join(Content), CmsBounds.Default);
        List<int> path = [0];
        for (var level = 0; level < CmsBounds.Default.Countersignatures; level++, path.Add(0))
            signed = SignedData.Read((await SignedDataWriter.CountersignAsync(signed, path, SignedPki.Signer("p256"), null, AlgorithmSuite.Default)).Join(Content), CmsBounds.Default);
        var deep = (await SignedDataWriter.CountersignAsync(signed, path, SignedPki.Signer("p256"), null, AlgorithmSuite.Default)).Join(Content);
        Assert.Equal(CmsFault.TooDeep, Assert.Throws<CmsFormatException>(() => SignedData.Read(deep, CmsBounds.Default)).Fault);
    }

    [Fact]
    public async Task Carries_certificates_of_every_kind_and_lists_as_they_are()
    {
        byte[] attributeCertificate = [0xA2, 2, 5, 0];
        byte[] list = [0x30, 2, 5, 0];
        var octets = (await SignedDataWriter.SignAsync(Order("p256") with { Certificates = [SignedPki.Authority], OtherCertificates = [attributeCertificate], RevocationLists = [list] })).Join(Content);
        var signed = SignedData.Read(octets, CmsBounds.Default);
        Assert.Equal(4, signed.Version);
        Assert.Equal(2, signed.Certificates.Count);
        Assert.Equal(attributeCertificate, Assert.Single(signed.OtherCertificates).ToArray());
        Assert.Equal(list, Assert.Single(signed.RevocationLists).ToArray());
        AssertIsDer(octets);

        var only = SignedData.Read(SignedDataWriter.CertificatesOnly([SignedPki.Authority], []), CmsBounds.Default);
        Assert.True(only.IsCertificatesOnly);
        Assert.Equal(SignedPki.Authority, Assert.Single(only.Certificates).ToArray());
        Assert.False(signed.IsCertificatesOnly);
    }

    [Fact]
    public async Task Takes_digests_from_elsewhere_and_never_needs_the_content()
    {
        var taken = await ContentDigests.ReadAsync(new MemoryStream(Content), [DigestAlgorithm.Sha256, DigestAlgorithm.Sha384]);
        var parts = await SignedDataWriter.SignAsync(Order("p384") with { Content = taken });
        Assert.Equal(Content.Length, parts.ContentLength);
        var signed = SignedData.Read(parts.Join(Content), CmsBounds.Default);
        Assert.Empty(SignedPki.Verify(signed, signed.Signers[0], taken).Reasons);
        await Assert.ThrowsAsync<ArgumentException>(async () => await SignedDataWriter.SignAsync(Order("p521") with { Content = taken }));
    }

    [Theory]
    [Trait("Feature", "F-09")]
    [InlineData(AttributeTypes.ReceiptRequest, ContentTypes.Data, SignatureLayer.Outer)]
    [InlineData(AttributeTypes.MlExpansionHistory, ContentTypes.Data, SignatureLayer.Inner)]
    [InlineData(AttributeTypes.MsgSigDigest, ContentTypes.Data, SignatureLayer.Only)]
    [InlineData(AttributeTypes.ReceiptRequest, ContentTypes.Receipt, SignatureLayer.Only)]
    [InlineData(AttributeTypes.MlExpansionHistory, ContentTypes.Receipt, SignatureLayer.Only)]
    [InlineData(AttributeTypes.CounterSignature, ContentTypes.Data, SignatureLayer.Only)]
    [InlineData(AttributeTypes.MessageDigest, ContentTypes.Data, SignatureLayer.Only)]
    public async Task Refuses_attributes_where_they_may_not_stand(string type, string contentType, SignatureLayer layer) =>
        await Assert.ThrowsAsync<SigningRefusedException>(async () => await SignedDataWriter.SignAsync(
            Order("p256") with { Attributes = [new CmsAttribute(type, new byte[] { 5, 0 })], ContentType = contentType, Layer = layer }));

    [Fact]
    public async Task Refuses_the_same_attribute_twice_and_single_ones_with_two_values()
    {
        var one = new CmsAttribute(AttributeTypes.ContentIdentifier, new byte[] { 4, 1, 1 });
        await Assert.ThrowsAsync<SigningRefusedException>(async () => await SignedDataWriter.SignAsync(Order("p256") with { Attributes = [one, one] }));
        await Assert.ThrowsAsync<SigningRefusedException>(async () => await SignedDataWriter.SignAsync(Order("p256") with { Attributes = [one with { Values = [one.Values[0], one.Values[0]] }] }));
    }

    [Theory]
    [Trait("Feature", "E-14")]
    [InlineData("p384", "cnsa2", false)]
    [InlineData("ml-dsa-65", "cnsa2", false)]
    [InlineData("ml-dsa-87", "cnsa2", true)]
    [InlineData("rsa-1024", "legacy", false)]
    [InlineData("rsa-1024", "default", false)]
    [InlineData("p256", "default", true)]
    public async Task Makes_only_what_its_suite_makes(string kind, string suite, bool makes)
    {
        var order = Order(kind) with { Suite = AlgorithmSuite.Find(suite)! };
        if (makes) await SignedDataWriter.SignAsync(order);
        else await Assert.ThrowsAsync<SigningRefusedException>(async () => await SignedDataWriter.SignAsync(order));
    }

    [Fact]
    public async Task Signs_with_little_garbage_whatever_the_size()
    {
        var signer = SignedPki.Signer("rsa");
        var label = EssLabel.Encode(new SecurityLabel { Policy = "1.3.26.0.4406.4.1", Classification = 3 });
        var digests = new ContentDigests(5 << 20, (DigestAlgorithm.Sha256, SHA256.HashData("x"u8)));
        var order = new SigningOrder { Content = digests, Signers = [signer], SigningTime = SignedPki.Now, Attributes = [new CmsAttribute(AttributeTypes.SecurityLabel, label)] };
        for (var i = 0; i < 20; i++) await SignedDataWriter.SignAsync(order);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 50; i++)
        {
            var pending = SignedDataWriter.SignAsync(order);
            Assert.True(pending.IsCompletedSuccessfully);
            await pending;
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 50, 1, 6_144);
    }

    private static SigningOrder Order(string kind) => new() { Content = new ContentDigests(Content), Signers = [SignedPki.Signer(kind)], SigningTime = SignedPki.Now };

    private static SignerVerdict Counter(SignedData signed, SignerInfo target, SignerInfo counter)
    {
        var certificate = signed.CertificateOf(counter);
        return SignerVerifier.VerifyCountersignature(target, counter, certificate, new VerificationKeys().Get(certificate), VerificationOptions.Default);
    }

    // The same object with fewer signers, as somebody on the way could make it.
    private static SignedData SignedDataOf(SignedData signed, IReadOnlyList<SignerInfo> signers) => SignedData.Read(
        new SignedDataFrame
        {
            ContentType = signed.ContentType,
            ContentLength = signed.Content!.Value.Length,
            DigestAlgorithms = [],
            Certificates = [.. signed.Certificates],
            RevocationLists = [],
            Signers = [.. signers.Select(s => s.Encoded)],
            HasThirdVersionSigner = false,
        }.Assemble().Join(signed.Content.Value.Span),
        CmsBounds.Default);

    private static void AssertIsDer(ReadOnlyMemory<byte> octets)
    {
        var reader = new AsnReader(octets, AsnEncodingRules.DER);
        Walk(reader);

        static void Walk(AsnReader reader)
        {
            while (reader.HasData)
            {
                var tag = reader.PeekTag();
                if (!tag.IsConstructed)
                {
                    if (tag == Asn1Tag.Integer) reader.ReadInteger();
                    else reader.ReadEncodedValue();
                }
                else if (tag.HasSameClassAndValue(Asn1Tag.SetOf))
                {
                    // A SET with members of different types sorts by tag; those of CMS are all SET OF but the label.
                    Walk(reader.ReadSetOf());
                }
                else
                {
                    Walk(reader.ReadSequence(tag));
                }
            }
        }
    }
}
