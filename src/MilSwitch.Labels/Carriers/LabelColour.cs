using System.Collections.Frozen;

namespace MilSwitch.Labels.Carriers;

/// <summary>Colours of a display marking (RFC 7444 §4).</summary>
internal static class LabelColour
{
    // RFC 7444 spells "fuschia"; CSS, from which it has the names, "fuchsia".
    private static readonly FrozenSet<string> Names = FrozenSet.Create(
        StringComparer.Ordinal,
        "aqua", "black", "blue", "fuschia", "fuchsia", "gray", "green", "lime", "maroon", "navy", "olive", "purple", "red", "silver", "teal", "white", "yellow", "orange");

    /// <summary>In lower case.</summary>
    /// <exception cref="LabelRefusedException">No colour.</exception>
    public static string Check(string colour)
    {
        // Letters of ABNF are of either case.
        var lower = colour.ToLowerInvariant();
        return Names.Contains(lower) || (lower.Length is 7 && lower[0] is '#' && lower.AsSpan(1).IndexOfAnyExcept("0123456789abcdef") < 0)
            ? lower
            : throw new LabelRefusedException(LabelFault.Malformed, "no colour of RFC 7444");
    }
}
