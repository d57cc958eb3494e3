using System.Globalization;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Operations;

/// <summary>Knows which alarms stand and since when, and tells when one comes or goes. Thread-safe.</summary>
internal sealed class AlarmWatch(SwitchRuntime runtime)
{
    private readonly Lock gate = new();
    private Dictionary<string, Alarm> standing = new(StringComparer.Ordinal);

    /// <summary>Looks again; housekeeping does so every second.</summary>
    public IReadOnlyList<Alarm> Look()
    {
        var now = runtime.Now;
        lock (gate)
        {
            var found = new Dictionary<string, Alarm>(StringComparer.Ordinal);
            foreach (var (id, text) in Conditions(now)) found[id] = new Alarm(id, text, standing.TryGetValue(id, out var known) ? known.Since : now);
            foreach (var alarm in found.Values.Where(a => !standing.ContainsKey(a.Id))) Tell("alarm.raised", alarm);
            foreach (var alarm in standing.Values.Where(a => !found.ContainsKey(a.Id))) Tell("alarm.cleared", alarm);
            standing = found;
            return [.. found.Values.OrderBy(a => a.Since).ThenBy(a => a.Id, StringComparer.Ordinal)];
        }

        void Tell(string type, Alarm alarm) => runtime.Events.Publish(new SwitchEvent(now, type) { Subject = alarm.Id, Detail = alarm.Text });
    }

    private IEnumerable<(string Id, string Text)> Conditions(DateTimeOffset now)
    {
        if (runtime.Spool.Health != SpoolHealth.Ready) yield return ("spool", $"spool: {runtime.Spool.Health.ToString().ToLowerInvariant()}");
        // The level that is refused first: what urgent mail may still use is no comfort to the others.
        if (!runtime.Configuration.Budgets.HasRoom(runtime.Spool.Usage().FreeOctets, Precedence.Priority)) yield return ("space", "spool: short of space");
        for (var level = Precedence.Override; ; level--)
        {
            if (runtime.Partitions.Oldest(level) is { } oldest && now - oldest > runtime.Configuration.Precedences[level].Alarm)
                yield return ($"delayed:{level.Keyword()}", $"{level.Keyword()} delayed: {now - oldest:hh\\:mm\\:ss}");
            if (runtime.Acknowledgments.Overdue(level) is > 0 and var overdue)
                yield return ($"unacknowledged:{level.Keyword()}", string.Create(CultureInfo.InvariantCulture, $"{level.Keyword()} not acknowledged: {overdue}"));
            if (runtime.Partitions.OldestUnprofiled(level) is { } waiting && now - waiting > runtime.Configuration.Precedences[level].Alarm)
                yield return ($"unprofiled:{level.Keyword()}", $"{level.Keyword()} unprofiled: {now - waiting:hh\\:mm\\:ss}");
            if (level == Precedence.Deferred) break;
        }

        foreach (var token in runtime.Tokens?.Tokens ?? [])
        {
            if (token.State is TokenCondition.Lost or TokenCondition.Refused) yield return ($"token:{token.Name}", $"token lost: {token.Name}: {token.Reason}");
        }

        if (runtime.Far is { LeastPending: null }) yield return ("owners", "no node with the role switch is there: no mail is taken");
        foreach (var alarm in runtime.NodeCredentials.Alarms(now)) yield return alarm;

        foreach (var link in runtime.Links.All)
        {
            if (link.Status is { } status && status.Breaker != BreakerPhase.Closed) yield return ($"link:{link.Name}", $"link down: {link.Name}");
        }
    }
}
