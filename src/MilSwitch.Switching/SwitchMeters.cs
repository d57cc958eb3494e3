using System.Diagnostics.Metrics;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Switching;

/// <summary>The counters of the switching core; the host exposes every meter whose name starts with <c>MilSwitch</c>.</summary>
internal sealed class SwitchMeters
{
    public const string MeterName = "MilSwitch.Switching";

    private static readonly KeyValuePair<string, object?>[] Tags =
        [.. Enumerable.Range(0, PrecedenceExtensions.Count).Select(p => new KeyValuePair<string, object?>("precedence", ((Precedence)p).Keyword()))];

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> accepted;
    private readonly Counter<long> delivered;
    private readonly Counter<long> deferred;
    private readonly Counter<long> failed;
    private readonly Counter<long> suspected;
    private readonly Counter<long> duplicates;
    private readonly Counter<long> reports;
    private readonly Counter<long> reportsSuppressed;
    private readonly Counter<long> preempted;
    private readonly Counter<long> keyOrders;
    private readonly Histogram<double> transit;
    private readonly Counter<long> crossings;
    private readonly Histogram<double> crossing;
    private readonly long[] acceptedTotals = new long[PrecedenceExtensions.Count];
    private readonly long[] deliveredTotals = new long[PrecedenceExtensions.Count];
    private readonly long[] failedTotals = new long[PrecedenceExtensions.Count];

    public SwitchMeters()
    {
        accepted = meter.CreateCounter<long>("milswitch.accepted", "{message}", "Messages answered 250.");
        delivered = meter.CreateCounter<long>("milswitch.delivered", "{recipient}", "Recipients taken over by the next hop.");
        deferred = meter.CreateCounter<long>("milswitch.deferred", "{recipient}", "Attempts that are to be made again.");
        failed = meter.CreateCounter<long>("milswitch.failed", "{recipient}", "Recipients given up: refused or expired.");
        suspected = meter.CreateCounter<long>("milswitch.suspected_duplicates", "{recipient}", "Recipients that may have been sent before, each counted once; marked as possible duplicates when they are sent again.");
        duplicates = meter.CreateCounter<long>("milswitch.duplicates", "{recipient}", "Recipients accepted before and not accepted again.");
        reports = meter.CreateCounter<long>("milswitch.reports", "{message}", "Delivery reports made.");
        reportsSuppressed = meter.CreateCounter<long>("milswitch.reports_suppressed", "{message}", "Delivery reports not made because of the limit for one originator.");
        preempted = meter.CreateCounter<long>("milswitch.preempted", "{transaction}", "Transactions that gave way to a more urgent message.");
        keyOrders = meter.CreateCounter<long>("milswitch.key_orders", "{operation}", "What other nodes asked of this node's tokens, by what came of it.");
        transit = meter.CreateHistogram<double>("milswitch.transit", "s", "Time from acceptance to delivery.");
        crossings = meter.CreateCounter<long>("milswitch.crossings", "{passage}", "Passages through boundaries between security domains, by what came of them.");
        crossing = meter.CreateHistogram<double>("milswitch.crossing", "s", "Time of one passage through a boundary, checks and cryptography included.");
    }

    public long Accepted(Precedence precedence) => Volatile.Read(ref acceptedTotals[(int)precedence]);

    public long Delivered(Precedence precedence) => Volatile.Read(ref deliveredTotals[(int)precedence]);

    public long Failed(Precedence precedence) => Volatile.Read(ref failedTotals[(int)precedence]);

    public void CountAccepted(Precedence precedence)
    {
        Interlocked.Increment(ref acceptedTotals[(int)precedence]);
        accepted.Add(1, Tags[(int)precedence]);
    }

    public void CountDelivered(Precedence precedence, TimeSpan taken)
    {
        Interlocked.Increment(ref deliveredTotals[(int)precedence]);
        delivered.Add(1, Tags[(int)precedence]);
        transit.Record(taken.TotalSeconds, Tags[(int)precedence]);
    }

    public void CountDeferred(Precedence precedence) => deferred.Add(1, Tags[(int)precedence]);

    public void CountFailed(Precedence precedence)
    {
        Interlocked.Increment(ref failedTotals[(int)precedence]);
        failed.Add(1, Tags[(int)precedence]);
    }

    public void CountSuspected(int recipients) => suspected.Add(recipients);

    public void CountDuplicates(int recipients) => duplicates.Add(recipients);

    public void CountReport() => reports.Add(1);

    public void CountSuppressedReport() => reportsSuppressed.Add(1);

    public void CountKeyOrder(KeyOutcomeKind outcome) => keyOrders.Add(1, new KeyValuePair<string, object?>("outcome", outcome switch { KeyOutcomeKind.Done => "done", KeyOutcomeKind.NotOffered => "not-offered", _ => "away" }));

    public void CountCrossing(string boundary, StepOutcome outcome, TimeSpan taken)
    {
        var tag = new KeyValuePair<string, object?>("boundary", boundary);
        crossings.Add(1, tag, new("outcome", outcome switch { StepOutcome.Go => "released", StepOutcome.Later => "later", StepOutcome.Return => "returned", _ => "held" }));
        crossing.Record(taken.TotalSeconds, tag);
    }

    public void CountPreempted() => preempted.Add(1);
}
