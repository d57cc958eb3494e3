using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Translation;

/// <summary>
/// The categories of a translated label while it is made, and where each came from: several needs must never become one choice.
/// Not thread-safe.
/// </summary>
internal sealed class TargetCategories
{
    private readonly Dictionary<(string Set, TagType Type), Entry> entries = [];

    /// <summary>Puts the equivalent of one value in.</summary>
    public void Add(CategoryReference target, TagCategory source, int value)
    {
        var entry = Open(target);
        entry.Values.Add(target.Value!.Value);
        entry.Sources.Add(source.Type.IsPermissive() ? (source.TagSet, source.Type, null) : (source.TagSet, source.Type, value));
    }

    /// <summary>Puts a value in that a rule wants there. False: it would be one more choice.</summary>
    public bool AddRequired(CategoryReference target)
    {
        var entry = Open(target);
        if (target.Type.IsPermissive() && entry.Values.Count > 0 && !entry.Values.Contains(target.Value!.Value)) return false;
        entry.Values.Add(target.Value!.Value);
        return true;
    }

    /// <summary>
    /// Tags of which one value is enough although more than one need stands behind them: a restrictive value beside anything
    /// else, or values of two permissive tags.
    /// </summary>
    public IEnumerable<CategoryReference> Widened() => entries
        .Where(e => e.Key.Type.IsPermissive() && e.Value.Sources.Count(s => !s.Type.IsInformative()) is > 0 && (e.Value.Sources.Count > 1 || (e.Value.Sources.Single().Type.IsRestrictive() && e.Value.Values.Count > 1)))
        .Select(e => new CategoryReference(e.Key.Set, e.Key.Type, null));

    public ImmutableArray<LabelCategory> Build(CategorySyntax syntax) =>
        [.. entries.OrderBy(e => e.Key.Set, StringComparer.Ordinal).ThenBy(e => e.Key.Type).Select(e => new TagCategory(e.Key.Set, e.Key.Type, [.. e.Value.Values]) { Syntax = syntax })];

    private Entry Open(CategoryReference target)
    {
        if (!entries.TryGetValue((target.TagSet, target.Type), out var entry)) entries[(target.TagSet, target.Type)] = entry = new Entry();
        return entry;
    }

    private sealed class Entry
    {
        public SortedSet<int> Values { get; } = [];

        // One need each: a permissive tag is one, each value of another is one.
        public HashSet<(string Set, TagType Type, int? Value)> Sources { get; } = [];
    }
}
