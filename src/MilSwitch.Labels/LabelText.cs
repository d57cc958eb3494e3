using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels;

/// <summary>Values of categories that are texts: what a policy names so, and what people enter. Pure.</summary>
internal static class LabelText
{
    /// <summary>What is wrong with one; null: nothing. Two that are the same to see are the same, but for letters that look alike.</summary>
    public static string? FaultOf(string text)
    {
        if (text.Length is 0) return "is empty";
        if (PolicyNames.FaultOfShown(text) is { } fault) return fault;
        if (text[0] is ' ' || text[^1] is ' ' || text.Contains("  ", StringComparison.Ordinal)) return "has blanks at an end, or two in a row";
        return text.Any(c => c is not ' ' && char.IsWhiteSpace(c)) ? "has another blank than the space" : null;
    }

    /// <summary>As markings show it: in quotes, those within twice, so that no text that somebody enters passes for words of the policy.</summary>
    public static string Quoted(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
