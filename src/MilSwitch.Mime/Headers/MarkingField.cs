using System.Collections.Immutable;
using System.Text;

namespace MilSwitch.Mime;

/// <summary>A header field of a chosen name with free text, such as a marking, in a raw header. Stateless and thread-safe.</summary>
public static class MarkingField
{
    private const int LongestName = 64;

    /// <summary>Fields of this name are nobody else's: it begins with <c>X-</c>, and the switch has none like it.</summary>
    public static bool IsName(string name) =>
        name.Length is > 2 and <= LongestName && name.StartsWith("X-", StringComparison.OrdinalIgnoreCase) && !name.StartsWith("X-MilSwitch", StringComparison.OrdinalIgnoreCase)
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-');

    /// <summary>What the fields say, encoded words undone (RFC 2047), in their order.</summary>
    public static ImmutableArray<string> Find(HeaderBlock header, string name)
    {
        var found = ImmutableArray.CreateBuilder<string>();
        foreach (var field in header)
        {
            if (Is(field, name)) found.Add(SubjectText.Decode(Encoding.UTF8.GetString(field.RawValue.Span).Replace("\r\n", "", StringComparison.Ordinal)));
        }

        return found.ToImmutable();
    }

    /// <summary>The message with one such field in place of all that it had, on top where it had none; the rest stays octet by octet.</summary>
    /// <param name="message">The message, or its first octets with all of the header.</param>
    /// <param name="header">Of the same octets.</param>
    /// <param name="name">Of the field.</param>
    /// <param name="text">Null: without any.</param>
    public static ReadOnlyMemory<byte> Replace(ReadOnlyMemory<byte> message, HeaderBlock header, string name, string? text) =>
        FieldReplacement.Replace(message, header, name, text is null ? [] : SubjectText.Write(name, text));

    private static bool Is(HeaderField field, string name) => Ascii.EqualsIgnoreCase(field.Name.Span, name);
}
