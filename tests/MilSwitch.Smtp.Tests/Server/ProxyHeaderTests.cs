using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using MilSwitch.Smtp.Server.Framing;

namespace MilSwitch.Smtp.Tests.Server;

[Trait("Feature", "A-19")]
public sealed class ProxyHeaderTests
{
    internal const string Signature = "\r\n\r\n\0\r\nQUIT\n";

    private static readonly string[] Pieces =
    [
        "PROXY ", "TCP4 ", "TCP6 ", "UNKNOWN", "192.0.2.9 ", "2001:db8::9 ", "25", " ", "\r\n", "\r", "\n", Signature, "!\x11\0\x0c", "!!\0\x24", " \0\0\0", "!\0\0\x05",
        "aaaa", "\0\0\0\0\0\0\0\0\0\0\0\0", "x", "\xff\xff", "EHLO a\r\n",
    ];

    private static (ProxyHeaderStep Step, int Length, IPAddress? Source) Read(string latin1)
    {
        var step = ProxyHeader.Read(Encoding.Latin1.GetBytes(latin1), out var length, out var source);
        return (step, length, source);
    }

    private static string Text(int[] choices) => string.Concat(choices.Select(static choice => Pieces[(int)((uint)choice % (uint)Pieces.Length)]));

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.9 198.51.100.1 56324 25\r\n", "192.0.2.9")]
    [InlineData("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255")]
    [InlineData("PROXY TCP6 2001:db8::9 2001:DB8::1 0 25\r\n", "2001:db8::9")]
    [InlineData("PROXY TCP6 ::ffff:192.0.2.9 ::ffff:192.0.2.1 1 25\r\n", "192.0.2.9")]
    [InlineData("PROXY UNKNOWN\r\n", null)]
    [InlineData("PROXY UNKNOWN anything at all\r\n", null)]
    [InlineData(Signature + "!\x11\0\x0c\xc0\0\x02\x09\xc6\x33\x64\x01\x12\x34\0\x19", "192.0.2.9")]
    [InlineData(Signature + "!\x11\0\x10\xc0\0\x02\x09\xc6\x33\x64\x01\x12\x34\0\x19\x02\0\x01x", "192.0.2.9")]
    [InlineData(Signature + "!!\0\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x12\x34\0\x19", "2001:db8::9")]
    [InlineData(Signature + " \0\0\0", null)]
    [InlineData(Signature + " \x11\0\x0c\xc0\0\x02\x09\xc6\x33\x64\x01\x12\x34\0\x19", null)]
    [InlineData(Signature + " \xff\0\x01x", null)]
    [InlineData(Signature + "!\0\0\u0003abc", null)]
    [InlineData(Signature + "!\x12\0\x0c\xc0\0\x02\x09\xc6\x33\x64\x01\x12\x34\0\x19", null)]
    public void Takes_the_address_and_nothing_behind_the_header(string header, string? source)
    {
        Assert.Equal((ProxyHeaderStep.Done, header.Length, source is null ? null : IPAddress.Parse(source)), Read(header));
        Assert.Equal((ProxyHeaderStep.Done, header.Length, source is null ? null : IPAddress.Parse(source)), Read(header + "EHLO a\r\n"));
        for (var cut = 0; cut < header.Length; cut++) Assert.Equal((ProxyHeaderStep.More, 0, null), Read(header[..cut]));
    }

