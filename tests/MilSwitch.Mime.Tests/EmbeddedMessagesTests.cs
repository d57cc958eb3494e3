using System.Text;
using FsCheck.Xunit;

namespace MilSwitch.Mime.Tests;

[Trait("Feature", "H-19")]
public sealed class EmbeddedMessagesTests
{
    [Theory]
    [InlineData("Subject: a\r\n\r\nSIO-Label: no\r\n")]
    [InlineData("Content-Type: message/rfc822\r\nContent-Type: text/plain\r\n\r\nSubject: a\r\n\r\n")]
    [InlineData("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nSubject: no\r\n--a--\r\n")]
    [InlineData("Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\n")]
    public void Finds_none_where_none_is(string message) => Assert.Empty(Found(message));

    [Theory]
    [InlineData("Content-Type: Message/RFC822\r\n\r\nSubject: a\r\n\r\n", "a")]
    [InlineData("Content-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogYQ0KDQo=\r\n", "a")]
    [InlineData("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\ntext\r\n--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: b\r\n\r\n--a\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: c\r\n--a--\r\n", "b c")]
    [InlineData("Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\n\r\ntext\r\n--a\r\nContent-Type: message/global-headers; charset=utf-8\r\n\r\nSubject: c\r\n--a--\r\n", "c")]
    [InlineData("Content-Type: multipart/digest; boundary=a\r\n\r\n--a\r\n\r\nSubject: d\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\nSubject: no\r\n--a--\r\n", "d")]
    [InlineData("Content-Type: message/rfc822\r\n\r\nSubject: e\r\nContent-Type: message/rfc822\r\n\r\nSubject: f\r\n\r\n", "e f")]
    [InlineData("Content-Type: multipart/signed; boundary=a\r\n\r\n--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: g\r\n\r\n--a\r\nContent-Type: application/pkcs7-signature\r\n\r\nMAA=\r\n--a--\r\n", "g")]
    public void Finds_every_message_in_a_message(string message, string subjects) =>
        Assert.Equal(subjects, string.Join(' ', Found(message).Select(m => SubjectText.Read(m))));

    [Fact]
    public void Says_when_there_is_more_than_is_followed()
    {
        var deep = string.Concat(Enumerable.Repeat("Content-Type: message/rfc822\r\n\r\n", 1_000));
        Assert.False(EmbeddedMessages.Read(Encoding.UTF8.GetBytes(deep)).IsWhole);
        var wide = "Content-Type: multipart/digest; boundary=a\r\n\r\n" + string.Concat(Enumerable.Repeat("--a\r\n\r\nSubject: a\r\n\r\n", 20_000)) + "--a--\r\n";
        Assert.False(EmbeddedMessages.Read(Encoding.UTF8.GetBytes(wide)).IsWhole);
        Assert.Equal(500, Found("Content-Type: multipart/digest; boundary=a\r\n\r\n" + string.Concat(Enumerable.Repeat("--a\r\n\r\nSubject: a\r\n\r\n", 500)) + "--a--\r\n").Length);
    }

    [Property(MaxTest = 500)]
    public void Never_throws_for_any_octets(byte[] octets)
    {
        EmbeddedMessages.Read(octets);
        EmbeddedMessages.Read((byte[])[.. "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"u8, .. octets]);
        EmbeddedMessages.Read((byte[])[.. "Content-Type: multipart/digest; boundary=a\r\n\r\n--a\r\n"u8, .. octets]);
    }

    private static ReadOnlyMemory<byte>[] Found(string message)
    {
        var (messages, isWhole) = EmbeddedMessages.Read(Encoding.UTF8.GetBytes(message));
        Assert.True(isWhole);
        return [.. messages];
    }
}
