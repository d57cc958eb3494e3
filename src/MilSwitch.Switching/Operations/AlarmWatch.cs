using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Alarms;

namespace MilSwitch.Switching.Operations;

/// <summary>Knows which alarms stand and since when, and tells when one comes or goes. Thread-safe.</summary>
internal sealed class AlarmWatch(SwitchRuntime runtime)
{
    private static readonly TimeSpan TenMinutes = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>So many times as long as a write may take, the store is taken for slow after one that took longer.</summary>
    private const int SlowFor = 15;

    private readonly Lock gate = new();
    private readonly QueueTrend queue = new();
    private readonly SpaceTrend space = new();
    private readonly TokenLosses tokens = new();
    private readonly RecentCount deadLetters = new();
    private readonly RecentCount parked = new();
    private DateTimeOffset slowUntil;
    private Dictionary<string, Alarm> standing = new(StringComparer.Ordinal);

    /// <summary>This tells when alarms of the kind come and go.</summary>
    public static bool Tells(string kind) => Kinds.Contains(kind);

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

    /// <summary>Kinds of which this tells when they come and go.</summary>
    public static ImmutableHashSet<string> Kinds { get; } =
    [
        "spool", "space", "space-growth", "store-latency", "delayed", "unacknowledged", "unprofiled", "unattended", "speed", "queue-growing", "token", "token-errors", "owners", "node-certificate",
        "node-peer", "dead-letters", "parked", "link",
    ];

    private IEnumerable<(string Id, string Text)> Conditions(DateTimeOffset now)
    {
        if (runtime.Spool.Health != SpoolHealth.Ready) yield return ("spool", $"spool: {runtime.Spool.Health.ToString().ToLowerInvariant()}");
        foreach (var alarm in OfStore(now)) yield return alarm;
        for (var level = Precedence.Override; ; level--)
        {
            foreach (var alarm in OfLevel(level, now)) yield return alarm;
            if (level == Precedence.Deferred) break;
        }

        var settings = runtime.Configuration.Alarms;
        if (queue.Look(runtime.Partitions.Queued, settings.GrowthWindow, settings.GrowthMinimum, now) is { } growth)
            yield return ("queue-growing", string.Create(CultureInfo.InvariantCulture, $"more comes in than goes out: {runtime.Partitions.Queued} wait, {growth} more than {settings.GrowthWindow.TotalMinutes:0.#} minutes ago"));
        foreach (var token in runtime.Tokens?.Tokens ?? [])
        {
            if (token.State is TokenCondition.Lost or TokenCondition.Refused) yield return ($"token:{token.Name}", $"token lost: {token.Name}: {token.Reason}");
            if (tokens.Look(token, now) is var losses && losses > settings.TokenErrors)
                yield return ($"token-errors:{token.Name}", string.Create(CultureInfo.InvariantCulture, $"token {token.Name} was lost {losses} times within an hour"));
        }

        if (runtime.Far is { LeastPending: null }) yield return ("owners", "no node with the role switch is there: no mail is taken");
        foreach (var alarm in runtime.NodeCredentials.Alarms(now)) yield return alarm;
        if (deadLetters.Look(runtime.DeadLetters, TenMinutes, now) is var letters && letters > settings.DeadLetters)
            yield return ("dead-letters", string.Create(CultureInfo.InvariantCulture, $"{letters} messages inside the program found nobody within ten minutes"));
        if (parked.Look(runtime.Parked, Hour, now) is var poisoned and > 0)
            yield return ("parked", string.Create(CultureInfo.InvariantCulture, $"{poisoned} messages were held within an hour because work on them failed twice"));

        foreach (var link in runtime.Links.All)
        {
            if (link.Status is { } status && status.Breaker != BreakerPhase.Closed) yield return ($"link:{link.Name}", $"link down: {link.Name}");
        }
    }

    private IEnumerable<(string Id, string Text)> OfStore(DateTimeOffset now)
    {
        var (budgets, settings) = (runtime.Configuration.Budgets, runtime.Configuration.Alarms);
        var free = runtime.Spool.Usage().FreeOctets;
        // The level that is refused first: what urgent mail may still use is no comfort to the others.
        var isShort = !budgets.HasRoom(free, Precedence.Priority);
        if (isShort) yield return ("space", "spool: short of space");
        else if (settings.SpaceGrowth > TimeSpan.Zero && free != SpoolUsage.Unknown && space.Look(free, budgets.MinimumFreeSpace, now) is { } left && left < settings.SpaceGrowth)
            yield return ("space-growth", string.Create(CultureInfo.InvariantCulture, $"spool: short of space in {left.TotalHours:0.0} hours, at the pace of the last hour"));

        // One slow write is over when it is seen; that there are such is what counts.
        if (runtime.Spool.Lag > settings.StoreLatency) slowUntil = now + (SlowFor * settings.StoreLatency);
        if (now < slowUntil) yield return ("store-latency", string.Create(CultureInfo.InvariantCulture, $"the store takes longer than {settings.StoreLatency.TotalSeconds:0.#} s for a write"));
    }

    private IEnumerable<(string Id, string Text)> OfLevel(Precedence level, DateTimeOffset now)
    {
        var (settings, limit) = (runtime.Configuration.Alarms, runtime.Configuration.Precedences[level].Alarm);
        if (runtime.Partitions.Oldest(level) is { } oldest && now - oldest > limit) yield return ($"delayed:{level.Keyword()}", $"{level.Keyword()} delayed: {now - oldest:hh\\:mm\\:ss}");
        if (runtime.Acknowledgments.Overdue(level) is > 0 and var overdue)
            yield return ($"unacknowledged:{level.Keyword()}", string.Create(CultureInfo.InvariantCulture, $"{level.Keyword()} not acknowledged: {overdue}"));
        if (runtime.Partitions.OldestUnprofiled(level) is { } waiting && now - waiting > limit) yield return ($"unprofiled:{level.Keyword()}", $"{level.Keyword()} unprofiled: {now - waiting:hh\\:mm\\:ss}");
        if (runtime.Partitions.OldestHeld(level) is { } held && now - held > settings.Unattended[(int)level])
            yield return ($"unattended:{level.Keyword()}", $"{level.Keyword()} held, and nobody decided: {now - held:hh\\:mm\\:ss}");
        var (within, all) = runtime.Speed.Of(level, settings.SpeedWindow, now);
        if (limit is not null && all >= Math.Max(1, settings.SpeedMinimum) && within * 100L < (long)all * settings.SpeedTarget)
            yield return ($"speed:{level.Keyword()}", string.Create(CultureInfo.InvariantCulture, $"{level.Keyword()}: {within * 100L / all} % of {all} delivered in time, {settings.SpeedTarget} % wanted"));
    }
}
