using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Compressed;

namespace MilSwitch.Smime.Tests;

[Trait("Feature", "E-06")]
public sealed class CompressedTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    public void Reads_what_it_wrote(int length)
    {
        var content = EnvelopedMaterial.Content(length);
        var made = CompressedContent.Write(ContentTypes.SignedData, content).ToArray();
        // Strictly DER, as a reader of DER agrees.
        new AsnReader(made, AsnEncodingRules.DER).ReadSequence();
        var read = CompressedContent.Read(ContentInfo.Read(made, CmsBounds.Default));
        Assert.Equal(ContentTypes.SignedData, read.InnerContentType);
        using var plain = read.Decompress(CmsBounds.Default);
        Assert.Equal(content, plain.Memory.ToArray());
    }

    [Fact]
    public void Reads_a_constructed_string_of_indefinite_length()
    {
        var content = EnvelopedMaterial.Content(1_000);
        var body = CompressedContent.Write(ContentTypes.Data, content).Body.ToArray();
        List<byte> made = [.. Convert.FromHexString("3080060B2A864886F70D0109100109A0803080020100300D060B2A864886F70D0109100308308006092A864886F70D010701A0802480")];
        foreach (var piece in body.Chunk(100)) made.AddRange([4, (byte)piece.Length, .. piece]);
        made.AddRange(new byte[12]);
        using var plain = CompressedContent.Read(ContentInfo.Read(made.ToArray(), CmsBounds.Default)).Decompress(CmsBounds.Default);
        Assert.Equal(content, plain.Memory.ToArray());
    }

    [Fact]
    [Trait("Threat", "C7")]
    public void Refuses_a_bomb_as_soon_as_it_passes_the_bound()
    {
        var bomb = CompressedContent.Read(ContentInfo.Read(CompressedContent.Write(ContentTypes.Data, new byte[8 << 20]).ToArray(), CmsBounds.Default));
        Assert.InRange(bomb.Compressed.Length, 1, 64 << 10);
        Assert.Equal(CmsFault.TooLarge, Assert.Throws<CmsFormatException>(() => bomb.Decompress(new CmsBounds { Decompressed = 1 << 20 })).Fault);
        using var whole = bomb.Decompress(new CmsBounds { Decompressed = 8 << 20 });
        Assert.Equal(8 << 20, whole.Length);
    }

    [Fact]
    public void Never_throws_anything_else_for_mutations()
    {
        var sound = CompressedContent.Write(ContentTypes.Data, EnvelopedMaterial.Content(300)).ToArray();
        var random = new Random(3274);
        var (refused, same) = (0, 0);
        for (var round = 0; round < 2_000; round++)
        {
            var mutant = (byte[])sound.Clone();
            mutant[random.Next(mutant.Length)] ^= (byte)random.Next(1, 256);
            try
            {
                var read = CompressedContent.Read(ContentInfo.Read(mutant, CmsBounds.Default));
                if (!read.IsSupported) continue;
                read.Decompress(CmsBounds.Default).Dispose();
                same++;
            }
            catch (CmsFormatException)
            {
                refused++;
            }
        }

        // The checksum of zlib catches what the frame does not; the version and the type of the content are nobody's.
        Assert.True(refused > 1_900 - same, $"{refused} refused, {same} read");
    }
}
