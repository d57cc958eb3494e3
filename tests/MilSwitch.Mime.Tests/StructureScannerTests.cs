using System.Diagnostics;
using System.Text;
using FsCheck.Xunit;

namespace MilSwitch.Mime.Tests;

[Trait("Threat", "M1")]
public sealed class StructureScannerTests
{
    private const string Nested =
        "Subject: x\r\nContent-Type: multipart/mixed; boundary=\"outer\"\r\n\r\npreamble\r\n--outer\r\n" +
        "Content-Type: multipart/alternative;\r\n boundary=inner (comment)\r\n\r\n--inner\r\n\r\none\r\n--inner\r\n\r\ntwo\r\n--inner--\r\n" +
        "--outer\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\ntext --outer in a line\r\n--outer--\r\nepilogue\r\n--outer\r\n";

    [Fact]
    public void Counts_depth_and_parts()
    {
        Assert.Equal(StructureFault.None, Judge(Nested, depth: 2, parts: 4));
        Assert.Equal(StructureFault.TooManyParts, Judge(Nested, depth: 2, parts: 3));
        Assert.Equal(StructureFault.TooDeep, Judge(Nested, depth: 1, parts: 4));
    }

    [Fact]
    public void Judges_alike_however_the_octets_are_cut()
    {
        for (var size = 1; size < 40; size++)
        {
            Assert.Equal(StructureFault.None, Judge(Nested, 2, 4, size));
            Assert.Equal(StructureFault.TooManyParts, Judge(Nested, 2, 3, size));
            Assert.Equal(StructureFault.TooDeep, Judge(Nested, 1, 4, size));
        }
    }

    [Theory]
    [InlineData("text/plain; boundary=b")]
    [InlineData("multipart/mixed")]
    [InlineData("multipart/mixed; x=\"; boundary=b\"")]
    [InlineData("multipart/mixed; (; boundary=b) x=y")]
    [InlineData("message/global-headers")]
    public void Sees_no_parts_where_there_are_none(string type) =>
        Assert.Equal(StructureFault.None, Judge($"Content-Type: {type}\r\n\r\n--b\r\n\r\n--b\r\n\r\n--b--\r\n", 10, 1));

    [Theory]
    [InlineData("multipart/mixed; boundary=b")]
    [InlineData("MULTIPART/Mixed ; charset=\"a;b\" ; BOUNDARY = \"b\"")]
    [InlineData("multipart/mixed; boundary*=us-ascii'en'%62")]
    [InlineData("multipart/mixed; boundary*0=\"\"; boundary*1=b")]
    [InlineData("multipart/mixed;\r\n\tboundary=\"\\b\"")]
    [InlineData("multipart/digest; boundary=\"b \"")]
    public void Finds_the_boundary_in_all_its_spellings(string type) =>
        Assert.Equal(StructureFault.TooManyParts, Judge($"Content-type : {type}\r\n\r\n--b\r\n\r\n--b \r\n\r\n--b--\r\n", 10, 1));

    [Fact]
    public void Follows_messages_in_a_digest()
    {
        const string Digest = "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n--c\r\n\r\n--b--\r\n";

        Assert.Equal(StructureFault.None, Judge(Digest, 3, 3));
        Assert.Equal(StructureFault.TooManyParts, Judge(Digest, 3, 2));
        Assert.Equal(StructureFault.TooDeep, Judge(Digest, 2, 3));
    }

    [Fact]
    public void Refuses_20_000_levels_of_multiparts()
    {
        var text = new StringBuilder();
        for (var i = 0; i < 20_000; i++) text.Append($"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n");
        Assert.Equal(StructureFault.TooDeep, Judge(text.ToString(), 20, 1000));
        Assert.Equal(StructureFault.None, Judge(text.ToString(), 20_000, 20_000));
    }

    [Fact]
    public void Refuses_100_000_messages_in_messages()
    {
        var text = string.Concat(Enumerable.Repeat("Content-Type: message/rfc822\r\n\r\n", 100_000));
        Assert.Equal(StructureFault.TooDeep, Judge(text, 20, 1000));
    }

    [Fact]
    public void Refuses_200_000_parts()
    {
        var text = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + string.Concat(Enumerable.Repeat("--b\r\n\r\n", 200_000));
        Assert.Equal(StructureFault.TooManyParts, Judge(text, 20, 1000));
    }

    [Fact]
    public void Takes_linear_time_for_boundaries_that_begin_alike()
    {
        // Twenty open boundaries, and a megabyte of lines that almost match every one of them.
        var text = new StringBuilder();
        for (var i = 0; i < 20; i++) text.Append($"Content-Type: multipart/mixed; boundary={new string('a', 200 + i)}\r\n\r\n--{new string('a', 200 + i)}\r\n");
        text.Append("\r\n");
        var line = "--" + new string('a', 199) + "\r\n";
        for (var i = 0; i < 20_000; i++) text.Append(line);
        text.Append("--").Append('a', 4 << 20);
        var watch = Stopwatch.StartNew();
        Assert.Equal(StructureFault.None, Judge(text.ToString(), 20, 1000, 1500));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(3), $"took {watch.Elapsed}");
    }

    [Fact]
    public void Refuses_a_content_type_beyond_all_measure()
    {
        Assert.Equal(StructureFault.Malformed, Judge($"Content-Type: multipart/mixed; x={new string('x', 9000)}; boundary=b\r\n\r\n", 20, 1000));
        Assert.Equal(StructureFault.Malformed, Judge($"Content-Type: multipart/mixed; x={new string('x', 9000)}; boundary=b\r\n\r\n", 20, 1000, 100));
        Assert.Equal(StructureFault.Malformed, Judge($"Content-Type: multipart/mixed; boundary={new string('b', 251)}\r\n\r\n", 20, 1000));
        Assert.Equal(StructureFault.None, Judge($"Content-Type: multipart/mixed; boundary={new string('b', 250)}\r\n\r\n", 20, 1000));
    }

    [Property(MaxTest = 1000, Arbitrary = [typeof(Generators)])]
    public bool Never_throws_and_does_not_depend_on_the_cuts(byte[] octets, MailLike mail, byte cut)
    {
        Judge("Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n" + Encoding.Latin1.GetString(octets), 20, 20, cut + 1);
        var whole = Judge(mail.Value, 3, 3);
        return whole == Judge(mail.Value, 3, 3, cut + 1) && whole == Judge(mail.Value, 3, 3, 1);
    }

    private static StructureFault Judge(string text, int depth, int parts, int size = int.MaxValue)
    {
        var scanner = new StructureScanner(depth, parts);
        var octets = Encoding.Latin1.GetBytes(text).AsSpan();
        while (octets.Length > 0)
        {
            scanner.Append(octets[..Math.Min(size, octets.Length)]);
            octets = octets[Math.Min(size, octets.Length)..];
        }

        return scanner.Fault;
    }
}
