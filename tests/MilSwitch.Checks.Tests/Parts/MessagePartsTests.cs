using System.Text;
using MilSwitch.Checks.Parts;

namespace MilSwitch.Checks.Tests.Parts;

public sealed class MessagePartsTests
{
    private static readonly ReadingRules Rules = new();

    public static TheoryData<string, PartFaults> Ambiguous => new()
    {
        { "Content-Type: text/plain\nContent-Type: text/html\n\nx", PartFaults.RepeatedField },
        { "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\nx", PartFaults.RepeatedField },
        { "Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\nx\n--a--\n", PartFaults.RepeatedParameter },
        { "Content-Type: multipart/mixed; boundary=a; boundary*=us-ascii''b\n\n--a\n\nx\n--a--\n", PartFaults.RepeatedParameter | PartFaults.BoundaryForm },
        { "Content-Type: multipart/mixed; boundary*=us-ascii''b\n\n--b\n\nx\n--b--\n", PartFaults.BoundaryForm | PartFaults.BoundaryMissing },
        { "Content-Type: multipart/mixed; boundary*0=b; boundary*1=c\n\n--bc\n\nx\n--bc--\n", PartFaults.BoundaryForm | PartFaults.BoundaryMissing },
        { "Content-Type: multipart/mixed; boundary=\"=?utf-8?q?b?=\"\n\n--=?utf-8?q?b?=\n\nx\n--=?utf-8?q?b?=--\n", PartFaults.BoundaryForm },
        { "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n----\n", PartFaults.BoundaryForm | PartFaults.BoundaryMissing },
        { "Content-Type: multipart/mixed\n\n--\n\nx\n----\n", PartFaults.BoundaryMissing },
        { "Content-Type: multipart/mixed; boundary=b\n\nno parts\n", PartFaults.BoundaryMissing },
        { "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--bc\n\ny\n--b--\n", PartFaults.BoundaryPrefix },
        { "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n", PartFaults.Unclosed },
        { "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\nmore\n", PartFaults.Epilogue },
        { "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n--b\n\ny\n--b--\n", PartFaults.Epilogue },
        { "Content-Type: multipart/mixed; boundary=b\n\n--a\nContent-Type: text/html\n\nx\n--b\n\nx\n--b--\n", PartFaults.Preamble },
        { "Content-Type: multipart/mixed; boundary=b\n\nbegin 644 a.exe\nM\n--b\n\nx\n--b--\n", PartFaults.Preamble },
        { "Content-Type: multipart/mixed; boundary=b (comment)\n\n--b\n\nx\n--b--\n", PartFaults.Comment },
        { "Content-Type: text/plain; charset=\"us\\-ascii\"\n\nx", PartFaults.Comment },
        { "Content-Type: text\n\nx", PartFaults.MalformedField },
        { "Content-Type: text/plain charset=utf-8\n\nx", PartFaults.MalformedField },
        { "Content-Disposition: attachment; filename*1=js; filename*0=\"a.\"\n\nx", PartFaults.MalformedField },
        { "Content-Disposition: attachment; filename*0=\"a.js\"; filename*2=\".txt\"\n\nx", PartFaults.MalformedField },
        { "Content-Disposition: attachment; filename*=utf-8''a.js; filename*0=\".txt\"\n\nx", PartFaults.MalformedField },
        { "Content-Disposition: attachment; filename*0=a; filename*00=\".txt\"\n\nx", PartFaults.MalformedField },
        { "Content-Disposition: attachment; filename*0=a; filename*=utf-8''.txt\n\nx", PartFaults.MalformedField },
        { "Content-Disposition: attachment; filename**=utf-8''a.txt\n\nx", PartFaults.MalformedField },
        { "Content-Disposition: attachment; filename*0*=utf-8''a.; filename*1=js; filename*2*=%41\n\nx", PartFaults.None },
        { "Content-Type : text/html\n\nx", PartFaults.FieldFrame },
        { "Content-Type:\n \n text/html\n\nx", PartFaults.FieldFrame },
        { "Content-Type: text/plain\nno field\n\nx", PartFaults.HeaderEnd },
        { "Content-Transfer-Encoding: uuencode\n\nx", PartFaults.TransferEncoding },
        { "Content-Transfer-Encoding: base64 (x)\n\neA==", PartFaults.TransferEncoding },
        { "Content-Transfer-Encoding: \"base64\"\n\neA==", PartFaults.TransferEncoding },
        { "Content-Transfer-Encoding: quoted_printable\n\nx", PartFaults.TransferEncoding },
        { "Content-Transfer-Encoding: 8 bit\n\nx", PartFaults.TransferEncoding },
        { "Content-Transfer-Encoding: base64\n\neA==eA==", PartFaults.Base64 },
        { "Content-Transfer-Encoding: base64\n\neA==\nplain", PartFaults.Base64 },
        { "Content-Transfer-Encoding: base64\n\ne-A=", PartFaults.Base64 },
        { "Content-Transfer-Encoding: base64\n\neA", PartFaults.Base64 },
        { "Content-Transfer-Encoding: quoted-printable\n\n=XY", PartFaults.QuotedPrintable },
        { "Content-Transfer-Encoding: quoted-printable\n\nend=", PartFaults.QuotedPrintable },
        { "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\nx\n--b--\n", PartFaults.EncodedComposite },
        { "Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\nSubject: x\n\nx", PartFaults.EncodedComposite },
        { "Content-Type: text/plain; charset=utf-7\n\n+AHg-", PartFaults.Charset },
        { "Content-Type: message/partial; id=a; number=1; total=2\n\nx", PartFaults.Partial },
        { "Content-Type: message/external-body; access-type=URL; URL=\"http://x/\"\n\nContent-Type: text/plain\n\n", PartFaults.ExternalBody },
        { "Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\neA==", PartFaults.Tnef },
        { "Content-Type: text/plain; charset=utf-8\n\ncafé", PartFaults.EightBit },
        { "Content-Type: text/plain\n\nsee\nbegin 644 run.exe\nM\nend\n", PartFaults.FileInText },
        { "Content-Type: text/plain\n\n=ybegin line=128 size=1 name=x\n", PartFaults.FileInText },
    };

