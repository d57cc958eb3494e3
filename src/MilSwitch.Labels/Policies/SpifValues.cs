using System.Globalization;

namespace MilSwitch.Labels.Policies;

/// <summary>
/// Values of attributes, each with its type. What is missing has been told by <see cref="SpifSchema"/> and is not told again.
/// Not thread-safe.
/// </summary>
internal sealed class SpifValues(PolicyProblems problems)
{
    public PolicyProblems Problems { get; } = problems;

    public string Name(SpifElement element, string attribute = "name")
    {
        if (element[attribute] is not { } name) return "";
        if (PolicyNames.FaultOf(name) is { } fault) Problems.Add(element.PlaceOf(attribute), $"The {attribute} of {element.Name} {fault}");
        return name;
    }

    /// <summary>Text that is shown; may be empty.</summary>
    public string? Shown(SpifElement element, string attribute)
    {
        if (element[attribute] is { } text && PolicyNames.FaultOfShown(text) is { } fault) Problems.Add(element.PlaceOf(attribute), $"The {attribute} of {element.Name} {fault}");
        return element[attribute];
    }

    public string ObjectIdentifier(SpifElement element, string attribute)
    {
        if (element[attribute] is not { } id) return "";
        if (!IsObjectIdentifier(id)) Problems.Add(element.PlaceOf(attribute), $"The {attribute} of {element.Name} is no object identifier");
        return id;
    }

    public int? Integer(SpifElement element, string attribute, int least, int greatest)
    {
        if (element[attribute] is not { } text) return null;
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            Problems.Add(element.PlaceOf(attribute), $"The {attribute} of {element.Name} is no integer from {least} to {greatest}");
        else if (value < least)
            Problems.Add(element.PlaceOf(attribute), $"The {attribute} of {element.Name} is {(value < 0 ? "negative" : $"less than {least}")}");
        else if (value > greatest)
            Problems.Add(element.PlaceOf(attribute), $"The {attribute} of {element.Name} is greater than {greatest}");
        else
            return value;
        return null;
    }

    /// <summary><c>lacv</c> of a category: an integer, or where its tag has a place for one a text.</summary>
    public (int? Value, string? Text) Lacv(SpifElement element, int greatest, bool mayBeText)
    {
        if (element["lacv"] is not { } text) return default;
        if (!mayBeText || text.Length is 0 || !text.AsSpan(text[0] is '-' or '+' ? 1 : 0).ContainsAnyExceptInRange('0', '9')) return (Integer(element, "lacv", 0, greatest), null);
        if (LabelText.FaultOf(text) is not { } fault) return (null, text);
        Problems.Add(element.PlaceOf("lacv"), $"The lacv of {element.Name} {fault}");
        return default;
    }

    public bool Flag(SpifElement element, string attribute)
    {
        switch (element[attribute])
        {
            case null or "false" or "0":
                return false;
            case "true" or "1":
                return true;
            default:
                Problems.Add(element.PlaceOf(attribute), $"The {attribute} of {element.Name} is neither true nor false");
                return false;
        }
    }

    /// <param name="element">Whose attribute it is.</param>
    /// <param name="attribute">Which.</param>
    /// <param name="words">The words that it may have.</param>
    public T? Choice<T>(SpifElement element, string attribute, IReadOnlyDictionary<string, T> words)
        where T : struct
    {
        if (element[attribute] is not { } text) return null;
        if (words.TryGetValue(text, out var value)) return value;
        Problems.Add(element.PlaceOf(attribute), $"The {attribute} of {element.Name} is none of: {string.Join(", ", words.Keys.Order(StringComparer.Ordinal))}");
        return null;
    }

    public static bool IsObjectIdentifier(string text)
    {
        if (text.Length is 0 or > SpifBounds.Text) return false;
        var arcs = text.Split('.');
        if (arcs.Length < 2 || arcs.Any(a => a.Length is 0 || !a.All(char.IsAsciiDigit) || (a.Length > 1 && a[0] is '0'))) return false;
        return arcs[0] is "2" || (arcs[0] is "0" or "1" && arcs[1].Length < 3 && int.Parse(arcs[1], CultureInfo.InvariantCulture) < 40);
    }
}
