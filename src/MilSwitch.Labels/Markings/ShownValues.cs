using System.Collections.Frozen;

namespace MilSwitch.Labels.Markings;

/// <summary>What is shown for the values of the tags of one type in a tag set. Immutable.</summary>
internal sealed class ShownValues(IEnumerable<ShownCategory> categories)
{
    private readonly FrozenDictionary<int, ShownCategory> byValue = categories.Where(c => c.Input is null).ToFrozenDictionary(c => c.Value);

    /// <summary>The category whose value people enter; null: there is none.</summary>
    public ShownCategory? Open { get; } = categories.FirstOrDefault(c => c.Input is not null);

    /// <returns>Null: the policy does not know the value. Of one that was entered the category that takes it.</returns>
    public ShownCategory? Find(int value) => byValue.TryGetValue(value, out var known) ? known
        : Open is not null && value != Open.Value && Open.Input!.Accepts(value) ? Open : null;
}
