using System.Net;
using System.Net.Sockets;
using System.Text;
using MilSwitch.Smtp.Server.Framing;
using MilSwitch.Smtp.Syntax;

namespace MilSwitch.Smtp.Server.Commands;

/// <summary>
/// What XCLIENT says of a client (Postfix, XCLIENT_README). NAME, PORT, DESTADDR and DESTPORT are read and not used: nothing
/// in the switch depends on them, but proxies send them unasked.
/// </summary>
/// <param name="Address">Null: not said. The unspecified address of IPv4: it is not known.</param>
/// <param name="Helo">Null: not said, or not known.</param>
/// <param name="Extended">The client said EHLO.</param>
/// <param name="Login">Null: not said, or nobody.</param>
internal sealed record ClientAttributes(IPAddress? Address, string? Helo, bool Extended, string? Login)
{
    /// <summary>The attributes in the EHLO reply.</summary>
    public const string Offered = "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

    private const int LongestValue = 255;

    private static readonly string[] Names = Offered.Split(' ');

    private static ReadOnlySpan<byte> IPv6Prefix => "IPV6:"u8;

    /// <summary>Null: the attributes are not understood, or there are none. Never throws.</summary>
    public static ClientAttributes? Read(ReadOnlySpan<byte> argument)
    {
        var attributes = new ClientAttributes(null, null, false, null);
        var seen = 0;
        while (CommandText.TryTakeParameter(ref argument, out var keyword, out var encoded, out _))
        {
            var which = Find(keyword);
            if (which < 0 || (seen & (1 << which)) != 0 || !Xtext.TryDecode(encoded, out var value) || value.Length is 0 or > LongestValue) return null;
            seen |= 1 << which;
            if (attributes.With(Names[which], value) is not { } next) return null;
            attributes = next;
        }

        return seen is 0 ? null : attributes;
    }

    private static int Find(ReadOnlySpan<byte> keyword)
    {
        for (var i = 0; i < Names.Length; i++)
            if (Ascii.EqualsIgnoreCase(keyword, Names[i])) return i;
        return -1;
    }

    private ClientAttributes? With(string name, string value)
    {
        var unavailable = value.Equals("[UNAVAILABLE]", StringComparison.OrdinalIgnoreCase);
        var octets = Encoding.ASCII.GetBytes(value);
        switch (name)
        {
            case "ADDR":
                return (unavailable ? IPAddress.Any : ReadAddress(octets)) is { } address ? this with { Address = address } : null;
            case "HELO":
                if (unavailable) return this;
                return SmtpSession.IsHostName(octets) ? this with { Helo = value } : null;
            case "PROTO":
                var extended = value.Equals("ESMTP", StringComparison.OrdinalIgnoreCase);
                return extended || value.Equals("SMTP", StringComparison.OrdinalIgnoreCase) ? this with { Extended = extended } : null;
            case "LOGIN":
                return unavailable ? this : this with { Login = value };
            case "NAME":
                return unavailable || value.Equals("[TEMPUNAVAIL]", StringComparison.OrdinalIgnoreCase) || SmtpSession.IsHostName(octets) ? this : null;
            case "DESTADDR":
                return unavailable || ReadAddress(octets) is not null ? this : null;
            default:
                return unavailable || (CommandText.TryNumber(octets, 5, out var port) && port <= ushort.MaxValue) ? this : null;
        }
    }

    private static IPAddress? ReadAddress(ReadOnlySpan<byte> text) =>
        text.Length > IPv6Prefix.Length && Ascii.EqualsIgnoreCase(text[..IPv6Prefix.Length], IPv6Prefix)
            ? ProxyHeader.Address(text[IPv6Prefix.Length..], AddressFamily.InterNetworkV6)
            : ProxyHeader.Address(text, AddressFamily.InterNetwork);
}
