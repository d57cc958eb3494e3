using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Tests.Certificates;

/// <summary>What is kept of certificates that come again and again.</summary>
public sealed class CertificateTableTests
{
    private static readonly TestAuthority Root = TestAuthority.Root("CN=Root");

    [Fact]
    public void Reads_a_certificate_once_and_keeps_no_octets_of_others()
    {
        var table = new CertificateTable();
        var octets = Root.Issue().Encoded.ToArray();
        var read = table.Read(octets);
        Assert.Same(read, table.Read(octets.ToArray()));
        var first = octets.ToArray();
        // The message that it came with is somebody else's memory.
        octets.AsSpan().Clear();
        Assert.Equal(first, read.Encoded);
        Assert.Same(read, table.Read(first));
    }

    [Fact]
    public void Tells_certificates_apart_by_every_octet()
    {
        var table = new CertificateTable();
        var sound = Root.Issue().Encoded.ToArray();
        var read = table.Read(sound);
        for (var at = sound.Length - 40; at < sound.Length; at++)
        {
            var other = sound.ToArray();
            other[at] ^= 1;
            Assert.NotEqual(read, table.Read(other));
        }
    }

    [Fact]
    public void Is_bounded_in_number_and_keeps_nothing_that_is_long_or_was_read_with_other_bounds()
    {
        var table = new CertificateTable(4);
        var all = Enumerable.Range(0, 12).Select(_ => Root.Issue().Encoded).ToArray();
        Parallel.ForEach(all, c => Assert.Equal(c.ToArray(), table.Read(c).Encoded));
        Assert.InRange(table.Count, 1, 4 + Environment.ProcessorCount);
        var before = table.Count;
        var big = Root.Issue(r => r.CertificateExtensions.Add(new("1.2.3.4", new byte[9_000], false))).Encoded;
        Assert.NotSame(table.Read(big), table.Read(big));
        Assert.NotSame(table.Read(all[0], CmsBounds.Default with { Depth = 20 }), table.Read(all[0], CmsBounds.Default with { Depth = 20 }));
        Assert.Throws<CmsFormatException>(() => table.Read(all[0], CmsBounds.Default with { Elements = 5 }));
        Assert.Throws<CmsFormatException>(() => table.Read(new byte[] { 0x30, 0 }));
        Assert.Equal(before, table.Count);
    }
}
