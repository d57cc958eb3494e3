using System.Collections.Concurrent;
using System.Diagnostics;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Testing;

/// <summary>
/// Load on every node of a field, in all six levels, with a book for each node; and what becomes of a node's messages when
/// something happens to it. Thread-safe.
/// </summary>
public sealed class ClusterLoad : IAsyncDisposable
{
    private readonly ClusterField field;
    private readonly SinkServer sink;
    private readonly CancellationTokenSource stop = new();
    private readonly Ledger[] ledgers;
    private readonly Task<BlastResult>[] blasts;
    private readonly ConcurrentDictionary<Watch, byte> watches = new();

    private ClusterLoad(ClusterField field, SinkServer sink, int sessions, TimeSpan pause)
    {
        this.field = field;
        this.sink = sink;
        ledgers = [.. Enumerable.Range(0, field.Setups.Count).Select(n => new Ledger(n * Ledger.Range))];
        sink.Arrived += OnArrived;
        blasts =
        [
            .. ledgers.Select((ledger, n) => SmtpBlaster.RunAsync(
                new BlastOptions
                {
                    Host = System.Net.IPAddress.Parse(field.Setups[n].Host), Port = field.Setups[n].Port, Sessions = sessions, KeepTrying = true, Pause = pause, Size = 4096,
                    Precedence = static serial => LevelOf(serial),
                },
                ledger, stop.Token)),
        ];
    }

    /// <param name="field">Its nodes relay to the sink.</param>
    /// <param name="sink">Nobody else sends to it.</param>
    /// <param name="sessions">With each node.</param>
    /// <param name="pause">Of each session between two messages.</param>
    public static ClusterLoad Start(ClusterField field, SinkServer sink, int sessions = 6, TimeSpan? pause = null) =>
        new(field, sink, sessions, pause ?? TimeSpan.FromMilliseconds(5));

    /// <summary>Answered 250 by a node, up to now.</summary>
    public int AcceptedBy(int node) => ledgers[node].AcceptedCount;

    /// <summary>The first arrival from now on that counts, as Stopwatch time. Null: none came.</summary>
    /// <param name="within">How long it is waited for.</param>
    /// <param name="counts">Asked about each arrival, by its serial.</param>
    public async Task<long?> FirstAsync(TimeSpan within, Func<long, SinkTransaction, bool> counts)
    {
        var watch = new Watch(counts);
        watches[watch] = 0;
        try
        {
            return await watch.First.Task.WaitAsync(within).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            watches.TryRemove(watch, out _);
        }
    }

    /// <summary>It is at the sink.</summary>
    public bool HasArrived(long serial) => LedgerOf(serial) is { } ledger && ledger.HasArrived(serial);

    /// <summary>The node whose client sent it.</summary>
    public static int NodeOf(long serial) => (int)((serial - 1) / Ledger.Range);

    /// <summary>No new messages; waits until all that was accepted has arrived.</summary>
    public async Task<ClusterBalance> EndAsync(TimeSpan patience)
    {
        await stop.CancelAsync().ConfigureAwait(false);
        var results = await Task.WhenAll(blasts).ConfigureAwait(false);
        for (var end = Stopwatch.StartNew(); ledgers.Any(l => l.OnTheirWay.Count > 0) && end.Elapsed < patience;)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System).ConfigureAwait(false);
        return new ClusterBalance([.. ledgers.Select(l => l.Balance())], results)
        {
            SlowestUrgent = ledgers.Select(l => l.Slowest(n => LevelOf(n).IsUrgent())?.Took).Max() ?? TimeSpan.Zero,
        };
    }

    public async ValueTask DisposeAsync()
    {
        sink.Arrived -= OnArrived;
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(blasts).ConfigureAwait(false);
        stop.Dispose();
    }

    private static Precedence LevelOf(long serial) => (Precedence)(serial % PrecedenceExtensions.Count);

    private void OnArrived(SinkTransaction transaction)
    {
        if (!long.TryParse(transaction.Field(Ledger.Field), out var number) || LedgerOf(number) is not { } ledger) return;
        ledger.Arrive(transaction);
        foreach (var (watch, _) in watches)
            if (watch.Counts(number, transaction)) watch.First.TrySetResult(transaction.Ended);
    }

    private Ledger? LedgerOf(long serial) => NodeOf(serial) is >= 0 and var node && node < ledgers.Length ? ledgers[node] : null;

    private sealed record Watch(Func<long, SinkTransaction, bool> Counts)
    {
        public TaskCompletionSource<long?> First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>The end of a load.</summary>
/// <param name="Nodes">By node.</param>
/// <param name="Blasts">What the clients of each were answered.</param>
public sealed record ClusterBalance(IReadOnlyList<LedgerBalance> Nodes, IReadOnlyList<BlastResult> Blasts)
{
    /// <summary>From the client's 250 to the sink's, of Immediate and above.</summary>
    public TimeSpan SlowestUrgent { get; init; }

    public int Accepted => Nodes.Sum(n => n.Accepted);

    public int Lost => Nodes.Sum(n => n.Lost.Count);

    public long Duplicates => Nodes.Sum(n => n.Duplicates);

    public long Unmarked => Nodes.Sum(n => n.UnmarkedDuplicates);

    public long Refused => Blasts.Sum(b => b.Refused);

    public override string ToString() => string.Join("; ", Nodes.Select((n, i) => $"n{i + 1}: {n}")) + $"; {Refused} refused";
}