    [Theory]
    [InlineData("EHLO a\r\n")]
    [InlineData("proxy TCP4 192.0.2.9 198.51.100.1 1 25\r\n")]
    [InlineData("PROXY  TCP4 192.0.2.9 198.51.100.1 1 25\r\n")]
    [InlineData("PROXY TCP4 192.0.2.9 198.51.100.1 1 25\n")]
    [InlineData("PROXY TCP4 192.0.2.9 198.51.100.1 1\r25\r\n")]
    [InlineData("PROXY TCP4 192.0.2.9 198.51.100.1 1 25 \r\n")]
    [InlineData("PROXY TCP4 192.0.2.9 198.51.100.1 1\r\n")]
    [InlineData("PROXY TCP4 192.0.2.9 198.51.100.1 01 25\r\n")]
    [InlineData("PROXY TCP4 192.0.2.9 198.51.100.1 1 65536\r\n")]
    [InlineData("PROXY TCP4 192.0.2.09 198.51.100.1 1 25\r\n")]
    [InlineData("PROXY TCP4 192.0.2 198.51.100.1 1 25\r\n")]
    [InlineData("PROXY TCP4 192.0.2.256 198.51.100.1 1 25\r\n")]
    [InlineData("PROXY TCP4 2001:db8::9 2001:db8::1 1 25\r\n")]
    [InlineData("PROXY TCP6 192.0.2.9 198.51.100.1 1 25\r\n")]
    [InlineData("PROXY TCP6 fe80::1%1 2001:db8::1 1 25\r\n")]
    [InlineData("PROXY TCP6 2001:db8::9 [2001:db8::1] 1 25\r\n")]
    [InlineData("PROXY UDP4 192.0.2.9 198.51.100.1 1 25\r\n")]
    [InlineData("PROXY UNKNOWNS\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData(Signature + "\x11\x11\0\x0c")]
    [InlineData(Signature + "\x22\x11\0\x0c")]
    [InlineData(Signature + "!\x41\0\x0c")]
    [InlineData(Signature + "!\x13\0\x0c")]
    [InlineData(Signature + "!\x11\0\x0b")]
    [InlineData(Signature + "!!\0\x23")]
    [InlineData(Signature + "!\x11\x02\x09")]
    [InlineData(Signature + " \0\xff\xff")]
    public void Refuses_what_is_no_header(string octets) => Assert.Equal((ProxyHeaderStep.Malformed, 0, null), Read(octets));

    [Fact]
    [Trait("Threat", "F5")]
    public void Waits_for_no_more_octets_than_a_header_has()
    {
        Assert.Equal(ProxyHeaderStep.More, Read("PROXY UNKNOWN ".PadRight(106, 'x')).Step);
        Assert.Equal(ProxyHeaderStep.Malformed, Read("PROXY UNKNOWN ".PadRight(107, 'x')).Step);
        Assert.Equal(ProxyHeaderStep.Done, Read("PROXY UNKNOWN ".PadRight(105, 'x') + "\r\n").Step);
        Assert.Equal(ProxyHeaderStep.Malformed, Read("PROXY UNKNOWN ".PadRight(106, 'x') + "\r\n").Step);
        Assert.Equal(ProxyHeaderStep.More, Read((Signature + "!\x11\x02\x08").PadRight(535, 'x')).Step);
        Assert.Equal((ProxyHeaderStep.Done, 536), (Read((Signature + "!\x11\x02\x08").PadRight(536, 'x')).Step, Read((Signature + "!\x11\x02\x08").PadRight(600, 'x')).Length));
    }

    [Property(MaxTest = 5000)]
    public void Every_cut_of_the_stream_gives_the_same(int[] choices, bool binary)
    {
        var stream = (binary ? Signature : "PROXY ") + Text(choices);
        var whole = Read(stream);
        var decided = false;
        for (var cut = 0; cut <= stream.Length; cut++)
        {
            var part = Read(stream[..cut]);
            decided |= part.Step is not ProxyHeaderStep.More;
            Assert.Equal(decided ? whole : (ProxyHeaderStep.More, 0, null), part);
        }
    }

    [Property(MaxTest = 5000)]
    public void Never_throws(byte[] octets, bool binary)
    {
        var stream = (binary ? Signature : "PROXY TCP6 ") + Encoding.Latin1.GetString(octets);
        Assert.True(Read(stream).Length <= stream.Length);
        Read(Encoding.Latin1.GetString(octets));
    }
}
