using System.Collections.Immutable;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Statistics;

/// <summary>Counts messages into groups; pure. Memory is bounded by the number of groups. Not thread-safe.</summary>
/// <param name="by">What makes a group.</param>
/// <param name="table">The levels and their speeds of service.</param>
public sealed class StatisticsCounter(StatisticsBy by, PrecedenceTable table)
{
    /// <summary>Hops with a row of their own; what others took is counted together.</summary>
    public const int MostHops = 500;

    public const string OtherHops = "other hops";

    /// <summary>No host was asked yet, or none answered.</summary>
    public const string NoHop = "none";

    private readonly Dictionary<string, Group> groups = Groups(by);

    public long Messages { get; private set; }

    /// <param name="message">As it is stored.</param>
    /// <param name="delivered">Of its audit events those that tell of a delivery.</param>
    public void Add(StoredMessage message, IReadOnlyList<AuditEvent> delivered)
    {
        Messages++;
        var envelope = message.Envelope;
        // What was to be kept until a time (RFC 4865) began its time then.
        var begin = envelope.HoldUntil is { } hold && hold > envelope.ArrivedAt ? hold : envelope.ArrivedAt;
        for (var i = 0; i < envelope.Recipients.Length; i++)
        {
            var stored = message.Recipients[i];
            var level = envelope.Recipients[i].Precedence;
            switch (stored.State)
            {
                case RecipientState.Delivered when delivered.FirstOrDefault(d => d.Recipient == i) is { } at:
                    GroupOf(level, stored).Deliver(at.At - begin, table[level].Alarm);
                    break;
                case RecipientState.Failed or RecipientState.Expired or RecipientState.Returned:
                    GroupOf(level, stored).Failed++;
                    break;
                case var state when !state.IsFinal():
                    GroupOf(level, stored).Waiting++;
                    break;
                default:
                    // It crossed, was expanded or corrected, and its copies are counted; or it was a duplicate, or deleted.
                    break;
            }
        }
    }

    public ImmutableArray<StatisticsRow> Rows() => by is StatisticsBy.Precedence
        ? [.. Enumerable.Range(0, PrecedenceExtensions.Count).Select(p => (Precedence)p).Reverse().Select(p => groups[p.Keyword()].Row(p.Keyword(), table[p].Alarm))]
        : [.. groups.OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.Value.Row(g.Key, null))];

    private Group GroupOf(Precedence level, StoredRecipient stored)
    {
        if (by is StatisticsBy.Precedence) return groups[level.Keyword()];
        var hop = stored.Target ?? NoHop;
        if (groups.TryGetValue(hop, out var known)) return known;
        if (groups.Count >= MostHops && !groups.TryGetValue(hop = OtherHops, out known)) groups.Add(hop, known = new Group());
        return known ?? (groups[hop] = new Group());
    }

    private static Dictionary<string, Group> Groups(StatisticsBy by) => by is StatisticsBy.Hop
        ? new Dictionary<string, Group>(StringComparer.Ordinal)
        : Enumerable.Range(0, PrecedenceExtensions.Count).ToDictionary(p => ((Precedence)p).Keyword(), _ => new Group(), StringComparer.Ordinal);

    private sealed class Group
    {
        private readonly DelayHistogram delays = new();
        private long judged;
        private long within;

        public long Failed { get; set; }

        public long Waiting { get; set; }

        public void Deliver(TimeSpan delay, TimeSpan? speed)
        {
            delays.Add(delay);
            if (speed is not { } asked) return;
            judged++;
            if (delay <= asked) within++;
        }

        public StatisticsRow Row(string key, TimeSpan? speed) => new(
            key, delays.Count, delays.Quantile(0.5), delays.Quantile(0.9), delays.Quantile(0.99), delays.Worst, speed, judged is 0 ? null : (double)within / judged, Failed, Waiting);
    }
}
