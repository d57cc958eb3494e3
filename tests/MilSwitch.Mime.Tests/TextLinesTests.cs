using System.Text;
using FsCheck.Xunit;

namespace MilSwitch.Mime.Tests;

[Trait("Feature", "H-05")]
public sealed class TextLinesTests
{
    [Theory]
    [InlineData("\r\nSECRET\r\n\r\nFuel.\r\nSECRET END\r\n", "SECRET", "SECRET END")]
    [InlineData("\r\n\r\n \t\r\n  SECRET \r\n", "SECRET", "SECRET")]
    [InlineData("Content-Type: text/plain; charset=utf-8\r\n\r\n\uFEFFGEHEIM \u00FC\r\nb", "GEHEIM \u00FC", "b")]
    [InlineData("Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=53ECRET=20REL=\r\n TO A\r\nend=\r\n", "SECRET REL TO A", "end")]
    [InlineData("Content-Type: text/plain; charset=\"windows-1252\"\r\nContent-Transfer-Encoding: base64\r\n\r\nw4k=\r\n", "\u00C3\u2030", "\u00C3\u2030")]
    [InlineData("Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nSECR=C9T\r\n", "SECR\u00C9T", "SECR\u00C9T")]
    [InlineData("Content-Type: multipart/mixed; boundary=a\r\n\r\npreamble\r\n--a\r\nContent-Type: multipart/alternative; boundary=\"a b\"\r\n\r\n--a b\r\nContent-Type: text/html\r\n\r\n<b>no</b>\r\n--a b\r\n\r\nSECRET\r\ntext\r\n--a b--\r\n--a\r\n\r\nattached\r\n--a--\r\n", "SECRET", "text")]
    [InlineData("Content-Type: multipart/mixed; boundary=a\r\n\r\n--ab\r\n\r\nno\r\n--a\r\n\r\nSECRET\r\n--a--\r\n\r\nepilogue", "SECRET", "SECRET")]
    [InlineData("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Disposition: attachment\r\n\r\nno\r\n--a\r\n\r\nyes\r\n--a--\r\n", "yes", "yes")]
    public void Reads_the_first_and_the_last_line_of_the_text(string entity, string first, string last) => Assert.Equal((first, last), Read(entity));

    [Theory]
    [InlineData("")]
    [InlineData("Subject: a\r\n\r\n")]
    [InlineData("\r\n \r\n\t\r\n")]
    [InlineData("Content-Type: text/html\r\n\r\nSECRET\r\n")]
    [InlineData("Content-Type: application/pkcs7-mime\r\n\r\nSECRET\r\n")]
    [InlineData("Content-Type: message/rfc822\r\n\r\nSubject: other\r\n\r\nSECRET\r\n")]
    [InlineData("Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nSECRET\r\n")]
    [InlineData("Content-Type: text/plain; charset=utf-7\r\n\r\n+AFM-ECRET\r\n")]
    [InlineData("Content-Type: text/plain; charset=utf-16\r\n\r\nS\0\r\n")]
    [InlineData("Content-Type: text/plain; charset=ibm037\r\n\r\nSECRET\r\n")]
    [InlineData("Content-Type: text/plain; charset=klingon\r\n\r\nSECRET\r\n")]
    [InlineData("Content-Type: text\r\n\r\nSECRET\r\n")]
    [InlineData("Content-Type: multipart/digest; boundary=a\r\n\r\n--a\r\n\r\nSubject: b\r\n\r\nSECRET\r\n--a--\r\n")]
    [InlineData("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n\r\nSECRET\r\n--a--\r\n")]
    public void Finds_none_where_none_is_to_be_seen(string entity) => Assert.Equal((null, null), Read(entity));

    [Fact]
    public void Takes_no_line_that_is_longer_than_any_marking()
    {
        Assert.Equal((null, "end"), Read("\r\n" + new string('a', TextLines.LongestLine + 1) + "\r\nend"));
        Assert.Equal((null, null), Read("\r\nSECRET" + new string(' ', 10_000) + "x"));
        Assert.Equal(TextLines.LongestLine, Read("\r\n" + new string('\u00FC', TextLines.LongestLine)).First!.Length);
    }

    [Fact]
    public void Gives_up_on_what_is_nested_too_deep_or_has_too_many_parts()
    {
        var deep = new StringBuilder();
        for (var i = 0; i < 1_000; i++) deep.Append($"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n");
        Assert.Equal((null, null), Read(deep + "\r\nSECRET\r\n"));
        var wide = "Content-Type: multipart/mixed; boundary=a\r\n\r\n" + string.Concat(Enumerable.Repeat("--a\r\nContent-Type: image/png\r\n\r\n", 1_000)) + "--a\r\n\r\nSECRET\r\n--a--\r\n";
        Assert.Equal((null, null), Read(wide));
    }

    [Property(MaxTest = 500)]
    public void Never_throws_for_any_octets(byte[] octets)
    {
        TextLines.Read(octets);
        TextLines.Read((byte[])[.. "Content-Type: text/plain; charset=gb18030\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"u8, .. octets]);
        TextLines.Read((byte[])[.. "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"u8, .. octets]);
        SubjectText.Read((byte[])[.. "Subject: =?"u8, .. octets]);
    }

    [Theory]
    [InlineData("Subject: Fuel\r\n\r\n", "Fuel")]
    [InlineData("subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?b?IFNFQ1JFVA==?=\r\n\r\n", "Gr\u00FC\u00DFe SECRET")]
    [InlineData("Subject: Fuel\r\n (SECRET)\r\n\r\nbody", "Fuel (SECRET)")]
    [InlineData("Subject: caf\u00E9\r\n\r\n", "caf\u00E9")]
    [InlineData("Subject: a\r\nSubject: b\r\n\r\n", null)]
    [InlineData("From: a@b.example\r\n\r\nSubject: c\r\n", null)]
    public void Reads_the_subject_as_people_see_it(string message, string? subject) => Assert.Equal(subject, SubjectText.Read(Encoding.UTF8.GetBytes(message)));

    private static (string? First, string? Last) Read(string entity) => TextLines.Read(Encoding.UTF8.GetBytes(entity));

    [Theory]
    [InlineData("Exercise report (ALFA SECRET)")]
    [InlineData("Übung läuft an (ALFA SECRET)")]
    [InlineData("A subject that is so long that it has to be folded at least once on its way into the header of a message (ALFA SECRET)")]
    public void Writes_a_subject_that_is_read_as_it_was(string subject)
    {
        var field = SubjectText.Write(subject);

        Assert.True(field.AsSpan().EndsWith("\r\n"u8));
        Assert.DoesNotContain("\n", System.Text.Encoding.UTF8.GetString(field).Replace("\r\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(subject, SubjectText.Read(field));
    }
}
