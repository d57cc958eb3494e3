using System.Text;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Tests.Messages;

public sealed class MimeEntityTests
{
    private const string Sample =
        "From: a@example.com\r\nContent-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\nThis is a multipart message.\r\n--b 1\r\n\r\nplain\r\n\r\n--b 1  \r\n"
        + "Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<b>=C3=A4=\r\n</b> \r\n--in--\r\n"
        + "--b 1\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: BASE64\r\nContent-Disposition: attachment; filename*=utf-8''%C3%A4.pdf\r\n\r\nAAEC\r\nAw==\r\n--b 1\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nin\r\n--b 1--\r\n";

    [Fact]
    public void Reads_parts_as_ranges_of_what_is_stored()
    {
        var root = Read(Sample);
        Assert.Equal(MimeAmbiguity.None, root.TreeAmbiguity);
        Assert.Equal(MimeFault.None, root.Fault);
        Assert.Equal(
            ["1 multipart/mixed", "1.1 text/plain", "1.2 multipart/alternative", "1.2.1 text/html", "1.3 application/pdf", "1.4 message/rfc822", "1.4.1 text/plain"],
            root.Walk().Select(e => e.ToString()));
        Assert.Equal("\r\nplain\r\n", Text(root.Parts[0].Octets));
        Assert.Equal("plain\r\n", Text(root.Parts[0].RawBody));
        Assert.Equal("<b>ä</b>", Text(root.Parts[1].Parts[0].Decode()));
        Assert.Equal([0, 1, 2, 3], root.Parts[2].Decode().ToArray());
        Assert.Equal(4, root.Parts[2].DecodedLength);
        Assert.Equal("ä.pdf", root.Parts[2].FileName);
        Assert.Equal("in", Text(root.Parts[3].Parts[0].RawBody));
    }

    [Theory]
    [InlineData("--b\r\n\r\nx\r\n--b--\r\n", "\r\nx")]
    [InlineData("--b\r\n\r\nx--b--", "\r\nx--b--")]
    [InlineData("--b\r\n\r\nx\r\n\r\n--b--", "\r\nx\r\n")]
    [InlineData("--b\r\n--b--", "")]
    [InlineData("--b\r\n\r\n--b--", "")]
    [InlineData("--b\r\n\r\n\r\n--b--", "\r\n")]
    public void Takes_the_line_end_before_a_delimiter_for_the_delimiter_s(string body, string part) =>
        Assert.Equal(part, Text(Read("Content-Type: multipart/signed; boundary=b\r\n\r\n" + body).Parts[0].Octets));

