using System.Runtime.Versioning;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Compressed;
using MilSwitch.Testing;
using Org.BouncyCastle.Cms;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests;

/// <summary>Second opinions on CompressedData, both ways. OpenSSL compresses only where it was built to; Python's zlib is everywhere, and BouncyCastle has its own.</summary>
[Trait("Feature", "E-06")]
[Trait("Feature", "E-11")]
[SupportedOSPlatform("linux")]
public sealed class CompressedInteropTests(ITestOutputHelper output)
{
    // The octets of the one OCTET STRING at the place that openssl asn1parse names; and an object around what zlib made, written by hand.
    private const string Decompress = "import sys,zlib; d=open('made','rb').read(); at,n=map(int,sys.argv[1:]); open('opened','wb').write(zlib.decompress(d[at:at+n]))";

    private const string Compress = """
        import zlib
        def tlv(tag, body):
            n = len(body)
            size = bytes([n]) if n < 128 else (lambda b: bytes([128 + len(b)]) + b)(n.to_bytes((n.bit_length() + 7) // 8, 'big'))
            return bytes([tag]) + size + body
        oid = lambda text: bytes.fromhex(text)
        body = zlib.compress(open('content', 'rb').read(), 9)
        inner = tlv(0x30, oid('06092A864886F70D010701') + tlv(0xA0, tlv(0x04, body)))
        whole = tlv(0x30, bytes([2, 1, 0]) + tlv(0x30, oid('060B2A864886F70D0109100308')) + inner)
        open('made', 'wb').write(tlv(0x30, oid('060B2A864886F70D0109100109') + tlv(0xA0, whole)))
        """;

    private static readonly byte[] Content = [.. Enumerable.Repeat("Attack at dawn.\r\n"u8.ToArray(), 4_000).SelectMany(l => l), .. EnvelopedMaterial.Content(3_000)];

    [RequiresFact("python3", "openssl")]
    public void Python_decompresses_what_is_made_here()
    {
        using var folder = new Workspace("compressed");
        File.WriteAllBytes(folder["made"], CompressedContent.Write(ContentTypes.Data, Content).ToArray());
        var (exit, text) = SignedPki.Run("openssl", "asn1parse", "-inform", "DER", "-in", folder["made"]);
        Assert.True(exit is 0, text);
        var line = text.Split('\n').Single(l => l.Contains("OCTET STRING", StringComparison.Ordinal));
        var (offset, header, length) = (Number(line, 0), Number(line, line.IndexOf("hl=", StringComparison.Ordinal) + 3), Number(line, line.IndexOf(" l=", StringComparison.Ordinal) + 3));
        Python(folder, Decompress, $"{offset + header}", $"{length}");
        Assert.Equal(Content, File.ReadAllBytes(folder["opened"]));
    }

    [RequiresFact("python3")]
    public void Decompresses_what_Python_compresses()
    {
        using var folder = new Workspace("compressed");
        File.WriteAllBytes(folder["content"], Content);
        Python(folder, Compress);
        Assert.Equal(Content, Read(File.ReadAllBytes(folder["made"])));
    }

    [Fact]
    public void Exchanges_with_BouncyCastle_both_ways()
    {
        var made = CompressedContent.Write(ContentTypes.Data, Content).ToArray();
        Assert.Equal(Content, new CmsCompressedData(made).GetContent());
        var theirs = new CmsCompressedDataGenerator().Generate(new CmsProcessableByteArray(Content), CmsCompressedDataGenerator.ZLib);
        Assert.Equal(Content, Read(theirs.GetEncoded()));
    }

    [RequiresFact("openssl")]
    public void Exchanges_with_openssl_both_ways_where_it_was_built_to()
    {
        using var folder = new Workspace("compressed");
        File.WriteAllBytes(folder["content"], Content);
        var (exit, text) = SignedPki.Run("openssl", "cms", "-compress", "-binary", "-in", folder["content"], "-outform", "DER", "-out", folder["made"]);
        if (exit is not 0)
        {
            Assert.Contains("unsupported compression algorithm", text, StringComparison.Ordinal);
            output.WriteLine("Skipped: this openssl has no zlib.");
            return;
        }

        Assert.Equal(Content, Read(File.ReadAllBytes(folder["made"])));
        File.WriteAllBytes(folder["made"], CompressedContent.Write(ContentTypes.Data, Content).ToArray());
        (exit, text) = SignedPki.Run("openssl", "cms", "-uncompress", "-inform", "DER", "-in", folder["made"], "-out", folder["opened"]);
        Assert.True(exit is 0, text);
        Assert.Equal(Content, File.ReadAllBytes(folder["opened"]));
    }

    private static byte[] Read(byte[] octets)
    {
        using var plain = CompressedContent.Read(MilSwitch.Smime.Cms.ContentInfo.Read(octets, CmsBounds.Default)).Decompress(CmsBounds.Default);
        return plain.Memory.ToArray();
    }

    private static void Python(Workspace folder, string program, params string[] arguments)
    {
        File.WriteAllText(folder["program.py"], $"import os\nos.chdir({"r'" + folder.Folder + "'"})\n{program}\n");
        var (exit, text) = SignedPki.Run("python3", [folder["program.py"], .. arguments]);
        Assert.True(exit is 0, text);
    }

    private static int Number(string line, int start) =>
        int.Parse(string.Concat(line[start..].TrimStart().TakeWhile(char.IsAsciiDigit)), System.Globalization.CultureInfo.InvariantCulture);
}
