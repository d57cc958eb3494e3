using System.Collections.Concurrent;
using System.Diagnostics;

namespace MilSwitch.Testing;

/// <summary>
/// Double-entry book of a run: the serials that were answered 250, and those that arrived. Thread-safe. A serial is sent
/// once only, so whatever arrives twice was doubled by what stands between.
/// </summary>
public sealed class Ledger
{
    /// <summary>So many serials belong to one book.</summary>
    public const long Range = 1_000_000_000;

    /// <summary>The header field that carries the serial.</summary>
    public const string Field = "X-Load-Serial";

    private readonly ConcurrentDictionary<long, long> accepted = new();
    private readonly ConcurrentDictionary<long, byte> unanswered = new();
    private readonly ConcurrentDictionary<long, Arrivals> arrived = new();
    private readonly long from;
    private long serial;

    /// <param name="from">Serials begin behind this number; others are not this book's. A multiple of <see cref="Range"/>.</param>
    public Ledger(long from = 0) => serial = this.from = from;

    public int AcceptedCount => accepted.Count;

    public int ArrivedCount => arrived.Count;

    public long NextSerial() => Interlocked.Increment(ref serial);

    public void Accept(long number) => accepted[number] = Stopwatch.GetTimestamp();

    /// <summary>The connection broke between the final dot and its answer: it may arrive or not.</summary>
    public void Unanswered(long number) => unanswered[number] = 0;

    /// <summary>Counts what a sink took, when it carries a serial.</summary>
    public void Arrive(SinkTransaction transaction)
    {
        if (!long.TryParse(transaction.Field(Field), out var number) || number <= from || number > from + Range) return;
        var marked = transaction.Field("X-MilSwitch-Suspected-Duplicate") is not null;
        arrived.AddOrUpdate(
            number,
            _ => new Arrivals(1, marked ? 1 : 0, transaction.Ended),
            (_, before) => before with { Count = before.Count + 1, Marked = before.Marked + (marked ? 1 : 0) });
    }

    /// <summary>Serials that were answered 250 and have not arrived.</summary>
    public IReadOnlyList<long> OnTheirWay => [.. accepted.Keys.Where(n => !arrived.ContainsKey(n))];

    public bool HasArrived(long number) => arrived.ContainsKey(number);

    /// <summary>From the client's 250 to the sink's; null while it is on its way. May be negative by a little.</summary>
    public TimeSpan? Latency(long number) =>
        accepted.TryGetValue(number, out var from) && arrived.TryGetValue(number, out var to) ? Stopwatch.GetElapsedTime(from, to.First) : null;

    /// <summary>The longest way of those that arrived and for which this is true; null: there is none.</summary>
    public (long Serial, TimeSpan Took)? Slowest(Func<long, bool> which)
    {
        (long, TimeSpan Took)? slowest = null;
        foreach (var (number, to) in arrived)
        {
            if (!which(number) || !accepted.TryGetValue(number, out var from)) continue;
            var took = Stopwatch.GetElapsedTime(from, to.First);
            if (slowest is null || took > slowest.Value.Took) slowest = (number, took);
        }

        return slowest;
    }

    public LedgerBalance Balance()
    {
        long duplicates = 0, unmarked = 0, marked = 0;
        foreach (var (_, arrivals) in arrived)
        {
            duplicates += arrivals.Count - 1;
            marked += arrivals.Marked;
            // One of the copies is the original and needs no mark.
            unmarked += Math.Max(0, arrivals.Count - 1 - arrivals.Marked);
        }

        return new LedgerBalance(
            accepted.Count, arrived.Count, [.. accepted.Keys.Where(n => !arrived.ContainsKey(n)).Order()], duplicates, unmarked, marked,
            unanswered.Count, unanswered.Keys.Count(arrived.ContainsKey));
    }

    private readonly record struct Arrivals(int Count, int Marked, long First);
}

/// <summary>The end of a run.</summary>
/// <param name="Accepted">Answered 250.</param>
/// <param name="Arrived">Different serials at the sink.</param>
/// <param name="Lost">Answered 250 and not at the sink: must be empty.</param>
/// <param name="Duplicates">Arrivals beyond the first of each serial.</param>
/// <param name="UnmarkedDuplicates">Of these, those that no copy's suspicion field accounts for.</param>
/// <param name="Marked">Arrivals that carried the suspicion field, doubled or not.</param>
/// <param name="Unanswered">Connections that broke between the final dot and its answer.</param>
/// <param name="UnansweredArrived">Of these, those that arrived all the same.</param>
public sealed record LedgerBalance(
    int Accepted, int Arrived, IReadOnlyList<long> Lost, long Duplicates, long UnmarkedDuplicates, long Marked, int Unanswered, int UnansweredArrived)
{
    public override string ToString() =>
        $"accepted {Accepted}, arrived {Arrived}, lost {Lost.Count}, duplicates {Duplicates} ({UnmarkedDuplicates} unmarked), "
        + $"marked {Marked}, unanswered {Unanswered} ({UnansweredArrived} arrived)";
}
