using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MilSwitch.Domain.Addressing;

/// <summary>
/// An address of RFC 5321 §4.1.2, extended by RFC 6531 §3.3. Two mailboxes are equal when their decoded local parts are
/// equal to the letter and their canonical domains are equal; addresses that differ in the case of the local part differ.
/// </summary>
public sealed record Mailbox
{
    /// <summary>RFC 5321 §4.5.3.1.1.</summary>
    public const int MaximumLocalPartOctets = 64;

    /// <summary>RFC 5321 §4.5.3.1.2.</summary>
    public const int MaximumDomainOctets = 255;

    private Mailbox(string text, string localPart, string domain)
    {
        Text = text;
        LocalPart = localPart;
        Domain = domain;
    }

    /// <summary>The address as it was received, without angle brackets: what is sent to the next hop.</summary>
    public string Text { get; }

    /// <summary>The local part with quoting undone.</summary>
    public string LocalPart { get; }

    /// <summary>Lower case, internationalised names as A-labels, address literals in brackets; empty for <c>Postmaster</c>.</summary>
    public string Domain { get; }

    /// <summary>Any part holds a character outside ASCII, so the next hop must offer SMTPUTF8.</summary>
    public bool NeedsUtf8 => !Ascii.IsValid(Text);

    public bool Equals(Mailbox? other) =>
        other is not null && string.Equals(LocalPart, other.LocalPart, StringComparison.Ordinal)
        && string.Equals(Domain, other.Domain, StringComparison.Ordinal);

    public override int GetHashCode() => HashCode.Combine(LocalPart, Domain);

    public override string ToString() => Text;

    /// <summary>Reads an address that the operator or the configuration wrote; throws <see cref="FormatException"/>.</summary>
    public static Mailbox Parse(string text) => TryParse(text, allowUtf8: true, out var mailbox, out var fault)
        ? mailbox
        : throw new FormatException($"'{text}' is not a mail address: {fault}");

    /// <summary>
    /// Reads <c>local-part@domain</c>, without angle brackets. Never throws.
    /// </summary>
    /// <param name="text">What stood between the brackets.</param>
    /// <param name="allowUtf8">Characters outside ASCII are allowed: the client said SMTPUTF8.</param>
    /// <param name="mailbox">The address, when the result is true.</param>
    /// <param name="fault">Why not, when the result is false.</param>
    public static bool TryParse(string text, bool allowUtf8, [NotNullWhen(true)] out Mailbox? mailbox, out AddressFault fault)
    {
        mailbox = null;
        if (text.Length is 0) return Fail(AddressFault.Empty, out fault);
        foreach (var c in text)
        {
            if (c < 0x20 || c == 0x7f || (c >= 0x80 && IsForbiddenBeyondAscii(c))) return Fail(AddressFault.ForbiddenCharacter, out fault);
            if (c >= 0x80 && !allowUtf8) return Fail(AddressFault.NeedsSmtpUtf8, out fault);
        }

        if (string.Equals(text, "postmaster", StringComparison.OrdinalIgnoreCase))
        {
            fault = AddressFault.None;
            mailbox = new Mailbox(text, text, "");
            return true;
        }

        if (!TryReadLocalPart(text, out var localPart, out var at)) return Fail(AddressFault.LocalPartSyntax, out fault);
        if (at >= text.Length || text[at] != '@') return Fail(AddressFault.NoDomain, out fault);
        // RFC 5321 §4.5.3.1.1 counts octets.
        if (Encoding.UTF8.GetByteCount(text.AsSpan(0, at)) > MaximumLocalPartOctets) return Fail(AddressFault.LocalPartTooLong, out fault);
        if (!TryReadDomain(text[(at + 1)..], out var domain)) return Fail(AddressFault.DomainSyntax, out fault);
        fault = AddressFault.None;
        mailbox = new Mailbox(text, localPart, domain);
        return true;
    }

