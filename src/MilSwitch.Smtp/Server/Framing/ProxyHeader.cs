using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MilSwitch.Smtp.Server.Commands;

namespace MilSwitch.Smtp.Server.Framing;

/// <summary>What the octets so far are.</summary>
internal enum ProxyHeaderStep : byte { More, Done, Malformed }

/// <summary>
/// The header that a proxy sends before its client's octets (HAProxy, "The PROXY protocol", versions 1 and 2). A verdict on
/// some octets stays whatever comes behind them. Never throws.
/// </summary>
internal static class ProxyHeader
{
    /// <summary>No header is longer: 16 octets, the addresses of Unix sockets (216) and room for what follows them (§2.2).</summary>
    public const int Longest = 536;

    // §2.1: with CRLF.
    private const int LongestText = 107;
    private const int BinaryStart = 16;

    private static readonly SearchValues<byte> AddressOctets = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    private static ReadOnlySpan<byte> TextSignature => "PROXY "u8;

    private static ReadOnlySpan<byte> BinarySignature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <param name="octets">From the first of the connection.</param>
    /// <param name="length">Of the header when it is done.</param>
    /// <param name="source">The client's address; null when the header does not name one, so that the connection's own counts.</param>
    public static ProxyHeaderStep Read(ReadOnlySpan<byte> octets, out int length, out IPAddress? source)
    {
        length = 0;
        source = null;
        if (Begins(octets, TextSignature)) return ReadText(octets, out length, out source);
        return Begins(octets, BinarySignature) ? ReadBinary(octets, out length, out source) : ProxyHeaderStep.Malformed;
    }

    private static bool Begins(ReadOnlySpan<byte> octets, ReadOnlySpan<byte> signature) =>
        octets.Length < signature.Length ? signature.StartsWith(octets) : octets.StartsWith(signature);

    private static ProxyHeaderStep ReadText(ReadOnlySpan<byte> octets, out int length, out IPAddress? source)
    {
        length = 0;
        source = null;
        if (octets.Length > LongestText) octets = octets[..LongestText];
        var end = octets.IndexOf((byte)'\n');
        if (end < 0) return octets.Length < LongestText ? ProxyHeaderStep.More : ProxyHeaderStep.Malformed;
        var line = octets[..end];
        // Neither CR nor LF alone ends it.
        if (line.IndexOf((byte)'\r') != end - 1) return ProxyHeaderStep.Malformed;
        if (!TryReadText(line[TextSignature.Length..^1], out source)) return ProxyHeaderStep.Malformed;
        length = end + 1;
        return ProxyHeaderStep.Done;
    }

    private static bool TryReadText(ReadOnlySpan<byte> rest, out IPAddress? source)
    {
        source = null;
        var family = Take(ref rest);
        if (family.SequenceEqual("UNKNOWN"u8)) return true;
        AddressFamily expected;
        if (family.SequenceEqual("TCP4"u8)) expected = AddressFamily.InterNetwork;
        else if (family.SequenceEqual("TCP6"u8)) expected = AddressFamily.InterNetworkV6;
        else return false;
        var from = Address(Take(ref rest), expected);
        var to = Address(Take(ref rest), expected);
        var fromPort = Take(ref rest);
        if (from is null || to is null || !IsDecimal(fromPort, ushort.MaxValue) || !IsDecimal(rest, ushort.MaxValue)) return false;
        source = from;
        return true;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest)
    {
        var space = rest.IndexOf((byte)' ');
        var word = space < 0 ? rest : rest[..space];
        rest = space < 0 ? default : rest[(space + 1)..];
        return word;
    }

    /// <summary>A numerical address in its plain form; null when it is none.</summary>
    internal static IPAddress? Address(ReadOnlySpan<byte> text, AddressFamily family)
    {
        // The platform's reader takes more than the canonical forms: short and octal IPv4, scopes, brackets.
        if (text.IsEmpty || text.IndexOfAnyExcept(AddressOctets) >= 0) return null;
        if (family is AddressFamily.InterNetwork)
        {
            var rest = text;
            var parts = 0;
            while (true)
            {
                var dot = rest.IndexOf((byte)'.');
                if (!IsDecimal(dot < 0 ? rest : rest[..dot], byte.MaxValue)) return null;
                parts++;
                if (dot < 0) break;
                rest = rest[(dot + 1)..];
            }

            if (parts is not 4) return null;
        }

        return IPAddress.TryParse(Encoding.ASCII.GetString(text), out var address) && address.AddressFamily == family ? Plain(address) : null;
    }

    // §2.1: no zero in front.
    private static bool IsDecimal(ReadOnlySpan<byte> text, int maximum) =>
        CommandText.TryNumber(text, 5, out var number) && number <= maximum && (text.Length is 1 || text[0] != '0');

    private static ProxyHeaderStep ReadBinary(ReadOnlySpan<byte> octets, out int length, out IPAddress? source)
    {
        length = 0;
        source = null;
        if (octets.Length < BinaryStart) return ProxyHeaderStep.More;
        // §2.2: version and command, family and transport, length of what follows.
        var command = octets[12] & 0x0f;
        var family = octets[13] >> 4;
        var transport = octets[13] & 0x0f;
        var further = BinaryPrimitives.ReadUInt16BigEndian(octets[14..]);
        if (octets[12] >> 4 is not 2 || command > 1 || BinaryStart + further > Longest) return ProxyHeaderStep.Malformed;
        var proxied = command is 1;
        if (proxied && (family > 3 || transport > 2)) return ProxyHeaderStep.Malformed;
        // What is no stream over IP is taken as unspecified, as §2.2 allows.
        var octetsOfAddress = proxied && transport is 1 ? family switch { 1 => 4, 2 => 16, _ => 0 } : 0;
        if (octetsOfAddress > 0 && further < 2 * (octetsOfAddress + sizeof(ushort))) return ProxyHeaderStep.Malformed;
        if (octets.Length < BinaryStart + further) return ProxyHeaderStep.More;
        length = BinaryStart + further;
        if (octetsOfAddress > 0) source = Plain(new IPAddress(octets.Slice(BinaryStart, octetsOfAddress)));
        return ProxyHeaderStep.Done;
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