    [Theory]
    [MemberData(nameof(Ambiguous))]
    [Trait("Threat", "M2")]
    public void Names_where_readers_disagree(string rest, PartFaults expected) =>
        Assert.Equal(expected, MessageParts.Read(Mails.Octets("MIME-Version: 1.0\n" + rest), Rules).Faults);

    [Theory]
    [Trait("Threat", "M2")]
    [InlineData("MIME-Version: 1.0\r\nSubject: a\rb\r\n\r\nx", PartFaults.HeaderLineEnd | PartFaults.LineEnd)]
    [InlineData("MIME-Version: 1.0\r\nSubject: a\n\r\nx", PartFaults.HeaderLineEnd | PartFaults.LineEnd)]
    [InlineData("MIME-Version: 1.0\r\n\r\nx\ry", PartFaults.LineEnd)]
    [InlineData("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\n--b\r\n\r\ny\r\n--b--\r\n", PartFaults.LineEnd)]
    [InlineData("Content-Type: text/plain\r\n\r\nx", PartFaults.NoVersion)]
    [InlineData("MIME-Version: 2.0\r\n\r\nx", PartFaults.MalformedField)]
    public void Names_odd_line_ends_and_versions(string text, PartFaults expected) =>
        Assert.Equal(expected, MessageParts.Read(Mails.Raw(text), Rules).Faults);

    [Fact]
    [Trait("Threat", "M2")]
    public void Finds_a_boundary_inside_that_begins_like_the_one_around()
    {
        var mail = Mails.Octets("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\nx\n--bb--\n--b--\n");
        Assert.True(MessageParts.Read(mail, Rules).Faults.HasFlag(PartFaults.BoundaryPrefix));
    }

    [Fact]
    public void Lists_parts_in_their_order_and_decodes_them()
    {
        var parts = MessageParts.Read(Mails.Mixed(
            "Content-Type: multipart/alternative; boundary=c\n\n--c\nContent-Transfer-Encoding: quoted-printable\n\ncaf=C3=\n=A9 \t\n--c\nContent-Type: text/html\n\n<p>\n--c--",
            "Content-Type: message/rfc822\n\nSubject: inner\n\nbody",
            "Content-Type: image/png; name=b.png\nContent-Disposition: attachment; filename*=utf-8''%C3%A9.png; filename=\"=?utf-8?q?=C3=A9?=.png\"\nContent-Transfer-Encoding: base64\n\nAQID\nBA=="), Rules);
        Assert.Equal(PartFaults.None, parts.Faults);
        Assert.Equal(["1 multipart/mixed", "1.1 multipart/alternative", "1.1.1 text/plain", "1.1.2 text/html", "1.2 message/rfc822", "1.2.1 text/plain", "1.3 image/png"], parts.All.Select(p => p.ToString()));
        Assert.Equal("café", Encoding.UTF8.GetString(parts.All[2].Decode().Span));
        Assert.Equal([1, 2, 3, 4], parts.All[6].Decode().ToArray());
        Assert.Equal(["é.png", "b.png"], parts.All[6].FileNames.AsEnumerable());
        Assert.Equal("body", Encoding.UTF8.GetString(parts.All[5].Decode().Span));
    }