    /// <summary>Canonical form of a domain name as it is used in routing tables: lower case, A-labels, no trailing dot.</summary>
    public static bool TryReadDomain(string text, out string domain)
    {
        domain = "";
        if (text.Length is 0 or > MaximumDomainOctets) return false;
        if (text[0] == '[') return TryReadLiteral(text, out domain);
        var canonical = text;
        if (!Ascii.IsValid(text))
        {
            try
            {
                canonical = new IdnMapping { UseStd3AsciiRules = true }.GetAscii(text);
            }
            catch (ArgumentException)
            {
                return false;
            }
        }

        canonical = canonical.ToLowerInvariant();
        if (canonical.Length > MaximumDomainOctets) return false;
        var label = 0;
        for (var i = 0; i < canonical.Length; i++)
        {
            var c = canonical[i];
            if (c == '.')
            {
                if (label is 0 || canonical[i - 1] == '-') return false;
                label = 0;
                continue;
            }

            // Underscores are not in RFC 5321's grammar, but field names of real hosts have them.
            if (!char.IsAsciiLetterOrDigit(c) && c != '_' && (c != '-' || label is 0)) return false;
            if (++label > 63) return false;
        }

        if (label is 0 || canonical[^1] == '-') return false;
        domain = canonical;
        return true;
    }

    private static bool Fail(AddressFault because, out AddressFault fault)
    {
        fault = because;
        return false;
    }

    // RFC 5321 §4.1.2: Dot-string or Quoted-string.
    private static bool TryReadLocalPart(string text, out string localPart, out int end)
    {
        localPart = "";
        end = 0;
        if (text[0] == '"') return TryReadQuoted(text, out localPart, out end);
        var atom = 0;
        while (end < text.Length && text[end] != '@')
        {
            var c = text[end];
            if (c == '.')
            {
                if (atom is 0) return false;
                atom = 0;
            }
            else if (IsAtext(c)) atom++;
            else return false;
            end++;
        }

        if (atom is 0) return false;
        localPart = text[..end];
        return true;
    }

    private static bool TryReadQuoted(string text, out string localPart, out int end)
    {
        localPart = "";
        var decoded = new StringBuilder();
        for (end = 1; end < text.Length; end++)
        {
            var c = text[end];
            if (c == '"')
            {
                end++;
                localPart = decoded.ToString();
                return localPart.Length > 0;
            }

            // quoted-pairSMTP escapes ASCII only; RFC 6531 §3.3 did not widen it.
            if (c == '\\' && (++end == text.Length || text[end] >= 0x7f)) return false;
            decoded.Append(text[end]);
        }

        return false;
    }

    // RFC 5321 §4.1.3: [192.0.2.1] or [IPv6:2001:db8::1].
    private static bool TryReadLiteral(string text, out string domain)
    {
        domain = "";
        if (text.Length < 3 || text[^1] != ']') return false;
        var inner = text[1..^1];
        var v6 = inner.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase);
        if (v6) inner = inner[5..];
        // IPAddress reads more than the grammar: scopes, brackets, octal and hexadecimal numbers, fewer than four of them.
        if (inner.AsSpan().ContainsAnyExcept(v6 ? "0123456789abcdefABCDEF:." : "0123456789.")) return false;
        if (!IPAddress.TryParse(inner, out var address)) return false;
        if (address.AddressFamily != (v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork)) return false;
        // A leading zero means octal to some and nothing to others: one address must not be two.
        if (!v6 && address.ToString() != inner) return false;
        domain = v6 ? $"[ipv6:{address}]" : $"[{address}]";
        return true;
    }

    private static bool IsAtext(char c) =>
        char.IsAsciiLetterOrDigit(c) || c >= 0x80 || "!#$%&'*+-/=?^_`{|}~".Contains(c, StringComparison.Ordinal);

    // Line and paragraph separators, NEL, bidirectional controls, zero-width and full-width look-alikes of '@' and '.':
    // they make one address look like another, or end a line where nobody expects it.
    private static bool IsForbiddenBeyondAscii(char c) => c switch
    {
        <= '\u009f' => true,
        '\u00ad' or '\u061c' or '\u180e' or '\ufeff' => true,
        >= '\u200b' and <= '\u200f' => true,
        >= '\u2028' and <= '\u202e' => true,
        >= '\u2060' and <= '\u206f' => true,
        '\u3002' or '\uff0e' or '\uff20' or '\uff61' or '\ufe52' or '\ufe6b' => true,
        '\ufffd' or '\uffff' => true,
        _ => false,
    };
}

public enum AddressFault : byte
{
    None, Empty, ForbiddenCharacter, NeedsSmtpUtf8, LocalPartSyntax, LocalPartTooLong, NoDomain, DomainSyntax,
}
