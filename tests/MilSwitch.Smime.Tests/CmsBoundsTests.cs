using System.Formats.Asn1;
using System.Runtime.Versioning;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Compressed;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;

namespace MilSwitch.Smime.Tests;

/// <summary>Each bound: what meets it is read, one more is refused by name.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "E-01")]
[Trait("Threat", "C6")]
public sealed class CmsBoundsTests
{
    private static readonly byte[] Content = "Attack at dawn.\r\n"u8.ToArray();

    [Fact]
    public void The_defaults_are_those_of_the_threats() => Assert.Equal(
        new CmsBounds { Depth = 32, Elements = 200_000, Certificates = 64, Signers = 8, Recipients = 1_000, Attributes = 50, Countersignatures = 4, Primitive = 4_096, Decompressed = 100L << 20 },
        CmsBounds.Default);

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    public void Depth(int depth)
    {
        byte[] octets = [];
        for (var level = 0; level < depth; level++) octets = Sequence(octets);
        Holds(b => BerFrame.Check(octets, b), b => b with { Depth = depth }, b => b with { Depth = depth - 1 }, CmsFault.TooDeep);
    }

    [Fact]
    public void Elements()
    {
        var octets = Sequence([.. Enumerable.Repeat((byte[])[5, 0], 100).SelectMany(e => e)]);
        Holds(b => BerFrame.Check(octets, b), b => b with { Elements = 101 }, b => b with { Elements = 100 }, CmsFault.TooLarge);
    }

