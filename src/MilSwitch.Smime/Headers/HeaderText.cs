using System.Text;
using MilSwitch.Mime;

namespace MilSwitch.Smime.Headers;

/// <summary>A field as text: folds undone (RFC 5322 §2.2.3), nothing decoded.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Value">Without surrounding white space.</param>
public readonly record struct HeaderText(string Name, string Value)
{
    /// <summary>All fields in their order.</summary>
    public static List<HeaderText> Read(HeaderBlock header)
    {
        var fields = new List<HeaderText>(header.Count);
        foreach (var field in header) fields.Add(Of(field));
        return fields;
    }

    internal static HeaderText Of(HeaderField field) => new(
        Encoding.ASCII.GetString(field.Name.Span),
        Unfold(field.RawValue.Span));

    internal bool IsNamed(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Equal but for white space, which transport may change; in a quoted string it is part of the value (RFC 5322 §3.2.4).</summary>
    internal static bool SameValue(string one, string other) => one.Equals(other, StringComparison.Ordinal) || Squeeze(one).Equals(Squeeze(other), StringComparison.Ordinal);

    private static string Unfold(ReadOnlySpan<byte> raw)
    {
        raw = raw.Trim(" \t\r\n"u8);
        var text = Encoding.UTF8.GetString(raw);
        return raw.ContainsAny((byte)'\r', (byte)'\n') ? text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal) : text;
    }

    private static string Squeeze(string value)
    {
        var made = new StringBuilder(value.Length);
        var (isQuoted, depth, space) = (false, 0, false);
        // Where a quoted string or a comment begins that may have no end.
        var (from, to) = (0, 0);
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (!isQuoted && c is ' ' or '\t')
            {
                space = true;
                continue;
            }

            if (space && made.Length > 0) made.Append(' ');
            space = false;
            switch (c)
            {
                case '"' when depth is 0:
                    if (!isQuoted) (from, to) = (i, made.Length);
                    isQuoted = !isQuoted;
                    break;
                case '(' when !isQuoted:
                    if (depth++ is 0) (from, to) = (i, made.Length);
                    break;
                case ')' when depth > 0:
                    depth--;
                    break;
                case '\\' when (isQuoted || depth > 0) && i + 1 < value.Length:
                    made.Append(c);
                    c = value[++i];
                    break;
            }

            made.Append(c);
        }

        // What has no end is compared as it is: where it should end nobody knows.
        if (isQuoted || depth > 0) made.Remove(to, made.Length - to).Append(value, from, value.Length - from);
        return made.ToString();
    }
}
