using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>The server's text has no NUL and only what UTF-8 can say.</summary>
internal static class StoreText
{
    /// <summary>The text with U+FFFD in place of what can't be stored; nearly always the text itself.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Clean(string? text)
    {
        if (text is null || (text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0 && !text.Contains('\0', StringComparison.Ordinal))) return text;
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) clean.Append(rune.Value == 0 ? "\ufffd" : rune.ToString());
        return clean.ToString();
    }
}
