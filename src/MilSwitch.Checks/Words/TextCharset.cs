using System.Text;

namespace MilSwitch.Checks.Words;

/// <summary>Character sets by the names that messages use.</summary>
internal static class TextCharset
{
    /// <summary>Null: not known, so that its text can't be read.</summary>
    public static Encoding? Find(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Equals("us-ascii", StringComparison.OrdinalIgnoreCase)) return Encoding.UTF8;
        if (name.Length > 40) return null;
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
