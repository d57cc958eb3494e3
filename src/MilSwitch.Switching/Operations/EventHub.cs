using System.Collections.Immutable;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Operations;

/// <summary>
/// The last events of this node in one ring that all who watch read at their own pace: memory is bounded however many they
/// are and however slow. Thread-safe.
/// </summary>
/// <param name="run">The store's number of this start.</param>
/// <param name="time">For how long events are kept for somebody who lost the connection.</param>
public sealed class EventHub(int run, TimeProvider time) : ISwitchEvents
{
    /// <summary>Events in the ring.</summary>
    public const int Capacity = 8192;

    public const int MaximumSubscriptions = 32;

    /// <summary>Events are still kept for so long after the last one stopped watching, so that a broken connection can be taken up again.</summary>
    public static readonly TimeSpan Linger = TimeSpan.FromMinutes(2);

    private static readonly ImmutableDictionary<AuditKind, string> Types = Enum.GetValues<AuditKind>()
        .Where(k => k is < AuditKind.RuleAdded or AuditKind.Profiled or AuditKind.Expanded or AuditKind.Assigned or AuditKind.Completed or AuditKind.Superseding or AuditKind.Superseded or AuditKind.Numbered or AuditKind.Withheld or AuditKind.Drafted or AuditKind.Authorised).ToImmutableDictionary(k => k, k => "message." + k.ToString().ToLowerInvariant());

    private readonly int run = run;
    private readonly TimeProvider time = time;
    private readonly Lock gate = new();
    private SwitchEvent[] ring = [];
    private long first = 1;
    private long next = 1;
    private int subscriptions;
    private long leftAt;
    private volatile bool recording;
    private TaskCompletionSource? readable;

    public bool IsHeard => recording;

    public void Publish(SwitchEvent happened)
    {
        if (!recording) return;
        TaskCompletionSource? wake;
        lock (gate)
        {
            if (!recording) return;
            if (subscriptions is 0 && time.GetElapsedTime(leftAt) > Linger)
            {
                recording = false;
                ring = [];
                // Nobody can go on from before the pause: the places on both sides of it are not neighbours.
                first = ++next;
                return;
            }

            ring[next++ % Capacity] = happened;
            first = Math.Max(first, next - Capacity);
            (wake, readable) = (readable, null);
        }

        wake?.TrySetResult();
    }

    /// <summary>Tells what a commit has made durable.</summary>
    public void Committed(ImmutableArray<AuditEvent> audit, Precedence precedence)
    {
        // The only cost while nobody watches.
        if (!recording) return;
        foreach (var line in audit)
        {
            if (!Types.TryGetValue(line.Kind, out var type)) continue;
            Publish(new SwitchEvent(line.At, type)
            {
                Message = line.Message, Recipient = line.Recipient, Precedence = precedence, Detail = line.Detail, Actor = line.Actor,
            });
        }
    }

    public IEventSubscription? Subscribe(EventPosition? after)
    {
        lock (gate)
        {
            if (subscriptions >= MaximumSubscriptions) return null;
            subscriptions++;
            if (!recording)
            {
                ring = new SwitchEvent[Capacity];
                recording = true;
            }

            var known = after is { } place && place.Run == run && place.Sequence >= first - 1 && place.Sequence < next;
            return new Subscription(this, known ? after!.Value.Sequence + 1 : next, missed: after is not null && !known);
        }
    }

    private sealed class Subscription(EventHub hub, long next, bool missed) : IEventSubscription
    {
        private long next = next;
        private bool missed = missed;
        private bool left;

        public EventPosition Position => new(hub.run, next - 1);

        public bool Read(List<SwitchEvent> into, int most)
        {
            lock (hub.gate)
            {
                var lost = missed || next < hub.first;
                missed = false;
                if (next < hub.first) next = hub.first;
                for (; most > 0 && next < hub.next; most--) into.Add(hub.ring[next++ % Capacity]);
                return lost;
            }
        }

        public Task WhenReadable()
        {
            lock (hub.gate)
            {
                if (missed || next < hub.next) return Task.CompletedTask;
                hub.readable ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return hub.readable.Task;
            }
        }

        public void Dispose()
        {
            lock (hub.gate)
            {
                if (left) return;
                left = true;
                if (--hub.subscriptions is 0) hub.leftAt = hub.time.GetTimestamp();
            }
        }
    }
}
