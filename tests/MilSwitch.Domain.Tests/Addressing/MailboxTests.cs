using System.Text;
using FsCheck.Xunit;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Tests.Addressing;

public sealed class MailboxTests
{
    [Theory]
    [InlineData("a@b", "a", "b")]
    [InlineData("A.b@Example.MIL", "A.b", "example.mil")]
    [InlineData("\"a b\"@x", "a b", "x")]
    [InlineData("\"a\\\"b\"@x", "a\"b", "x")]
    [InlineData("a+b=c/d@x_y.z", "a+b=c/d", "x_y.z")]
    [InlineData("a@[192.0.2.1]", "a", "[192.0.2.1]")]
    [InlineData("a@[IPv6:2001:DB8::1]", "a", "[ipv6:2001:db8::1]")]
    [InlineData("a@münchen.example", "a", "xn--mnchen-3ya.example")]
    [InlineData("PostMaster", "PostMaster", "")]
    public void Reads_addresses(string text, string localPart, string domain)
    {
        Assert.True(Mailbox.TryParse(text, allowUtf8: true, out var mailbox, out _));
        Assert.Equal((text, localPart, domain), (mailbox.Text, mailbox.LocalPart, mailbox.Domain));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a@")]
    [InlineData("@b")]
    [InlineData(".a@b")]
    [InlineData("a.@b")]
    [InlineData("a..b@c")]
    [InlineData("a@b@c")]
    [InlineData("a b@c")]
    [InlineData("a@b.")]
    [InlineData("a@.b")]
    [InlineData("a@-b")]
    [InlineData("a@b-")]
    [InlineData("a@b-.c")]
    [InlineData("a@b c")]
    [InlineData("\"a@b")]
    [InlineData("\"a\"b@c")]
    [InlineData("\"a\\ä\"@c")]
    [InlineData("a@[127.1]")]
    [InlineData("a@[0x7f.0.0.1]")]
    [InlineData("a@[010.0.0.1]")]
    [InlineData("a@[256.0.0.1]")]
    [InlineData("a@[IPv6:fe80::1%eth0]")]
    [InlineData("a@[IPv6:[::1]]")]
    [InlineData("a@[::1]")]
    [InlineData("a@[IPv6:127.0.0.1]")]
    [InlineData("a@[x400:abc]")]
    [InlineData("a\r\n@b")]
    [InlineData("\"a\0\"@b")]
    [InlineData("a\u0085@b")]
    [InlineData("a\u2028@b")]
    [InlineData("a\u202e@b")]
    [InlineData("a\u200b@b")]
    [InlineData("a\uff20b@c")]
    [InlineData("a@b\u3002c")]
    [Trait("Threat", "S10")]
    [Trait("Threat", "S11")]
    public void Refuses(string text) => Assert.False(Mailbox.TryParse(text, allowUtf8: true, out _, out _));

    [Fact]
    public void Counts_octets_of_the_local_part()
    {
        Assert.True(Mailbox.TryParse(new string('a', 64) + "@b", false, out _, out _));
        Assert.False(Mailbox.TryParse(new string('a', 65) + "@b", false, out _, out var fault));
        Assert.Equal(AddressFault.LocalPartTooLong, fault);
        Assert.False(Mailbox.TryParse(new string('ä', 33) + "@b", true, out _, out _));
    }

    [Fact]
    public void Compares_decoded_local_parts_to_the_letter_and_domains_without_case()
    {
        Assert.Equal(Mailbox.Parse("\"ab\"@X"), Mailbox.Parse("ab@x"));
        Assert.NotEqual(Mailbox.Parse("AB@x"), Mailbox.Parse("ab@x"));
    }

    [Property(MaxTest = 5000)]
    public void Never_throws_and_never_lets_control_characters_in(string? text)
    {
        if (!Mailbox.TryParse(text ?? "", allowUtf8: true, out var mailbox, out _)) return;
        Assert.DoesNotContain(mailbox.Text + mailbox.Domain, static c => char.IsControl(c));
        Assert.True(Ascii.IsValid(mailbox.Domain));
        Assert.True(Mailbox.TryParse(mailbox.Text, allowUtf8: true, out var again, out _));
        Assert.Equal(mailbox, again);
    }

    [Property(MaxTest = 5000)]
    public void Never_throws_on_what_looks_like_an_address(byte[] choices)
    {
        const string Alphabet = "ab.@\"\\[]:-%! \u00e41\u00ad";
        var text = string.Concat(choices.Select(static octet => Alphabet[octet % Alphabet.Length]));
        if (Mailbox.TryParse(text, allowUtf8: true, out var mailbox, out _)) Assert.Equal(text, mailbox.Text);
    }
}
