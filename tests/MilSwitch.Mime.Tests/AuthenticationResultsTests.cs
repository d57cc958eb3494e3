using System.Text;

namespace MilSwitch.Mime.Tests;

public sealed class AuthenticationResultsTests
{
    [Theory]
    [InlineData(" switch.test; smime=pass")]
    [InlineData(" Switch.TEST; smime=pass")]
    [InlineData(" switch.test. ; smime=pass")]
    [InlineData("switch.test")]
    [InlineData(" (a (nested) comment) \"switch.test\" 1; none")]
    [InlineData("\r\n\tswitch.test;\r\n\tsmime=pass")]
    [InlineData(" \"sw\\itch.test\"; smime=pass")]
    [InlineData(" switch.test(comment); smime=pass")]
    [InlineData(" switch.test 2; smime=pass")]
    // A version nobody knows, and no name at all.
    [InlineData(" other.test 2; smime=pass")]
    [InlineData(" other.test x; smime=pass")]
    [InlineData("")]
    [InlineData(" ; smime=pass")]
    [InlineData(" (never closed switch.test; smime=pass")]
    [InlineData(" \"never closed; smime=pass")]
    [Trait("Threat", "M3")]
    public void Removes_what_only_we_may_say(string value)
    {
        var rest = "Subject: x\r\n\r\nAuthentication-Results: switch.test; body\r\n";
        Assert.Equal(rest, Remove($"authentication-results:{value}\r\n{rest}"));
    }

    [Theory]
    [InlineData(" other.test; smime=pass")]
    [InlineData(" other.test 1; smime=pass")]
    [InlineData(" switch.test.other; smime=pass")]
    [InlineData(" other.test; smime=pass (switch.test)")]
    [InlineData(" (switch.test) other.test (x); none")]
    public void Leaves_what_others_say(string value) => Assert.Null(Remove($"Authentication-Results:{value}\r\nX-Authentication-Results: switch.test; x=y\r\n\r\n"));

    [Fact]
    public void Removes_several_and_leaves_every_other_octet()
    {
        Assert.Equal(
            "A: 1\r\nB: 2\r\n 3\r\n\r\nbody",
            Remove("Authentication-Results: switch.test; none\r\nA: 1\r\nAuthentication-Results: switch.test;\r\n x=y\r\nB: 2\r\n 3\r\nAuthentication-Results: switch.test\r\n\r\nbody"));
    }

    [Fact]
    public void Writes_a_field_that_others_read()
    {
        var field = Write("switch.test", "fail", "certificate is revoked", ("body.smime-identifier", "aliceDss@example.com"), ("body.smime-part", "2"));
        Assert.Equal(
            "Authentication-Results: switch.test; smime=fail\r\n\treason=\"certificate is revoked\" body.smime-identifier=aliceDss@example.com\r\n\tbody.smime-part=2\r\n", field);
        Assert.True(AuthenticationResults.Claims(Encoding.ASCII.GetBytes(field["Authentication-Results:".Length..]), "switch.test"));
    }

    [Theory]
    [InlineData("x\r\nBcc: all@everywhere.test")]
    [InlineData("a\"; dkim=pass; x=\"")]
    [InlineData("\\")]
    [InlineData("\u0000\u202e")]
    [Trait("Threat", "S10")]
    public void What_is_hostile_can_not_end_the_field_or_its_string(string hostile)
    {
        var field = Write("switch.test", "pass", hostile, ("body.smime-issuer", hostile));
        var header = HeaderBlock.Scan(Encoding.UTF8.GetBytes(field + "\r\n"), 4096, 10);
        Assert.Equal((1, HeaderFault.None), (header.Count, header.Fault));
        var unescaped = field.Replace("\\\\", "", StringComparison.Ordinal).Replace("\\\"", "", StringComparison.Ordinal);
        Assert.Equal(4, unescaped.Count(c => c == '"'));
    }

    private static string Write(string id, string result, string reason, params (string, string)[] properties) =>
        Encoding.UTF8.GetString(AuthenticationResults.Write(id, "smime", result, reason, properties));

    private static string? Remove(string message)
    {
        var octets = Encoding.ASCII.GetBytes(message);
        return AuthenticationResults.Remove(octets, HeaderBlock.Scan(octets, 65_536, 100), "switch.test") is { } kept ? Encoding.ASCII.GetString(kept) : null;
    }
}
