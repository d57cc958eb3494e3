using System.Collections.Frozen;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Markings;

/// <summary>What is shown for the values of the tags of one type in a tag set. Immutable.</summary>
internal sealed class ShownValues(IReadOnlyCollection<ShownCategory> categories, TagDefinition tag)
{
    private readonly FrozenDictionary<int, ShownCategory> byValue = categories.Where(c => c is { Input: null, Word: null }).ToFrozenDictionary(c => c.Value);
    private readonly FrozenDictionary<string, ShownCategory> byWord = categories.Where(c => c is { Input: null, Word: not null }).ToFrozenDictionary(c => c.Word!, StringComparer.Ordinal);

    /// <summary>The category whose value people enter as a number or date; null: there is none.</summary>
    public ShownCategory? Open { get; } = categories.FirstOrDefault(c => c.Input is { IsText: false });

    /// <summary>The category whose value people enter as a text; null: there is none.</summary>
    public ShownCategory? OpenText { get; } = categories.FirstOrDefault(c => c.Input is { IsText: true });

    /// <returns>Null: the policy does not know the value. Of one that was entered the category that takes it.</returns>
    public ShownCategory? Find(int value) => byValue.TryGetValue(value, out var known) ? known
        : Open is not null && value != Open.Value && Open.Input!.Accepts(value) ? Open : null;

    /// <inheritdoc cref="Find(int)"/>
    public ShownCategory? Find(string word) => byWord.TryGetValue(word, out var known) ? known : OpenText is not null && tag.IsEntered(word) ? OpenText : null;
}
