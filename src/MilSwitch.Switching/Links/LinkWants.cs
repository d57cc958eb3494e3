using System.Collections.Concurrent;
using System.Collections.Immutable;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Switching.Links;

/// <summary>Which nodes wait for their turn on which links, and with what. Thread-safe; about a second old.</summary>
internal sealed class LinkWants
{
    private readonly ConcurrentDictionary<LinkName, Precedence> own = new();
    private ImmutableDictionary<string, Precedence> others = ImmutableDictionary<string, Precedence>.Empty;

    /// <param name="link">Which.</param>
    /// <param name="highest">The most urgent that waits here without a turn; null: nothing does.</param>
    public void Set(LinkName link, Precedence? highest)
    {
        if (highest is { } level) own[link] = level;
        else own.TryRemove(link, out _);
    }

    public ImmutableArray<LinkWant> Own => [.. own.Select(w => new LinkWant(w.Key.Value, w.Value))];

    public void SetOthers(IEnumerable<LinkWant> wants) => Volatile.Write(
        ref others, wants.GroupBy(w => w.Link, StringComparer.Ordinal).ToImmutableDictionary(g => g.Key, g => g.Max(w => w.Highest), StringComparer.Ordinal));

    public Precedence? OfOthers(LinkName link) => Volatile.Read(ref others).TryGetValue(link.Value, out var level) ? level : null;
}