    [Fact]
    public void Takes_parts_of_a_digest_for_messages()
    {
        var parts = MessageParts.Read(Mails.Octets("MIME-Version: 1.0\nContent-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\nx\n--b--\n"), Rules);
        Assert.Equal(["1 multipart/digest", "1.1 message/rfc822", "1.1.1 text/plain"], parts.All.Select(p => p.ToString()));
    }

    [Fact]
    [Trait("Threat", "M1")]
    public void Stops_at_depth_parts_and_octets()
    {
        var deep = "MIME-Version: 1.0\n" + string.Concat(Enumerable.Repeat("Content-Type: message/rfc822\n\nMIME-Version: 1.0\n", 100_000));
        var wide = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + string.Concat(Enumerable.Repeat("--b\n\n\n", 200_000)) + "--b--\n";
        Assert.True(MessageParts.Read(Mails.Octets(deep), Rules) is { IsWhole: false, Faults: var tooDeep } && tooDeep.HasFlag(PartFaults.TooDeep));
        Assert.True(MessageParts.Read(Mails.Octets(wide), Rules) is { IsWhole: false, Faults: var tooMany } && tooMany.HasFlag(PartFaults.TooManyParts));
        var large = MessageParts.Read(Mails.Mixed("\n" + new string('x', 600), "\n" + new string('y', 600)), Rules with { DecodedOctets = 1_000 });
        Assert.True(!large.IsWhole && large.Faults.HasFlag(PartFaults.TooLarge));
        var header = MessageParts.Read(Mails.Octets(string.Concat(Enumerable.Repeat("X: y\n", 2_000)) + "\nx"), Rules);
        Assert.True(header.Faults.HasFlag(PartFaults.TooLarge));
    }

    [Fact]
    public void Tolerates_what_it_is_told_to_and_nothing_that_hides_parts()
    {
        var mail = Mails.Octets("Content-Type: text/plain (x)\n\ncafé");
        Assert.Equal(PartFaults.None, MessageParts.Read(mail, Rules with { Tolerated = ReadingRules.Tolerable }).Faults);
        Assert.Throws<ArgumentOutOfRangeException>(() => Rules with { Tolerated = PartFaults.Base64 });
        Assert.Throws<ArgumentOutOfRangeException>(() => Rules with { Depth = 51 });
    }

    [Theory]
    [Trait("Threat", "M1")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Never_throws_for_mutated_messages(int seed)
    {
        var random = new Random(seed);
        var seeds = Ambiguous.Select(a => Mails.Octets("MIME-Version: 1.0\n" + (string)((object[])a)[0]))
            .Append(Mails.Mixed("Content-Type: message/rfc822\n\nSubject: x\n\nx", "Content-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--c--")).ToArray();
        for (var i = 0; i < 3_000; i++)
        {
            var octets = seeds[random.Next(seeds.Length)].ToList();
            for (var changes = random.Next(1, 8); changes > 0; changes--)
            {
                var at = random.Next(octets.Count);
                if (random.Next(3) is 0) octets.InsertRange(at, octets.GetRange(0, random.Next(Math.Min(octets.Count, 40))));
                else octets[at] = random.Next(2) is 0 ? "\r\n-=:; \t\"\\()b"u8[random.Next(13)] : (byte)random.Next(256);
            }

            var parts = MessageParts.Read(octets.ToArray(), Rules);
            Assert.NotEmpty(parts.All);
            foreach (var part in parts.All) Assert.InRange(part.Decode().Length, 0, octets.Count);
            Assert.Equal(parts.Faults is PartFaults.None, !parts.Findings().Any());
        }
    }
}