    public static TheoryData<string, MimeAmbiguity> Ambiguous => new()
    {
        { "Content-Type: text/plain\r\ncontent-type: text/html\r\n\r\nx", MimeAmbiguity.RepeatedField },
        { "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA", MimeAmbiguity.RepeatedField },
        { "MIME-Version: 1.0\r\nMIME-Version: 1.0\r\n\r\nx", MimeAmbiguity.RepeatedField },
        { "Content-Disposition: inline\r\nContent-Disposition: attachment\r\n\r\nx", MimeAmbiguity.RepeatedField },
        { "Content-Type: multipart/mixed; boundary=b; boundary=c\r\n\r\n--b\r\n\r\n--b--", MimeAmbiguity.RepeatedParameter },
        { "Content-Type: multipart/mixed; boundary=b; boundary*=c\r\n\r\n--b\r\n\r\n--b--", MimeAmbiguity.RepeatedParameter | MimeAmbiguity.Boundary },
        { "Content-Type: multipart/mixed; boundary*=us-ascii''b\r\n\r\n--b\r\n\r\n--b--", MimeAmbiguity.Boundary },
        { "Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\r\n\r\n--ab\r\n\r\n--ab--", MimeAmbiguity.Boundary },
        { "Content-Type: multipart/mixed; boundary=\"=?us-ascii?q?b?=\"\r\n\r\n--b\r\n\r\n--b--", MimeAmbiguity.Boundary | MimeAmbiguity.BoundaryMissing },
        { "Content-Type: multipart/mixed; boundary=\"b \"\r\n\r\n--b \r\n\r\n--b --", MimeAmbiguity.Boundary },
        { "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\n----", MimeAmbiguity.Boundary },
        { "Content-Type: multipart/mixed; boundary=\"" + new string('b', 71) + "\"\r\n\r\n--" + new string('b', 71) + "\r\n\r\n--" + new string('b', 71) + "--", MimeAmbiguity.Boundary },
        { "Content-Type: multipart/mixed; boundary=\"a\\b\"\r\n\r\n--ab\r\n\r\n--ab--", MimeAmbiguity.Comment },
        { "Content-Type: multipart/mixed (x); boundary=b\r\n\r\n--b\r\n\r\n--b--", MimeAmbiguity.Comment },
        { "Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\n--b--", MimeAmbiguity.BoundaryMissing },
        { "Content-Type: multipart/mixed; boundary=c\r\n\r\n--b\r\n\r\n--b--", MimeAmbiguity.BoundaryMissing },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--bc\r\n\r\n--b--", MimeAmbiguity.BoundaryPrefix },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--junk\r\n--b--", MimeAmbiguity.BoundaryPrefix },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n", MimeAmbiguity.Unclosed },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b--\r\nhidden", MimeAmbiguity.Epilogue },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b--\r\n--b\r\n\r\nmore\r\n--b--", MimeAmbiguity.Epilogue },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\nContent-Type: text/html\r\n\r\nx\r\n--b\r\n\r\n--b--", MimeAmbiguity.Preamble },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\nbegin 644 a\r\n--b\r\n\r\n--b--", MimeAmbiguity.Preamble },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\n--b\r\n\r\n--b--", MimeAmbiguity.LineEnd },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r--b\r\n\r\n--b--", MimeAmbiguity.LineEnd },
        { "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: binary\r\n\r\nx\n--b\r\n\r\n--b--", MimeAmbiguity.LineEnd },
        { "Subject: x\r\n\r\na\rb\r\n", MimeAmbiguity.LineEnd },
        { "Subject: x\rContent-Type: text/html\r\n\r\nx", MimeAmbiguity.HeaderEnd | MimeAmbiguity.LineEnd },
        { "Subject: x\0\r\n\r\nx", MimeAmbiguity.HeaderEnd },
        { "Subject: x\r\nno field\r\nContent-Type: text/html\r\n\r\nx", MimeAmbiguity.HeaderEnd },
        { "Subject: x\r\n \r\nContent-Type: text/html\r\n\r\nx", MimeAmbiguity.FieldFrame },
        { "Content-Type : text/html\r\n\r\nx", MimeAmbiguity.FieldFrame },
        { "Content-Type: text\r\n\r\nx", MimeAmbiguity.MalformedField },
        { "Content-Type: text/plain; charset=\"us-ascii\r\n\r\nx", MimeAmbiguity.MalformedField },
        { "Content-Type: text/plain; charset\r\n\r\nx", MimeAmbiguity.MalformedField },
        { "Content-Type: text/plain charset=us-ascii\r\n\r\nx", MimeAmbiguity.MalformedField },
        { "Content-Type: text/plain; charset=\"a\"b\r\n\r\nx", MimeAmbiguity.MalformedField },
        { "Content-Transfer-Encoding: base-64\r\n\r\nAAAA", MimeAmbiguity.TransferEncoding },
        { "Content-Transfer-Encoding: \"base64\"\r\n\r\nAAAA", MimeAmbiguity.TransferEncoding },
        { "Content-Transfer-Encoding: base64;\r\n\r\nAAAA", MimeAmbiguity.TransferEncoding },
        { "Content-Transfer-Encoding: (x) base64\r\n\r\nAAAA", MimeAmbiguity.TransferEncoding },
        { "Content-Transfer-Encoding: base64 7bit\r\n\r\nAAAA", MimeAmbiguity.TransferEncoding },
        { "Content-Transfer-Encoding: x-uuencode\r\n\r\nAAAA", MimeAmbiguity.TransferEncoding },
        { "Content-Transfer-Encoding:\r\n\r\nAAAA", MimeAmbiguity.TransferEncoding },
        { "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA", MimeAmbiguity.EncodedComposite },
        { "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nAAAA", MimeAmbiguity.EncodedComposite },
        { "Content-Transfer-Encoding: base64\r\n\r\nAA==AAAA", MimeAmbiguity.Base64 },
        { "Content-Transfer-Encoding: base64\r\n\r\nAAA", MimeAmbiguity.Base64 },
        { "Content-Transfer-Encoding: base64\r\n\r\nAAA*A", MimeAmbiguity.Base64 },
        { "Content-Transfer-Encoding: base64\r\n\r\nA===", MimeAmbiguity.Base64 },
        { "Content-Transfer-Encoding: base64\r\n\r\nAAAA====", MimeAmbiguity.Base64 },
        { "Content-Transfer-Encoding: quoted-printable\r\n\r\na=XY", MimeAmbiguity.QuotedPrintable },
        { "Content-Transfer-Encoding: quoted-printable\r\n\r\na=", MimeAmbiguity.QuotedPrintable },
        { "Content-Transfer-Encoding: quoted-printable\r\n\r\n\u00e4", MimeAmbiguity.QuotedPrintable },
        { "Content-Type: text/html; charset=utf-7\r\n\r\n+ADw-", MimeAmbiguity.Charset },
        { "Content-Type: message/partial; number=1; total=2; id=x\r\n\r\nx", MimeAmbiguity.ElsewhereContent },
        { "Content-Type: message/external-body; access-type=x\r\n\r\nx", MimeAmbiguity.ElsewhereContent },
        { "Content-Type: application/ms-tnef\r\n\r\nx", MimeAmbiguity.ElsewhereContent },
    };

    [Theory]
    [MemberData(nameof(Ambiguous))]
    [Trait("Threat", "M2")]
    public void Says_where_readers_may_differ(string text, MimeAmbiguity expected)
    {
        Assert.Equal(expected, Read(text).TreeAmbiguity);
        // The same in a part is known at the root.
        var inside = Read("Content-Type: multipart/mixed; boundary=outside\r\n\r\n--outside\r\n" + text + "\r\n--outside--\r\n");
        Assert.Equal(expected & ~MimeAmbiguity.LineEnd, inside.TreeAmbiguity & ~MimeAmbiguity.LineEnd);
    }

    [Theory]
    [InlineData("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=bc\r\n\r\n--bc\r\n\r\n--bc--\r\n--b--")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b--\r\n--b--")]
    [Trait("Threat", "M2")]
    public void Says_when_an_inner_boundary_begins_like_an_outer_one(string text) => Assert.True(Read(text).TreeAmbiguity.HasFlag(MimeAmbiguity.BoundaryPrefix));

    [Theory]
    [InlineData(76, "\r\n")]
    [InlineData(75, "\r\n")]
    [InlineData(4, " \r\n")]
    [InlineData(76, "\r\n\r\n")]
    [InlineData(1, "\t")]
    [InlineData(1_000_000, "\r\n")]
    public void Decodes_base64_whatever_its_lines_are(int line, string between)
    {
        var random = new Random(line);
        for (var length = 0; length < 200; length++)
        {
            var octets = new byte[length];
            random.NextBytes(octets);
            var lines = Convert.ToBase64String(octets).Chunk(line).Select(c => new string(c) + between);
            var entity = Read("Content-Transfer-Encoding: base64\r\n\r\n" + string.Concat(lines));
            Assert.Equal(MimeAmbiguity.None, entity.TreeAmbiguity);
            Assert.Equal(octets, entity.Decode());
            // One octet that is none of base64, wherever it stands.
            var text = string.Concat(lines);
            if (text.Length > 0) Assert.Equal(MimeAmbiguity.Base64, Read("Content-Transfer-Encoding: base64\r\n\r\n" + text.Insert(random.Next(text.Length), "*").Replace("\r*\n", "*\r\n", StringComparison.Ordinal)).TreeAmbiguity);
        }
    }

    [Theory]
    [InlineData("Content-Type: text/plain; charset=us-ascii;\r\n\r\nx")]
    [InlineData("Content-Type: multipart/signed; protocol=application/pkcs7-signature; boundary=----=_x\r\n\r\n------=_x\r\n\r\n------=_x--")]
    [InlineData("Content-Transfer-Encoding: Quoted-Printable\r\n\r\na =\r\nb  \r\n=3d")]
    [InlineData("Content-Transfer-Encoding: base64\r\n\r\n QUJD \r\n\r\n")]
    [InlineData("Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\n\r\0")]
    [InlineData("Subject: x")]
    [InlineData("")]
    [InlineData("\r\nx")]
    public void Takes_what_is_only_unusual(string text) => Assert.Equal(MimeAmbiguity.None, Read(text).TreeAmbiguity);

    [Fact]
    public void Gives_a_local_file_the_line_ends_of_mail_and_says_so()
    {
        var local = Read(Sample.Replace("\r\n", "\n", StringComparison.Ordinal));
        Assert.True(local.HadLocalLineEnds);
        Assert.Equal(Sample, Encoding.UTF8.GetString(local.Octets.Span));
        Assert.Equal(MimeAmbiguity.None, local.TreeAmbiguity);
        Assert.False(Read(Sample).HadLocalLineEnds);
    }

    [Fact]
    [Trait("Threat", "M1")]
    public void Stops_at_depth_parts_and_decoded_octets()
    {
        var deep = new StringBuilder();
        for (var i = 0; i < 20_000; i++) deep.Append("Content-Type: message/rfc822\r\n\r\n");
        Assert.Equal(MimeFault.TooDeep, Read(deep.ToString()).Fault);
        var wide = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + string.Concat(Enumerable.Repeat("--b\r\n\r\n", 200_000)) + "--b--";
        Assert.Equal(MimeFault.TooLarge, Read(wide).Fault);
        Assert.Equal(MimeFault.None, Read("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + string.Concat(Enumerable.Repeat("--b\r\n\r\nx\r\n", 998)) + "--b--").Fault);
        var budget = new MimeBudget { Decoded = 5 };
        var coded = Encoding.ASCII.GetBytes("Content-Transfer-Encoding: base64\r\n\r\nQUJD");
        Assert.Equal(MimeFault.None, MimeEntity.Read(coded, budget).Fault);
        // What one layer took is not there for the next.
        Assert.Equal(MimeFault.TooLarge, MimeEntity.Read(coded, budget).Fault);
        Assert.Equal(MimeFault.TooLarge, Read(string.Concat(Enumerable.Repeat("A: b\r\n", 1001))).Fault);
    }

    [Fact]
    [Trait("Threat", "M1")]
    public void Never_throws_for_mutations_and_keeps_every_octet_in_its_place()
    {
        var random = new Random(9);
        var sound = Encoding.UTF8.GetBytes(Sample);
        for (var round = 0; round < 5_000; round++)
        {
            var mutant = (byte[])sound.Clone();
            for (var i = random.Next(1, 4); i > 0; i--) mutant[random.Next(mutant.Length)] = random.Next(3) is 0 ? (byte)random.Next(256) : sound[random.Next(sound.Length)];
            foreach (var entity in MimeEntity.Read(mutant, new MimeBudget()).Walk())
            {
                Assert.True(entity.Decode().Length == entity.DecodedLength || !entity.IsLeaf);
                Assert.True(entity.Octets.Span.EndsWith(entity.RawBody.Span));
                Assert.All(entity.Parts, p => Assert.True(entity.RawBody.Span.IndexOf(p.Octets.Span) >= 0));
            }
        }
    }

    private static MimeEntity Read(string text) => MimeEntity.Read(Encoding.Latin1.GetBytes(text), new MimeBudget());

    private static string Text(ReadOnlyMemory<byte> octets) => Encoding.UTF8.GetString(octets.Span);
}
