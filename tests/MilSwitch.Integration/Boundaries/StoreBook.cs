using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Storage.Sqlite;
using MilSwitch.Testing;

namespace MilSwitch.Integration.Boundaries;

/// <summary>All messages of a store whose switch has ended.</summary>
internal sealed class StoreBook : IAsyncDisposable
{
    private const int Page = 1_000;

    private readonly SqliteSpool spool;

    private StoreBook(SqliteSpool spool, IReadOnlyList<StoredMessage> all)
    {
        this.spool = spool;
        All = all;
        Copies = all.Where(m => m.Parent is not null).ToLookup(m => m.Parent!.Value);
    }

    public IReadOnlyList<StoredMessage> All { get; }

    /// <summary>What came over SMTP.</summary>
    public IEnumerable<StoredMessage> Came => All.Where(m => m is { Parent: null, Envelope.Origin.ClientAddress.Length: > 0 });

    /// <summary>What was made from a message: what a boundary released, and reports.</summary>
    public ILookup<MessageId, StoredMessage> Copies { get; }

    public static async Task<StoreBook> OpenAsync(string dataFolder)
    {
        var spool = await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = dataFolder }, TimeProvider.System, NullLoggerFactory.Instance, default);
        var all = new List<StoredMessage>();
        while (await spool.QueryAsync(new MessageQuery { Limit = Page, Before = all.Count is 0 ? null : all[^1].Id }) is { Count: > 0 } page) all.AddRange(page);
        return new StoreBook(spool, all);
    }

    /// <summary>The chain of custody; empty: there is none.</summary>
    public async Task<IReadOnlyList<CustodyRecord>> CustodyAsync(MessageId id) =>
        await spool.ReadDocumentAsync(BoundaryDocuments.Custody, id.ToString()) is { } json ? BoundaryDocuments.ReadCustody(json) : [];

    /// <summary>The decisions of all passages, oldest first.</summary>
    public async Task<IReadOnlyList<CrossingRecord>> DecisionsAsync(MessageId id) =>
        await spool.ReadDocumentAsync(BoundaryDocuments.Decisions, id.ToString()) is { } json ? BoundaryDocuments.ReadDecisions(json) : [];

    public ValueTask DisposeAsync() => spool.DisposeAsync();

    /// <summary>Waits until a node has nothing to do: what is accepted is delivered, held or at its end.</summary>
    public static async Task RestsAsync(SwitchProcess node, TimeSpan within)
    {
        using var client = new HttpClient();
        long? quietSince = null;
        await Eventually.ComesTrueAsync(
            async () =>
            {
                var text = await client.GetStringAsync($"http://127.0.0.1:{node.Setup.MetricsPort}/metrics");
                var waiting = text.Split('\n').Where(l => l.StartsWith("milswitch_queued{", StringComparison.Ordinal)).Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));
                // Once could be between two steps, and what is counted is up to a second old.
                quietSince = waiting is 0 ? quietSince ?? TimeProvider.System.GetTimestamp() : null;
                return quietSince is { } since && TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(2.5);
            },
            within, "nothing waits");
    }
}
