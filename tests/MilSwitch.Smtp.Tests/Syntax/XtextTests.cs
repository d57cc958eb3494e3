using System.Text;
using FsCheck.Xunit;
using MilSwitch.Smtp.Syntax;

namespace MilSwitch.Smtp.Tests.Syntax;

public sealed class XtextTests
{
    [Property]
    public void Round_trips_printable_text(byte[] octets)
    {
        var text = string.Concat(octets.Select(static octet => (char)(' ' + (octet % 95))));
        var encoded = Xtext.Encode(text);
        Assert.DoesNotContain(encoded, static c => c is <= ' ' or > '~' or '=');
        Assert.True(Xtext.TryDecode(Encoding.ASCII.GetBytes(encoded), out var decoded));
        Assert.Equal(text, decoded);
    }

    [Property(MaxTest = 5000)]
    [Trait("Threat", "S10")]
    public void Never_throws_and_never_gives_control_characters(byte[] octets)
    {
        if (Xtext.TryDecode(octets, out var decoded)) Assert.All(decoded, static c => Assert.InRange(c, ' ', '~'));
        if (Utf8AddressXtext.TryDecode(octets, allowUtf8: true, out var address)) Assert.DoesNotContain(address, static c => char.IsControl(c));
    }

    [Theory]
    [InlineData("+4")]
    [InlineData("+")]
    [InlineData("+4g")]
    [InlineData("+2b")]
    [InlineData("a=b")]
    [InlineData("a b")]
    [InlineData("+0A")]
    [InlineData("+7F")]
    [InlineData("+E4")]
    public void Refuses(string encoded) => Assert.False(Xtext.TryDecode(Encoding.Latin1.GetBytes(encoded), out _));

    [Theory]
    [InlineData("Dana@Ivory.example", "Dana@Ivory.example")]
    [InlineData("\\x{E4}@x", "ä@x")]
    [InlineData("a\\x{2B}b\\x{3D}\\x{5C}\\x{20}@x", "a+b=\\ @x")]
    [InlineData("\\x{1F600}@x", "\U0001F600@x")]
    [InlineData("ä@x", "ä@x")]
    public void Reads_utf8_addresses(string encoded, string expected)
    {
        Assert.True(Utf8AddressXtext.TryDecode(Encoding.UTF8.GetBytes(encoded), allowUtf8: true, out var decoded));
        Assert.Equal(expected, decoded);
        Assert.True(Utf8AddressXtext.TryDecode(Encoding.ASCII.GetBytes(Utf8AddressXtext.Encode(expected)), allowUtf8: false, out var again));
        Assert.Equal(expected, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a+b")]
    [InlineData("a=b")]
    [InlineData("\\x{41}")]
    [InlineData("\\x{0E4}")]
    [InlineData("\\x{e4}")]
    [InlineData("\\x{D800}")]
    [InlineData("\\x{110000}")]
    [InlineData("\\x{0A}")]
    [InlineData("\\x{}")]
    [InlineData("\\x{E4")]
    [InlineData("\\")]
    public void Refuses_utf8_addresses(string encoded) => Assert.False(Utf8AddressXtext.TryDecode(Encoding.UTF8.GetBytes(encoded), allowUtf8: true, out _));
}
