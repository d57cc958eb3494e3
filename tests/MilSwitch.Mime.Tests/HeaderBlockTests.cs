using System.Text;
using FsCheck.Xunit;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Mime.Tests;

public sealed class HeaderBlockTests(ITestOutputHelper output)
{
    [Fact]
    public void Finds_fields_as_ranges_and_keeps_their_octets()
    {
        var header = Scan("Subject: a\r\n b\r\nTo : x@example.com\r\n\r\nbody: no field\r\n");

        Assert.Equal(HeaderFault.None, header.Fault);
        Assert.Equal(2, header.Count);
        Assert.Equal("Subject", Text(header[0].Name));
        Assert.Equal(" a\r\n b", Text(header[0].RawValue));
        Assert.Equal("To", Text(header[1].Name));
        Assert.Equal("Subject: a\r\n b\r\nTo : x@example.com\r\n\r\n".Length, header.Length);
        Assert.True(header.TryGetSingle("subject"u8, out var subject));
        Assert.Equal("a b", subject);
    }

    [Fact]
    public void Does_not_choose_among_repeated_fields()
    {
        var header = Scan("MT-Priority: 4\r\nmt-priority: 6\r\n\r\n");

        Assert.False(header.TryGetSingle("MT-Priority"u8, out _));
        Assert.Equal(2, header.CountOf("MT-PRIORITY"u8));
        Assert.Equal(0, header.CountOf("MT-Priorit"u8));
    }

    [Theory]
    [InlineData("A: b\nC: d\r\n\r\n")]
    [InlineData("A: b\rC: d\r\n\r\n")]
    [InlineData("A: b\0\r\n\r\n")]
    [InlineData("A: b\r\r\n\r\n")]
    [Trait("Threat", "M2")]
    public void Refuses_line_ends_on_which_readers_disagree(string text) => Assert.Equal(HeaderFault.Malformed, Scan(text).Fault);

    [Theory]
    [InlineData("A: b\r\n\r\ntext", true)]
    [InlineData("\r\ntext", true)]
    [InlineData("A: b\r\n", true)]
    [InlineData("A: b\r\nno field here\r\nC: d\r\n\r\n", false)]
    [InlineData("no field here\r\nC: d\r\n\r\n", false)]
    [InlineData("A: b\nC: d\r\n\r\n", false)]
    public void Is_closed_where_no_reader_reads_on(string text, bool closed) => Assert.Equal(closed, Scan(text).IsClosed);

    [Theory]
    [InlineData("just text\r\nA: b\r\n\r\n", 0)]
    [InlineData(" folded\r\nA: b\r\n\r\n", 0)]
    [InlineData("A: b\r\nno field here\r\nC: d\r\n", 6)]
    [InlineData("\r\nA: b\r\n", 2)]
    [InlineData("A: b", 4)]
    [InlineData("A: b\r", 5)]
    [InlineData("", 0)]
    public void Ends_where_no_field_stands(string text, int length)
    {
        var header = Scan(text);

        Assert.Equal(HeaderFault.None, header.Fault);
        Assert.Equal(length, header.Length);
    }

    [Fact]
    [Trait("Threat", "M1")]
    public void Stops_at_its_limits()
    {
        var many = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"X: {i}\r\n"));
        Assert.Equal(HeaderFault.TooManyFields, HeaderBlock.Scan(Encoding.ASCII.GetBytes(many), 10 << 20, 1000).Fault);
        Assert.Equal(HeaderFault.TooLarge, HeaderBlock.Scan(Encoding.ASCII.GetBytes(many), 256 << 10, 1_000_000).Fault);
        Assert.Equal(HeaderFault.TooLarge, Scan("A: " + new string('x', 300_000), 256 << 10).Fault);
        Assert.Equal(HeaderFault.None, Scan("A: b\r\n\r\n" + new string('x', 300_000), 256 << 10).Fault);
        // The cut falls between CR and LF.
        Assert.Equal(HeaderFault.TooLarge, Scan("A: bc\r\n\r\n", 6).Fault);
    }

    [Fact]
    [Trait("Threat", "M3")]
    public void Copies_itself_without_forged_fields()
    {
        var header = Scan("A: 1\r\nX-MilSwitch-Verdict: good\r\n folded\r\nB: 2\r\nx-milswitch-other: x\r\n\r\nbody");

        Assert.Equal("A: 1\r\nB: 2\r\n\r\n", Encoding.ASCII.GetString(header.CopyWithout(TraceFields.MustStrip)!));
        Assert.Null(Scan("A: 1\r\n\r\n").CopyWithout(TraceFields.MustStrip));
    }

    [Property(MaxTest = 2000)]
    public bool Never_throws_and_never_reaches_beyond_what_it_was_given(byte[] octets, byte fields)
    {
        var header = HeaderBlock.Scan(octets, 100, fields);
        var sum = 0;
        foreach (var field in header) sum += field.Length + (0 * field.RawValue.Length);
        return header.Length <= Math.Min(octets.Length, 100) && header.Count <= Math.Max((int)fields, 0) && sum <= header.Length;
    }

    [Property(MaxTest = 500, Arbitrary = [typeof(Generators)])]
    public bool Returns_every_octet_it_found(HeaderText text)
    {
        var octets = Encoding.ASCII.GetBytes(text.Value + "\r\nbody");
        var header = HeaderBlock.Scan(octets, 1 << 20, 1000);
        var rebuilt = new List<byte>();
        foreach (var field in header) rebuilt.AddRange(octets.AsSpan(field.Start, field.Length));
        return header.Fault == HeaderFault.None && rebuilt.SequenceEqual(Encoding.ASCII.GetBytes(text.Value));
    }

    [Fact]
    public void Reads_other_peoples_mail_without_fault()
    {
        foreach (var file in SharedVectors.Files("mail", "*.eml", output))
        {
            var mail = SharedVectors.ReadMail(file);
            var header = HeaderBlock.Scan(mail, 256 << 10, 1000);
            Assert.True(header.Fault == HeaderFault.None, $"{file}: {header.Fault}");
            MessageFacts.Read(header, ["example.com"]);
            var scanner = new StructureScanner(20, 1000);
            scanner.Append(mail);
            Assert.True(scanner.Fault == StructureFault.None, $"{file}: {scanner.Fault}");
        }
    }

    private static HeaderBlock Scan(string text, int maximumOctets = 1 << 20) => HeaderBlock.Scan(Encoding.ASCII.GetBytes(text), maximumOctets, 1000);

    private static string Text(ReadOnlyMemory<byte> octets) => Encoding.ASCII.GetString(octets.Span);
}

/// <summary>A well-formed header, folds and odd white space included.</summary>
public sealed record HeaderText(string Value)
{
    public override string ToString() => Value;
}
