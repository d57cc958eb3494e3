using System.Collections.Immutable;
using MilSwitch.Checks.Parts;

namespace MilSwitch.Checks.Words;

/// <summary>Which words a message may hold, and how many of them under which label. Immutable; bad values throw <see cref="ArgumentException"/>.</summary>
public sealed record WordRules
{
    /// <summary>Characters of all phrases together.</summary>
    private const int MostCharacters = 1_000_000;

    public ReadingRules Reading { get; init; } = new();

    /// <summary>Words with their weights, no name twice, with 1,000,000 characters at most. Default none, which lets everything pass that can be read.</summary>
    public ImmutableArray<WordRule> Words
    {
        get;
        init
        {
            if (value.DistinctBy(w => w.Name, StringComparer.Ordinal).Count() != value.Length) throw new ArgumentException("two rules have the same name", nameof(value));
            if (value.Sum(w => w.Folded.Length) > MostCharacters) throw new ArgumentException("the phrases are too long together", nameof(value));
            field = value;
        }
    } = [];

    /// <summary>For messages without label, with a label of another policy, and those whose classification is not in <see cref="ByClassification"/>. Default 10 and 100.</summary>
    public WordThresholds Otherwise { get; init; } = new(10, 100);

    /// <summary>Object identifier of the policy whose classifications <see cref="ByClassification"/> has (<c>CheckSubject.Policy</c>). Default none.</summary>
    public string? Policy { get; init; }

    /// <summary>For messages of a classification, by its number (<c>CheckSubject.Classification</c>). Default none.</summary>
    public ImmutableDictionary<int, WordThresholds> ByClassification { get; init; } = ImmutableDictionary<int, WordThresholds>.Empty;

    /// <summary>Occurrences of one word that count, 1 to 10,000. Default 10: a word in a footer of each quoted answer is not ten words.</summary>
    public int MostOccurrences { get; init => field = Bounds.Within(value, 1, 10_000); } = 10;
}
