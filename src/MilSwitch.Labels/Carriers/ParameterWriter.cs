using System.Globalization;
using System.Text;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// Writes parameters, each on lines of its own of at most 78 characters (RFC 5322 §2.1.1), in sections where one line is too short and percent
/// encoded where characters are not those of ASCII (RFC 2231). Whatever a value is, it can't end its string, line or field.
/// </summary>
internal sealed class ParameterWriter
{
    private const int Line = 78;
    private const string Fold = "\r\n    ";

    private readonly StringBuilder text = new();

    // Of the fold, the semicolon and, on the first line, the field's name.
    private readonly int reserved;

    /// <param name="fieldName">Stands before the first line.</param>
    public ParameterWriter(string fieldName) => reserved = Math.Max(fieldName.Length + ": ".Length, Fold.Length - 2) + 1;

    public void Add(string name, string? value)
    {
        if (value is null) return;
        if (value.Any(c => char.IsControl(c) || c is '\uFFFD')) throw new LabelRefusedException(LabelFault.Malformed, "a value has a character that no field has");
        if (Ascii.IsValid(value)) AddQuoted(name, value);
        else AddEncoded(name, value);
    }

    /// <summary>A value that is a token.</summary>
    public void AddToken(string name, string? value)
    {
        if (value is not null) Append(name + "=" + value);
    }

    public override string ToString() => text.ToString();

    private void AddQuoted(string name, string value)
    {
        var whole = $"{name}=\"{Quoted(value)}\"";
        if (whole.Length + reserved <= Line)
        {
            Append(whole);
            return;
        }

        var section = 0;
        for (var i = 0; i < value.Length; section++)
        {
            var prefix = $"{name}*{section.ToString(CultureInfo.InvariantCulture)}=\"";
            var room = Line - reserved - prefix.Length - 1;
            var part = new StringBuilder(room);
            for (; i < value.Length; i++)
            {
                var escaped = value[i] is '"' or '\\';
                if (part.Length + (escaped ? 2 : 1) > room) break;
                if (escaped) part.Append('\\');
                part.Append(value[i]);
            }

            Append($"{prefix}{part}\"");
        }
    }

    private void AddEncoded(string name, string value)
    {
        var pieces = new List<string>();
        foreach (var rune in value.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar) throw new LabelRefusedException(LabelFault.Malformed, "a value has a character that no field has");
            pieces.Add(Encoded(rune));
        }

        var whole = $"{name}*=utf-8''{string.Concat(pieces)}";
        if (whole.Length + reserved <= Line)
        {
            Append(whole);
            return;
        }

        var section = 0;
        for (var i = 0; i < pieces.Count; section++)
        {
            var part = new StringBuilder($"{name}*{section.ToString(CultureInfo.InvariantCulture)}*={(section is 0 ? "utf-8''" : "")}");
            // One character at least, so that it ends.
            do part.Append(pieces[i++]);
            while (i < pieces.Count && part.Length + pieces[i].Length + reserved <= Line);
            Append(part.ToString());
        }
    }

    private void Append(string parameter)
    {
        if (text.Length > 0) text.Append(';').Append(Fold);
        text.Append(parameter);
    }

    private static string Quoted(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string Encoded(Rune rune)
    {
        if (rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value is '-' or '.' or '_')) return rune.ToString();
        Span<byte> octets = stackalloc byte[4];
        var text = new StringBuilder(12);
        foreach (var octet in octets[..rune.EncodeToUtf8(octets)]) text.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
        return text.ToString();
    }
}
