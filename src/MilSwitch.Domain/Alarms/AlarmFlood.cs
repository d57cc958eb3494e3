using System.Globalization;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Domain.Alarms;

/// <summary>
/// Lets so many new alarms of one kind through in a minute, and rolls further ones into one alarm with their number. Holds
/// no more than the conditions that stand. Not thread-safe.
/// </summary>
public sealed class AlarmFlood
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Dictionary<string, Kind> kinds = new(StringComparer.Ordinal);

    /// <summary>What is to be shown of all that stands.</summary>
    /// <param name="standing">The conditions.</param>
    /// <param name="isKnown">This alarm was shown before and is nothing new.</param>
    /// <param name="perMinute">New ones of a kind that are shown.</param>
    /// <param name="now">The time.</param>
    /// <returns>Those to be shown, and one <c>flood:KIND</c> for each kind that has others.</returns>
    public IReadOnlyList<Alarm> Sift(IReadOnlyCollection<Alarm> standing, Func<Alarm, bool> isKnown, int perMinute, DateTimeOffset now)
    {
        var shown = new List<Alarm>(standing.Count);
        foreach (var kind in kinds.Values) kind.Begin(now, perMinute);
        foreach (var alarm in standing)
        {
            if (isKnown(alarm)) shown.Add(alarm);
            else if (Of(alarm).Admit(alarm.Id, now, perMinute)) shown.Add(alarm);
        }

        foreach (var (name, kind) in kinds.ToArray())
        {
            kind.End();
            if (kind.Rolled.Count > 0)
            {
                shown.Add(new Alarm(
                    $"{AlarmCatalogue.Flood}:{name}", string.Create(CultureInfo.InvariantCulture, $"flood of alarms: {name}: {kind.Rolled.Count} more stand, {kind.Total} came"), kind.Since));
            }
            else if (kind.IsIdle(now))
            {
                kinds.Remove(name);
            }
        }

        return shown;
    }

    /// <summary>It stands, and is one of those that are rolled into one.</summary>
    public bool IsRolled(string id) => kinds.TryGetValue(AlarmCatalogue.NameOf(id), out var kind) && kind.Rolled.Contains(id);

    private Kind Of(Alarm alarm)
    {
        var name = AlarmCatalogue.NameOf(alarm.Id);
        if (!kinds.TryGetValue(name, out var kind)) kinds[name] = kind = new Kind(now: alarm.Since);
        return kind;
    }

    private sealed class Kind(DateTimeOffset now)
    {
        private readonly Queue<DateTimeOffset> admitted = new();
        private HashSet<string> next = new(StringComparer.Ordinal);
        private bool isUnrolling;

        public HashSet<string> Rolled { get; private set; } = new(StringComparer.Ordinal);

        /// <summary>How many were rolled since the flood began.</summary>
        public int Total { get; private set; }

        public DateTimeOffset Since { get; private set; } = now;

        public void Begin(DateTimeOffset at, int perMinute)
        {
            Forget(at);
            // As long as they are many, they stay one: else each minute would bring some more of them.
            isUnrolling = Rolled.Count <= perMinute && admitted.Count is 0;
        }

        public bool Admit(string id, DateTimeOffset at, int perMinute)
        {
            Forget(at);
            var wasRolled = Rolled.Contains(id);
            if (admitted.Count < perMinute && (wasRolled ? isUnrolling : Rolled.Count is 0 || isUnrolling))
            {
                admitted.Enqueue(at);
                return true;
            }

            if (next.Count is 0 && Rolled.Count is 0) (Total, Since) = (0, at);
            if (!wasRolled) Total++;
            next.Add(id);
            return false;
        }

        public void End()
        {
            (Rolled, next) = (next, Rolled);
            next.Clear();
        }

        public bool IsIdle(DateTimeOffset at)
        {
            Forget(at);
            return admitted.Count is 0;
        }

        private void Forget(DateTimeOffset at)
        {
            while (admitted.TryPeek(out var first) && at - first >= Window) admitted.Dequeue();
        }
    }
}
