namespace MilSwitch.Labels.Markings;

/// <summary>The phrases of one tag, by their letters.</summary>
internal sealed class MarkingTrie
{
    private readonly Dictionary<char, MarkingTrie> next = [];
    private List<ShownCategory>? ends;

    /// <summary>Categories whose phrase ends here; mostly one.</summary>
    public IReadOnlyList<ShownCategory> Ends => ends ?? (IReadOnlyList<ShownCategory>)[];

    /// <summary>Any white space of a phrase is a space here.</summary>
    public MarkingTrie? Next(char letter) => next.GetValueOrDefault(letter);

    public void Add(ShownCategory category)
    {
        var node = this;
        foreach (var letter in category.Text!)
        {
            var key = char.IsWhiteSpace(letter) ? ' ' : letter;
            if (!node.next.TryGetValue(key, out var child)) node.next.Add(key, child = new MarkingTrie());
            node = child;
        }

        (node.ends ??= []).Add(category);
    }
}
