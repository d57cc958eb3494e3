using MilSwitch.Domain.Clustering;

namespace MilSwitch.Switching.Alarms;

/// <summary>Nodes that went without a word: they are missed until they come back, for a day at most. Not thread-safe.</summary>
internal sealed class LostNodes
{
    private const int Most = 100;

    private static readonly TimeSpan MissedFor = TimeSpan.FromDays(1);
    private readonly Dictionary<string, DateTimeOffset> missed = new(StringComparer.Ordinal);
    private ClusterView before = ClusterView.Alone;

    /// <summary>Compares with the view of the last time.</summary>
    /// <returns>Names of those that are missed, and since when.</returns>
    public IReadOnlyList<(string Name, DateTimeOffset Since)> Look(ClusterView view, DateTimeOffset now)
    {
        foreach (var member in view.Members)
        {
            if (member.Reachable && member.State is MemberState.Joining or MemberState.Up) missed.Remove(member.Name);
            else if (!member.Reachable || member.State is MemberState.Down) Miss(member.Name);
        }

        foreach (var gone in before.Members.Where(m => m is { Self: false, State: not MemberState.Leaving } && view.Members.All(v => v.Name != m.Name && v.Address != m.Address))) Miss(gone.Name);
        foreach (var (name, since) in missed.Where(m => now - m.Value > MissedFor).ToArray()) missed.Remove(name);
        before = view;
        return [.. missed.Select(m => (m.Key, m.Value)).OrderBy(m => m.Key, StringComparer.Ordinal)];

        void Miss(string name)
        {
            if (missed.Count < Most) missed.TryAdd(name, now);
        }
    }
}
