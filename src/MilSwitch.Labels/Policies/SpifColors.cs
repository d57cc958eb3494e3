using System.Drawing;

namespace MilSwitch.Labels.Policies;

/// <summary>Names of colours: those of CSS, among which are the schema's sixteen. Thread-safe.</summary>
internal static class SpifColors
{
    public static bool IsKnown(string name)
    {
        // The schema misspells one of its own.
        if (name is "fuschia") return true;
        if (name.Length > 32 || !name.All(char.IsAsciiLetter)) return false;
        var color = Color.FromName(name);
        return color.IsKnownColor && !color.IsSystemColor;
    }
}
