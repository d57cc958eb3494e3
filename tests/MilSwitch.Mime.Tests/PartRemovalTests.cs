using System.Text;

namespace MilSwitch.Mime.Tests;

public sealed class PartRemovalTests
{
    private const string Nested =
        "Subject: s\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\npreamble\r\n--b\r\nContent-Type: multipart/alternative; boundary=b2\r\n\r\n--b2\r\n\r\nplain\r\n"
        + "--b2\r\nContent-Type: text/html\r\n\r\nrich\r\n--b2--\r\n--b\r\nContent-Type: application/pdf\r\n\r\nannex --b\r\n--b \r\n\r\nlast\r\n--b--\r\nepilogue\r\n";

    [Fact]
    public void Leaves_out_whole_parts_and_nothing_else()
    {
        Assert.Equal(Nested.Replace("--b\r\nContent-Type: application/pdf\r\n\r\nannex --b\r\n", "", StringComparison.Ordinal), Without("1.2"));
        Assert.Equal(Nested.Replace("--b2\r\nContent-Type: text/html\r\n\r\nrich\r\n", "", StringComparison.Ordinal), Without("1.1.2"));
        Assert.Equal(Nested.Replace("--b \r\n\r\nlast\r\n", "", StringComparison.Ordinal).Replace("--b2\r\n\r\nplain\r\n", "", StringComparison.Ordinal), Without("1.3", "1.1.1"));
        Assert.Equal(Without("1.2"), Without("1.2", "1.2"));
    }

    [Theory]
    [InlineData("1.4", "there is no part 1.4")]
    [InlineData("1.2.1", "there is no part 1.2.1")]
    [InlineData("1", "'1' is no part; write 1.1, 1.2 and so on")]
    [InlineData("2.1", "'2.1' is no part; write 1.1, 1.2 and so on")]
    [InlineData("1.0", "'1.0' is no part; write 1.1, 1.2 and so on")]
    [InlineData("1.99999999999", "'1.99999999999' is no part; write 1.1, 1.2 and so on")]
    [InlineData("1.1.1 1.1.2", "without part 1.1.2 nothing would be left around it; name what is around it instead")]
    [InlineData("1.1 1.1.2", "a part and one inside of it are named")]
    public void Says_what_can_not_be_left_out(string parts, string text) =>
        Assert.Equal(text, Assert.Throws<FormatException>(() => Without(parts.Split(' '))).Message);

    [Theory]
    [InlineData("multipart/signed")]
    [InlineData("multipart/encrypted")]
    [InlineData("multipart/report")]
    public void Takes_nothing_out_of_what_has_to_stay_whole(string type) => Assert.Throws<FormatException>(
        () => PartRemoval.Remove(Octets(Nested.Replace("multipart/mixed", type, StringComparison.Ordinal)), ["1.2"]));

    [Fact]
    public void Refuses_what_readers_may_see_in_two_ways()
    {
        Assert.Throws<FormatException>(() => PartRemoval.Remove(Octets("Content-Type: text/plain\r\n" + Nested), ["1.2"]));
        Assert.Throws<FormatException>(() => PartRemoval.Remove(Octets(Nested.Replace("--b--\r\n", "", StringComparison.Ordinal)), ["1.2"]));
    }

    [Fact]
    public void Codes_take_the_place_of_codes()
    {
        const string message = "Subject: s\r\nMMHS-Subject-Indicator-Codes: AAA\r\nX: y\r\nmmhs-subject-indicator-codes: BBB\r\n\r\nMMHS-Subject-Indicator-Codes: body\r\n";
        Assert.Equal("Subject: s\r\nMMHS-Subject-Indicator-Codes: SDM; BRL\r\nX: y\r\n\r\nMMHS-Subject-Indicator-Codes: body\r\n", Coded(message, "SDM", "BRL"));
        Assert.Equal("Subject: s\r\nX: y\r\n\r\nMMHS-Subject-Indicator-Codes: body\r\n", Coded(message));
        Assert.Equal("MMHS-Subject-Indicator-Codes: SDM\r\nX: y\r\n\r\n", Coded("X: y\r\n\r\n", "SDM"));
        foreach (var bad in new[] { "AB", "ABCDEFGHI", "AB;", "A\r\nB", "ABÄ", " AB", "A\"BC" }) Assert.Throws<FormatException>(() => Coded(message, bad));
        Assert.Throws<FormatException>(() => Coded(message, [.. Enumerable.Repeat("ABC", 9)]));
    }

    [Theory]
    [InlineData("Content-Type: multipart/signed; boundary=b\r\n", true)]
    [InlineData("Content-Type:\r\n application/PKCS7-mime\r\n", true)]
    [InlineData("Content-Type: application/octet-stream; name=\"smime.p7m\"\r\n", true)]
    [InlineData("Content-Disposition: attachment; filename=smime.P7M\r\n", true)]
    [InlineData("Content-Type: text/plain\r\nContent-Type: text/plain\r\n", true)]
    [InlineData("Content-Type: multipart/mixed; boundary=b\r\n", false)]
    [InlineData("Subject: multipart/signed\r\n", false)]
    public void Knows_what_is_signed_or_encrypted(string header, bool isProtected) =>
        Assert.Equal(isProtected, ProtectedContent.Is(HeaderBlock.Scan(Octets(header + "\r\n"), int.MaxValue, int.MaxValue)));

    private static string Without(params string[] parts) => Encoding.UTF8.GetString(PartRemoval.Remove(Octets(Nested), parts).Span);

    private static string Coded(string message, params string[] codes) =>
        Encoding.UTF8.GetString(SubjectCodesField.Replace(Octets(message), HeaderBlock.Scan(Octets(message), int.MaxValue, int.MaxValue), codes).Span);

    private static byte[] Octets(string text) => Encoding.UTF8.GetBytes(text);
}
