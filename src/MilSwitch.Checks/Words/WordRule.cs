namespace MilSwitch.Checks.Words;

/// <summary>
/// A word or phrase and what it weighs. It is found whatever its case, width, marks and white space, with characters that show
/// nothing between its letters, and with Cyrillic or Greek letters that look like Latin ones. Immutable.
/// </summary>
public sealed record WordRule
{
    /// <param name="name">As findings name it: not the word itself where that is sensitive. 1 to 100 printable characters of ASCII.</param>
    /// <param name="phrase">With at least one letter or digit; 200 characters at most.</param>
    /// <param name="weight">Of each occurrence, -1,000 to 1,000: a word that makes others harmless may count against them.</param>
    /// <exception cref="ArgumentException">One of these is not so.</exception>
    public WordRule(string name, string phrase, int weight)
    {
        if (name.Length is 0 or > 100 || name.AsSpan().ContainsAnyExceptInRange(' ', '~')) throw new ArgumentException("no name of a rule", nameof(name));
        if (phrase.Length > 200) throw new ArgumentException($"the phrase of {name} is too long", nameof(phrase));
        Name = name;
        Phrase = phrase;
        Weight = Bounds.Within(weight, -1_000, 1_000, nameof(weight));
        Folded = TextFolding.Fold(phrase);
        if (!Folded.Any(char.IsLetterOrDigit)) throw new ArgumentException($"the phrase of {name} has no letter or digit", nameof(phrase));
    }

    public string Name { get; }

    public string Phrase { get; }

    public int Weight { get; }

    /// <summary>Neither a letter nor a digit may stand beside it. Default true.</summary>
    public bool IsWholeWord { get; init; } = true;

    internal string Folded { get; }
}
