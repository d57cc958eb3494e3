using System.Globalization;
using System.Text;

namespace MilSwitch.Smtp.Dialogues;

/// <summary>
/// What of an SMTP dialogue may be seen. It names what is shown and hides the rest: a line that is not a command as RFC 5321 and its
/// extensions write it may be a password, or part of a message whose DATA was refused, so only its length is told.
/// </summary>
internal static class DialogueText
{
    private const int Longest = 600;

    // Their arguments are envelopes, names and sizes.
    private static readonly string[] Shown = ["EHLO ", "HELO ", "LHLO ", "MAIL FROM:<", "RCPT TO:<", "BDAT ", "ETRN ", "XCLIENT "];

    private static readonly string[] Parameters = ["SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "NOTIFY", "ORCPT", "MT-PRIORITY", "BY", "HOLDFOR", "HOLDUNTIL", "REQUIRETLS", "MTRK", "AUTH"];

    private static readonly string[] Bare = ["DATA", "RSET", "NOOP", "QUIT", "STARTTLS", "HELP", "VRFY", "EXPN"];

    /// <summary>A command, without its line end.</summary>
    public static string Command(ReadOnlySpan<byte> line)
    {
        foreach (var start in Shown)
        {
            if (StartsWith(line, start) && !IsProse(line, start)) return Printable(line);
        }

        foreach (var verb in Bare)
        {
            if (!StartsWith(line, verb)) continue;
            if (line.Length == verb.Length) return verb;
            if (line[verb.Length] is (byte)' ') return verb + Hidden(line.Length - verb.Length - 1);
        }

        if (!StartsWith(line, "AUTH ")) return Hidden(line.Length).TrimStart();
        var rest = line["AUTH ".Length..];
        var end = rest.IndexOf((byte)' ');
        var mechanism = end < 0 ? rest : rest[..end];
        // A mechanism is a short word; anything else that stands there is not shown.
        var named = mechanism.Length is > 0 and <= 20 && mechanism.IndexOfAnyExcept("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8) < 0;
        return "AUTH" + (named ? " " + Encoding.ASCII.GetString(mechanism) : Hidden(mechanism.Length)) + (end < 0 ? "" : Hidden(rest.Length - end - 1));
    }

    /// <summary>A reply's line, without its line end.</summary>
    public static string Reply(ReadOnlySpan<byte> line) =>
        line.StartsWith("334 "u8) ? "334" + Hidden(line.Length - 4) : Printable(line);

    /// <summary>Says that octets were there, and how many.</summary>
    public static string Hidden(long octets) => string.Create(CultureInfo.InvariantCulture, $" <{octets} octets>");

    // A name has no spaces behind it, a path ends, numbers are numbers: the words of a letter that begin like a command are neither.
    private static bool IsProse(ReadOnlySpan<byte> line, string start)
    {
        var rest = line[start.Length..];
        return start switch
        {
            "EHLO " or "HELO " or "LHLO " or "ETRN " => rest.Trim((byte)' ').Contains((byte)' '),
            "BDAT " => rest.IsEmpty || !char.IsAsciiDigit((char)rest[0]) || rest.IndexOfAnyExcept("0123456789 LASTlast"u8) >= 0,
            "XCLIENT " => !rest.Contains((byte)'='),
            _ => !IsPath(rest),
        };
    }

    private static bool IsPath(ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'>');
        if (end < 0) return false;
        foreach (var word in rest[(end + 1)..].Split((byte)' '))
        {
            var parameter = rest[(end + 1)..][word];
            var equals = parameter.IndexOf((byte)'=');
            if (!parameter.IsEmpty && !IsParameter(equals < 0 ? parameter : parameter[..equals])) return false;
        }

        return true;
    }

    private static bool IsParameter(ReadOnlySpan<byte> name)
    {
        foreach (var known in Parameters)
        {
            if (Ascii.EqualsIgnoreCase(name, known)) return true;
        }

        return false;
    }

    private static bool StartsWith(ReadOnlySpan<byte> line, string start) => line.Length >= start.Length && Ascii.EqualsIgnoreCase(line[..start.Length], start);

    private static string Printable(ReadOnlySpan<byte> line)
    {
        var text = new StringBuilder(Math.Min(line.Length, Longest));
        foreach (var octet in line)
        {
            if (text.Length >= Longest) break;
            if (octet is >= 0x20 and < 0x7f and not (byte)'\\') text.Append((char)octet);
            else text.Append(CultureInfo.InvariantCulture, $"\\x{octet:x2}");
        }

        return text.ToString();
    }
}
