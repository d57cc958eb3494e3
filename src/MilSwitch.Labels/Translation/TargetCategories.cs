using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Translation;

/// <summary>
/// The categories of a translated label while it is made, and where each came from: several needs must never become one choice.
/// Not thread-safe.
/// </summary>
/// <param name="from">Policy of the label.</param>
/// <param name="to">Policy that it is translated into.</param>
internal sealed class TargetCategories(SecurityPolicy from, SecurityPolicy to)
{
    // Several permissive tags that labels write as one are each a choice of its own.
    private readonly Dictionary<(string Set, TagType Type, int Part), Entry> entries = [];

    /// <summary>Puts the equivalent of one value in.</summary>
    public void Add(CategoryReference target, CategoryReference source)
    {
        var entry = Open(target);
        entry.Add(target);
        entry.Sources.Add(source.Type.IsPermissive() ? (source.TagSet, source.Type, from.Part(source), null, null) : (source.TagSet, source.Type, 0, source.Value, source.Text));
    }

    /// <summary>Puts a value in that a rule wants there. False: it would be one more choice.</summary>
    public bool AddRequired(CategoryReference target)
    {
        var entry = Open(target);
        if (target.Type.IsPermissive() && entry.Count > 0 && !entry.Has(target)) return false;
        entry.Add(target);
        return true;
    }

    /// <summary>
    /// Tags of which one value is enough although more than one need stands behind them: a restrictive value beside anything
    /// else, or values of two permissive tags.
    /// </summary>
    public IEnumerable<CategoryReference> Widened() => entries
        .Where(e => e.Key.Type.IsPermissive() && e.Value.Sources.Count(s => !s.Type.IsInformative()) is > 0 && (e.Value.Sources.Count > 1 || (e.Value.Sources.Single().Type.IsRestrictive() && e.Value.Count > 1)))
        .Select(e => new CategoryReference(e.Key.Set, e.Key.Type, null));

    public ImmutableArray<LabelCategory> Build(CategorySyntax syntax) =>
        [.. entries.GroupBy(e => (e.Key.Set, e.Key.Type)).OrderBy(g => g.Key.Set, StringComparer.Ordinal).ThenBy(g => g.Key.Type)
            .Select(g => new TagCategory(g.Key.Set, g.Key.Type, [.. g.SelectMany(e => e.Value.Values).Distinct()])
            {
                Texts = [.. g.SelectMany(e => e.Value.Texts).Distinct(StringComparer.Ordinal)], Syntax = syntax,
            })];

    private Entry Open(CategoryReference target)
    {
        var key = (target.TagSet, target.Type, target.Type.IsPermissive() ? to.Part(target) : 0);
        if (!entries.TryGetValue(key, out var entry)) entries[key] = entry = new Entry();
        return entry;
    }

    private sealed class Entry
    {
        public SortedSet<int> Values { get; } = [];

        public SortedSet<string> Texts { get; } = new(StringComparer.Ordinal);

        public int Count => Values.Count + Texts.Count;

        // One need each: a permissive tag is one, each value of another is one.
        public HashSet<(string Set, TagType Type, int Part, int? Value, string? Text)> Sources { get; } = [];

        public void Add(CategoryReference target)
        {
            if (target.Text is { } text) Texts.Add(text);
            else Values.Add(target.Value!.Value);
        }

        public bool Has(CategoryReference target) => target.Text is { } text ? Texts.Contains(text) : Values.Contains(target.Value!.Value);
    }
}