    [Fact]
    public void Primitive()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteInteger([1, .. new byte[99]]);
        var octets = writer.Encode();
        Holds(b => BerFrame.Check(octets, b), b => b with { Primitive = 100 }, b => b with { Primitive = 99 }, CmsFault.TooLarge);
    }

    [Fact]
    public async Task Signers_and_certificates()
    {
        var octets = await SignAsync(o => o with { Signers = [SignedPki.Signer("p256"), SignedPki.Signer("p384")], Certificates = [SignedPki.Authority] });
        Holds(b => SignedData.Read(octets, b), b => b with { Signers = 2, Certificates = 3 }, b => b with { Signers = 1 }, CmsFault.TooLarge);
        Holds(b => SignedData.Read(octets, b), b => b with { Signers = 2, Certificates = 3 }, b => b with { Certificates = 2 }, CmsFault.TooLarge);
        var only = SignedDataWriter.CertificatesOnly([.. Enumerable.Repeat((ReadOnlyMemory<byte>)SignedPki.Authority, 65)], []).ToArray();
        Assert.Equal(CmsFault.TooLarge, Assert.Throws<CmsFormatException>(() => SignedData.Read(only, CmsBounds.Default)).Fault);
    }

    [Fact]
    public async Task Revocation_lists()
    {
        var octets = await SignAsync(o => o with { RevocationLists = [new byte[] { 0x30, 2, 5, 0 }, new byte[] { 0x30, 3, 2, 1, 1 }] });
        Holds(b => SignedData.Read(octets, b), b => b with { Certificates = 2 }, b => b with { Certificates = 1 }, CmsFault.TooLarge);
    }

    [Fact]
    public async Task Attributes_and_their_values()
    {
        var many = await SignAsync(o => o with { Attributes = [.. Enumerable.Range(0, 20).Select(i => new CmsAttribute($"1.2.3.{i}", new byte[] { 5, 0 }))] });
        var count = SignedData.Read(many, CmsBounds.Default).Signers[0].SignedAttributes.Count;
        Assert.InRange(count, 22, 30);
        Holds(b => SignedData.Read(many, b), b => b with { Attributes = count }, b => b with { Attributes = count - 1 }, CmsFault.TooLarge);
        var values = await SignAsync(o => o with { Attributes = [new CmsAttribute("1.2.3", [.. Enumerable.Range(0, 20).Select(i => (ReadOnlyMemory<byte>)new byte[] { 2, 1, (byte)i })])] });
        Holds(b => SignedData.Read(values, b), b => b with { Attributes = 20 }, b => b with { Attributes = 19 }, CmsFault.TooLarge);
    }

    [Fact]
    public async Task Countersignatures()
    {
        var signed = SignedData.Read(await SignAsync(o => o), CmsBounds.Default);
        var once = SignedData.Read((await SignedDataWriter.CountersignAsync(signed, [0], SignedPki.Signer("p256"), null, AlgorithmSuite.Default)).Join(Content), CmsBounds.Default);
        var twice = (await SignedDataWriter.CountersignAsync(once, [0, 0], SignedPki.Signer("p256"), null, AlgorithmSuite.Default)).Join(Content);
        Holds(b => SignedData.Read(twice, b), b => b with { Countersignatures = 2 }, b => b with { Countersignatures = 1 }, CmsFault.TooDeep);
        var beside = (await SignedDataWriter.CountersignAsync(once, [0], SignedPki.Signer("p384"), null, AlgorithmSuite.Default)).Join(Content);
        Holds(b => SignedData.Read(beside, b), b => b with { Signers = 2 }, b => b with { Signers = 1 }, CmsFault.TooLarge);
    }

    [Fact]
    public void Recipients()
    {
        var octets = EnvelopedMaterial.Seal(Content, SealingOptions.Default, EnvelopedMaterial.Rsa.Recipient, EnvelopedMaterial.P256.Recipient, EnvelopedRecipient.For(EnvelopedMaterial.Shared));
        Holds(b => EnvelopedContent.Read(ContentInfo.Read(octets, b), b), b => b with { Recipients = 3 }, b => b with { Recipients = 2 }, CmsFault.TooLarge);
    }

    [Fact]
    [Trait("Threat", "C7")]
    public void Decompressed()
    {
        var compressed = CompressedContent.Read(ContentInfo.Read(CompressedContent.Write(ContentTypes.Data, new byte[100_000]).ToArray(), CmsBounds.Default));
        Holds(b => compressed.Decompress(b).Dispose(), b => b with { Decompressed = 100_000 }, b => b with { Decompressed = 99_999 }, CmsFault.TooLarge);
    }

    /// <summary>What an attribute holds has bounds of its own.</summary>
    [Fact]
    public void Capabilities_in_their_order_and_number()
    {
        Assert.Empty(SmimeCapabilities.Read(SmimeCapabilities.Encode([])));
        Assert.Equal(EssSamples.Capabilities, SmimeCapabilities.Read(SmimeCapabilities.Encode(EssSamples.Capabilities)));
        Assert.Equal(EssSamples.Capabilities.Reverse(), SmimeCapabilities.Read(SmimeCapabilities.Encode([.. EssSamples.Capabilities.Reverse()])));
        var most = Enumerable.Range(0, 100).Select(i => new AlgorithmIdentifier($"1.2.3.{i}")).ToArray();
        Assert.Equal(most, SmimeCapabilities.Read(SmimeCapabilities.Encode(most)));
        Assert.Throws<CmsFormatException>(() => SmimeCapabilities.Read(SmimeCapabilities.Encode([.. most, most[0]])));
        foreach (var wrong in new byte[][] { [], [5, 0], [0x30, 2, 5, 0], [0x30, 0, 0], [0x30, 4, 0x30, 2, 5, 0] }) Assert.Throws<CmsFormatException>(() => SmimeCapabilities.Read(wrong));
    }

    private static void Holds(Action<CmsBounds> read, Func<CmsBounds, CmsBounds> enough, Func<CmsBounds, CmsBounds> tooFew, CmsFault fault)
    {
        read(enough(CmsBounds.Default));
        Assert.Equal(fault, Assert.Throws<CmsFormatException>(() => read(tooFew(CmsBounds.Default))).Fault);
    }

    private static async Task<byte[]> SignAsync(Func<SigningOrder, SigningOrder> change) =>
        (await SignedDataWriter.SignAsync(change(new SigningOrder { Content = new ContentDigests(Content), Signers = [SignedPki.Signer("p256")] }))).Join(Content);

    private static byte[] Sequence(byte[] contents)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            for (var rest = contents.AsSpan(); !rest.IsEmpty;)
            {
                var length = BerFrame.Measure(rest, CmsBounds.Default);
                writer.WriteEncodedValue(rest[..length]);
                rest = rest[length..];
            }
        }

        return writer.Encode();
    }
}
