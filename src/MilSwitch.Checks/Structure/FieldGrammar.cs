using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using MilSwitch.Mime;

namespace MilSwitch.Checks.Structure;

/// <summary>Holds header fields against their grammar (RFC 5322 §2.2, §3). Pure.</summary>
internal static partial class FieldGrammar
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    // Longer ones are no date and no identifier.
    private const int LongestWord = 998;

    /// <summary>What is wrong with it, without anything of its value; null: nothing.</summary>
    public static string? Judge(string name, HeaderField field, StructureRules rules)
    {
        var value = field.RawValue.Span;
        if (field.Length > rules.LongestField) return "a header field is longer than allowed";
        if (HasLongLine(value, name.Length + 1, rules.LongestLine)) return "a line of the header is longer than allowed";
        if (value.ContainsAnyInRange((byte)0x80, (byte)0xff) && !(rules.AllowsUtf8 && Utf8.IsValid(value))) return "8-bit octets in the header";
        if (HasControl(value)) return "a control character in the header";
        if (HiddenWord().IsMatch(Encoding.Latin1.GetString(value))) return "an encoded word in a character set that hides text";
        return name.ToUpperInvariant() switch
        {
            "FROM" => JudgeAuthors(value, rules),
            "SENDER" => AddressGrammar.Count(value, groups: false) is 1 ? null : "Sender is not one mailbox",
            "TO" or "CC" or "REPLY-TO" => AddressGrammar.Count(value, groups: true) is null ? $"{name} is no list of addresses" : null,
            "BCC" => value.Trim(" \t\r\n"u8).Length > 0 && AddressGrammar.Count(value, groups: true) is null ? "Bcc is no list of addresses" : null,
            "DATE" => Matches(DateTime(), value) ? null : "Date is no date",
            "MESSAGE-ID" or "CONTENT-ID" => Matches(Identifier(), value) ? null : $"{name} is no identifier",
            _ => null,
        };
    }

    private static string? JudgeAuthors(ReadOnlySpan<byte> value, StructureRules rules) => AddressGrammar.Count(value, groups: false) switch
    {
        null or 0 => "From is no list of mailboxes",
        var count when count > rules.MostAuthors => "more mailboxes in From than allowed",
        _ => null,
    };

    private static bool Matches(Regex grammar, ReadOnlySpan<byte> value)
    {
        value = value.Trim(" \t\r\n"u8);
        return value.Length <= LongestWord && grammar.IsMatch(Encoding.UTF8.GetString(value));
    }

    private static bool HasLongLine(ReadOnlySpan<byte> value, int before, int longest)
    {
        for (var end = value.IndexOf("\r\n"u8); end >= 0; end = value.IndexOf("\r\n"u8))
        {
            if (before + end > longest) return true;
            before = 0;
            value = value[(end + 2)..];
        }

        return before + value.Length > longest;
    }

    private static bool HasControl(ReadOnlySpan<byte> value)
    {
        foreach (var octet in value)
        {
            if (octet is < 0x20 and not ((byte)'\t' or (byte)'\r' or (byte)'\n') or 0x7f) return true;
        }

        return false;
    }

    // RFC 5322 §3.3, with the zones of §4.3 that are still seen.
    [GeneratedRegex(@"^((Mon|Tue|Wed|Thu|Fri|Sat|Sun),\s*)?\d{1,2}\s+(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+\d{4}\s+\d\d:\d\d(:\d\d)?\s+([+-]\d{4}|UT|GMT|Z)(\s*\([^()]*\))?$", Options)]
    private static partial Regex DateTime();

    // RFC 5322 §3.6.4.
    [GeneratedRegex(@"^<[^<>@\s]+@[^<>@\s]+>$", Options)]
    private static partial Regex Identifier();

    // RFC 2047 §2, in a set that shows other characters than its octets.
    [GeneratedRegex(@"=\?(x-)?(unicode-1-1-)?(utf-?7|hz|utf-?16|utf-?32|ebcdic|ibm037|cp037)", Options)]
    private static partial Regex HiddenWord();
}
