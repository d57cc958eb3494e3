using System.Text;

namespace MilSwitch.Mime.Tests;

[Trait("Feature", "H-05")]
public sealed class MarkingFieldTests
{
    [Theory]
    [InlineData("X-Classification", true)]
    [InlineData("x-security-marking-2", true)]
    [InlineData("X-", false)]
    [InlineData("Subject", false)]
    [InlineData("X-MilSwitch-Origin", false)]
    [InlineData("X-A: b", false)]
    [InlineData("X-Ä", false)]
    public void Takes_names_that_are_nobody_else_s(string name, bool isOne) => Assert.Equal(isOne, MarkingField.IsName(name));

    [Fact]
    public void Reads_every_field_of_the_name_as_people_see_it() => Assert.Equal(
        ["ALFA SECRET", "GEHEIM Übung"], MarkingField.Find(Scan("X-Mark: ALFA\r\n SECRET\r\nX-Marked: no\r\nx-mark: GEHEIM =?utf-8?q?=C3=9Cbung?=\r\n\r\nX-Mark: no\r\n"), "X-Mark").AsEnumerable());

    [Theory]
    [InlineData("A: 1\r\n\r\nB", "X-Mark: M\r\nA: 1\r\n\r\nB")]
    [InlineData("A: 1\r\nx-mark: a\r\n b\r\nC: 2\r\nX-MARK: c\r\n\r\nB", "A: 1\r\nX-Mark: M\r\nC: 2\r\n\r\nB")]
    public void Puts_one_in_place_of_all(string message, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(MarkingField.Replace(Octets(message), Scan(message), "X-Mark", "M").Span));

    [Fact]
    public void Takes_them_away() => Assert.Equal("A: 1\r\n\r\nB", Encoding.UTF8.GetString(MarkingField.Replace(Octets("X-Mark: a\r\nA: 1\r\nX-Mark: b\r\n\r\nB"), Scan("X-Mark: a\r\nA: 1\r\nX-Mark: b\r\n\r\nB"), "X-Mark", null).Span));

    [Theory]
    [InlineData("NORTHLAND SECRET")]
    [InlineData("GEHEIM Übung 点検")]
    [InlineData("a (b) \"c\" / d")]
    public void Reads_back_what_it_writes_in_lines_of_ascii(string text)
    {
        foreach (var marking in new[] { text, string.Join(' ', Enumerable.Repeat(text, 40)) })
        {
            var written = MarkingField.Replace(Octets("\r\n"), Scan("\r\n"), "X-Mark", marking).ToArray();
            Assert.True(Ascii.IsValid(written));
            Assert.All(Encoding.ASCII.GetString(written).Split("\r\n"), line => Assert.InRange(line.Length, 0, 998));
            Assert.Equal(marking, Assert.Single(MarkingField.Find(Scan(Encoding.ASCII.GetString(written)), "X-Mark")));
        }
    }

    private static HeaderBlock Scan(string message) => HeaderBlock.Scan(Octets(message), 100_000, 100);

    private static byte[] Octets(string text) => Encoding.UTF8.GetBytes(text);
}
