using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Mime;

/// <summary>
/// Writes MMHS fields as <see cref="MmhsReader"/> reads them back: each once, folded to 77 columns wherever a single word is not longer,
/// lines ending in CRLF, in the order of <see cref="MmhsField"/>. Stateless and thread-safe.
/// </summary>
public static class MmhsWriter
{
    private const int Width = 77;
    private const int LongestName = 256;

    // RFC 2047 §2: 75 characters, 12 of them around the base64.
    private const int EncodedOctets = 45;

    /// <summary>The fields that are there, whole; empty when there is none.</summary>
    /// <exception cref="FormatException">A value is none that its field may have; the text names the field and not the value.</exception>
    public static byte[] Write(MmhsFields fields)
    {
        var text = new StringBuilder();
        for (var i = 0; i < MmhsFieldNames.Count; i++)
        {
            var field = (MmhsField)i;
            if (Words(field, fields) is { Count: > 0 } words) Append(text, field.Name(), words);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static List<string> Words(MmhsField field, MmhsFields fields) => field switch
    {
        MmhsField.ExemptedAddress => Addresses(field, fields.ExemptedAddresses),
        MmhsField.ExtendedAuthorisationInfo => fields.ExtendedAuthorisationInfo is { } time ? [MailDate.Format(time)] : [],
        MmhsField.SubjectIndicatorCodes => Strings(field, fields.SubjectIndicatorCodes, MmhsBody.IsCode),
        MmhsField.HandlingInstructions => Strings(field, fields.HandlingInstructions, MmhsBody.IsString),
        MmhsField.MessageInstructions => Strings(field, fields.MessageInstructions, MmhsBody.IsString),
        MmhsField.CodressMessageIndicator => Number(field, fields.CodressMessageIndicator, int.MaxValue),
        MmhsField.OriginatorReference => One(field, fields.OriginatorReference),
        MmhsField.PrimaryPrecedence => Level(field, fields.PrimaryPrecedence),
        MmhsField.CopyPrecedence => Level(field, fields.CopyPrecedence),
        MmhsField.MessageType => Type(field, fields.MessageType),
        MmhsField.OtherRecipientsIndicatorTo => Strings(field, fields.OtherRecipientsTo, MmhsBody.IsString),
        MmhsField.OtherRecipientsIndicatorCc => Strings(field, fields.OtherRecipientsCc, MmhsBody.IsString),
        MmhsField.Acp127MessageIdentifier => One(field, fields.Acp127MessageIdentifier),
        MmhsField.OriginatorPlad => One(field, fields.OriginatorPlad),
        MmhsField.AuthorizingUsers => Addresses(field, fields.AuthorizingUsers),
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };

    // Words are never cut: a string has its spaces inside.
    internal static void Append(StringBuilder text, string name, List<string> words)
    {
        text.Append(name).Append(':');
        var column = name.Length + 1;
        foreach (var word in words)
        {
            if (column + 1 + word.Length > Width && column > 0)
            {
                text.Append("\r\n");
                column = 0;
            }

            text.Append(' ').Append(word);
            column += 1 + word.Length;
        }

        text.Append("\r\n");
    }

    private static List<string> Strings(MmhsField field, ImmutableArray<string> strings, Func<string, bool> isSound)
    {
        if (strings.Length > MmhsBody.MostValues || !strings.All(isSound)) throw Unsound(field);
        return [.. strings.Select((s, i) => i < strings.Length - 1 ? s + ";" : s)];
    }

    private static List<string> One(MmhsField field, string? text) => text is null ? [] : MmhsBody.IsString(text) ? [text] : throw Unsound(field);

    private static List<string> Number(MmhsField field, int? number, int highest) =>
        number is not { } value ? [] : value >= 0 && value <= highest ? [value.ToString(CultureInfo.InvariantCulture)] : throw Unsound(field);

    private static List<string> Level(MmhsField field, PrecedenceNumber? level) =>
        level is { Value: >= 0, Named: { } named } ? [named.Keyword()] : Number(field, level?.Value, PrecedenceNumber.Maximum);

    private static List<string> Type(MmhsField field, MmhsMessageType? type)
    {
        if (type is null) return [];
        var value = type.Keyword ?? Number(field, type.Value, MmhsMessageType.Maximum)[0];
        if (type.Identifier is not { } identifier) return [value];
        if (!MmhsBody.IsQuotable(identifier)) throw Unsound(field);
        // There may be a fold behind the equals sign.
        return 14 + identifier.Length < Width ? [value + ";", $"identifier=\"{identifier}\""] : [value + ";", "identifier=", $"\"{identifier}\""];
    }

    private static List<string> Addresses(MmhsField field, ImmutableArray<MmhsAddress> addresses) => Addresses(field.Name(), addresses);

    internal static List<string> Addresses(string field, ImmutableArray<MmhsAddress> addresses)
    {
        if (addresses.Length > MmhsBody.MostValues) throw Unsound(field);
        var words = new List<string>();
        for (var i = 0; i < addresses.Length; i++)
        {
            var address = addresses[i];
            if (address.Mailbox.Domain.Length is 0 || address.Mailbox.Text.AsSpan().ContainsAny('\r', '\n')) throw Unsound(field);
            var end = i < addresses.Length - 1 ? "," : "";
            if (address.Name is { } name) words.AddRange(Phrase(field, name));
            words.Add(address.Name is null ? address.Mailbox.Text + end : $"<{address.Mailbox.Text}>{end}");
        }

        return words;
    }

    private static IEnumerable<string> Phrase(string field, string name)
    {
        if (name.Length > LongestName || MmhsAddress.Normalised(name) != name || !IsText(name)) throw Unsound(field);
        if (!Ascii.IsValid(name)) return Encoded(name);
        // What looks like an encoded word is none within quotes.
        return name.Contains("=?", StringComparison.Ordinal) || !name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-/=?^_`{|}~ ".Contains(c, StringComparison.Ordinal))
            ? ('"' + name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + '"').Split(' ')
            : name.Split(' ');
    }

    private static List<string> Encoded(string name)
    {
        var words = new List<string>();
        var octets = new List<byte>();
        Span<byte> encoded = stackalloc byte[4];
        foreach (var rune in name.EnumerateRunes())
        {
            var length = rune.EncodeToUtf8(encoded);
            if (octets.Count + length > EncodedOctets) End();
            octets.AddRange(encoded[..length]);
        }

        End();
        return words;

        void End()
        {
            words.Add($"=?UTF-8?B?{Convert.ToBase64String([.. octets])}?=");
            octets.Clear();
        }
    }

    private static bool IsText(string name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (!char.IsSurrogate(name[i])) continue;
            if (i + 1 >= name.Length || !char.IsSurrogatePair(name[i], name[i + 1])) return false;
            i++;
        }

        return true;
    }

    private static FormatException Unsound(MmhsField field) => Unsound(field.Name());

    private static FormatException Unsound(string field) => new($"a value that {field} can't have");
}
