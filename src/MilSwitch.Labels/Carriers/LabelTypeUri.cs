using System.Buffers;

namespace MilSwitch.Labels.Carriers;

/// <summary>A URI as the type of a label (RFC 7444 §4, RFC 3986 §3). It is compared, and never opened.</summary>
internal static class LabelTypeUri
{
    private static readonly SearchValues<char> Scheme = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    private static readonly SearchValues<char> Characters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?#[]@!$&'()*+,;=%");

    public static bool IsUri(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && colon + 1 < text.Length && char.IsAsciiLetter(text[0]) && !text.AsSpan(0, colon).ContainsAnyExcept(Scheme) && !text.AsSpan(colon).ContainsAnyExcept(Characters);
    }
}
