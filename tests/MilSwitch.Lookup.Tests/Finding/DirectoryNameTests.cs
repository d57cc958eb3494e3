using System.Text;
using FsCheck;
using FsCheck.Xunit;
using MilSwitch.Lookup.Finding.Directories;

namespace MilSwitch.Lookup.Tests.Finding;

/// <summary>Names of entries as strangers write them (RFC 4514 §3).</summary>
[Trait("Threat", "F29")]
public sealed class DirectoryNameTests
{
    [Theory]
    [InlineData("cn=Alice,dc=example", null)]
    [InlineData("CN=Steve Kille, O=Isode Limited, C=GB", null)]
    [InlineData("OU=Sales+CN=J.  Smith,DC=example,DC=net", null)]
    [InlineData(@"CN=James \""Jim\"" Smith\, III,DC=example", null)]
    [InlineData(@"CN=Before\0dAfter,DC=example", null)]
    [InlineData("1.3.6.1.4.1.1466.0=#04024869", null)]
    [InlineData("cn=Größe,dc=example", null)]
    [InlineData("cn=,dc=example", null)]
    [InlineData("cn=Alice,dc=example#'0101'B", "cn=Alice,dc=example")]
    [InlineData("cn=Alice,dc=example#''B", "cn=Alice,dc=example")]
    public void Takes_what_is_one(string text, string? name)
    {
        Assert.True(DirectoryName.TryRead(Encoding.UTF8.GetBytes(text), out var read));
        Assert.Equal(name ?? text, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Alice")]
    [InlineData("alice@unit.example")]
    [InlineData("=Alice")]
    [InlineData("cn=Alice,")]
    [InlineData("cn=Alice,,dc=example")]
    [InlineData("cn=Alice;dc=example")]
    [InlineData("cn=<Alice>")]
    [InlineData("cn=Alice\\")]
    [InlineData("cn=Alice\\0")]
    [InlineData("cn=#0")]
    [InlineData("cn=#04Z2")]
    [InlineData("1..2=x")]
    [InlineData(".1=x")]
    [InlineData("cn.1=x")]
    [InlineData("cn=a\nb")]
    [InlineData("ldap://dir.example/cn=Alice")]
    public void Refuses_what_is_none(string text) => Assert.False(DirectoryName.TryRead(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Refuses_what_is_no_text_or_too_long()
    {
        Assert.False(DirectoryName.TryRead([(byte)'c', (byte)'=', 0xff], out _));
        Assert.True(DirectoryName.TryRead(Encoding.UTF8.GetBytes("cn=" + new string('a', DirectoryName.Longest - 3)), out _));
        Assert.False(DirectoryName.TryRead(Encoding.UTF8.GetBytes("cn=" + new string('a', DirectoryName.Longest - 2)), out _));
    }

    [Property(MaxTest = 500)]
    public void Never_throws_and_shows_nothing_that_moves_a_cursor(byte[] octets)
    {
        DirectoryName.TryRead(octets, out _);
        Assert.DoesNotContain(DirectoryName.Show(Encoding.UTF8.GetString(octets)), char.IsControl);
    }
}
