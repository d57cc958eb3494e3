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

    /// <summary>Equal but for white space, which transport may change.</summary>
    internal static bool SameValue(string one, string other) => one.Equals(other, StringComparison.Ordinal) || Squeeze(one).Equals(Squeeze(other), StringComparison.Ordinal);

    private static string Unfold(ReadOnlySpan<byte> raw)
    {
        raw = raw.Trim(" \t\r\n"u8);
        var text = Encoding.UTF8.GetString(raw);
        return raw.ContainsAny((byte)'\r', (byte)'\n') ? text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal) : text;
    }

    private static string Squeeze(string value) => string.Join(' ', value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
}
