using System.Text;

namespace MilSwitch.Mime.Tests;

public sealed class SignatureRoleFieldTests
{
    [Theory]
    [InlineData("Subject: x\r\nX-MilSwitch-Signature-Role: domain\r\nx-milswitch-signature-role:\r\n originator\r\n\r\nX-MilSwitch-Signature-Role: text\r\n", "Subject: x\r\n\r\nX-MilSwitch-Signature-Role: text\r\n")]
    [InlineData("Subject: x\r\n\r\n", null)]
    [Trait("Feature", "K-01")]
    public void Takes_every_claim_of_others_away(string message, string? expected)
    {
        var octets = Encoding.ASCII.GetBytes(message);
        Assert.Equal(expected, SignatureRoleField.Remove(octets, HeaderBlock.Scan(octets, 1_000, 10)) is { } kept ? Encoding.ASCII.GetString(kept) : null);
    }

    [Fact]
    public void Writes_the_roles_that_there_are()
    {
        Assert.Equal("X-MilSwitch-Signature-Role: review\r\n", Encoding.ASCII.GetString(SignatureRoleField.Write("review")));
        Assert.Throws<ArgumentOutOfRangeException>(() => SignatureRoleField.Write("general\r\nX: y"));
    }
}
