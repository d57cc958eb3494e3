using System.Diagnostics;
using System.Globalization;
using System.Net;
using MilSwitch.Testing;

namespace MilSwitch.LoadTool;

/// <summary>
/// What a delivered message costs the store and the network, counted and not timed, and how that grows with nodes, with what
/// waits in the store, and with links.
/// </summary>
internal static class ClusterCosts
{
    private const int WaitingSize = 1024;

    /// <summary>Real messages that wait; the rest of what waits are copies of their rows.</summary>
    private const int Templates = 200;

    /// <summary>Of a message that nothing shares a commit with: the next one comes when the last is recorded.</summary>
    private static readonly TimeSpan Alone = TimeSpan.FromMilliseconds(40);

    public static async Task<int> RunAsync(Arguments arguments)
    {
        var nodes = arguments.Numbers("nodes", "1,2,3,5");
        var queued = arguments.Numbers("queued", "1000,10000,100000,1000000");
        var links = arguments.Numbers("links", "1,10,100");
        var alone = arguments.Number("alone", 200);
        var loaded = arguments.Number("loaded", 2000);
        var cycle = arguments.Number("cycle", 150_000);
        var sessions = arguments.Number("sessions", 8);
        var idle = TimeSpan.FromSeconds(arguments.Number("idle", 10));
        var statements = arguments.Text("statements", "no") is not "no";
        var json = arguments.Text("json", "");
        arguments.RefuseOthers();
        if (PostgreSqlInstance.Missing is { } missing)
        {
            Console.WriteLine("skipped: " + missing);
            return 0;
        }

        // One thing grows at a time; what waits grows in one database, so it comes last.
        var points = nodes.Select(n => new Point(n, queued[0], links[0]))
            .Concat(links.Select(l => new Point(nodes[0], queued[0], l)))
            .Concat(queued.Select(q => new Point(nodes[0], q, links[0])))
            .Append(new Point(nodes.Where(n => n <= 3).Max(), queued[^1], links[0]))
            .Distinct().ToList();

        using var workspace = new Workspace("costs");
        await using var server = await PostgreSqlInstance.StartAsync(
            workspace["postgresql"], "shared_preload_libraries = 'pg_stat_statements'", "shared_buffers = 256MB",
            // What it does in the background belongs to no message; it is done between the points.
            "autovacuum = off", "checkpoint_timeout = 1d", "max_wal_size = 32GB").ConfigureAwait(false);
        await server.NewDatabaseAsync().ConfigureAwait(false);
        var store = new CountedStore(server, "test1");
        await store.PrepareAsync().ConfigureAwait(false);
        await using var sink = SinkServer.Start(new SinkOptions { Host = IPAddress.Any, KeepContents = false });

        // The same for all: nodes share what the first of them was started with.
        IReadOnlyList<RouteSetup> routes =
        [
            new RouteSetup("away.test", $"127.0.0.1:{Ports.Free()}"),
            .. Enumerable.Range(0, links.Max()).Select(l => new RouteSetup($"l{l}.test", $"127.0.{1 + (l / 250)}.{1 + (l % 250)}:{sink.Port}", sessions * nodes.Max())),
        ];

        Header();
        var results = new List<CostResult>();
        var have = 0;
        foreach (var point in points) results.AddRange(await MeasureAsync(point).ConfigureAwait(false));

        Measures.WriteJson(json, results);
        Console.WriteLine();
        var met = true;
        foreach (var how in (string[])["alone", "loaded"])
        {
            met &= Flat(results, how, "nodes", p => p.Queued == queued[0] && p.Links == links[0]);
            met &= Flat(results, how, "queued", p => p.Nodes == nodes[0] && p.Links == links[0]);
        }

        // A page is written whole once after each checkpoint, so the log of few messages behind one says nothing of what a message costs.
        met &= FlatLog("nodes", p => p.Queued == queued[0]);
        met &= FlatLog("queued", p => p.Nodes == nodes[0]);
        return met ? 0 : 1;

        bool FlatLog(string what, Func<Point, bool> which)
        {
            var of = results.Where(r => r.How is "cycle" && which(r.Point)).Select(r => r.Each.LogOctets + r.Each.ImageOctets).ToList();
            return of.Count < 2
                || Measures.Require($"cycle of {cycle}, octets of the log a message, most as multiple of the first, over {what}", of.Max() / of[0], w => w <= 1.1, "at most 1.10");
        }

        // The ends of what grows; between them lies nothing else.
        bool IsEnd(Point point) => point.Links == links[0]
            && ((point.Queued == queued[0] && (point.Nodes == nodes[0] || point.Nodes == nodes[^1])) || (point.Queued == queued[^1] && point.Nodes == nodes[0]));

        async Task<IReadOnlyList<CostResult>> MeasureAsync(Point point)
        {
            var folder = RelayComparison.Folder(workspace[$"{point.Nodes}-{point.Queued}-{point.Links}"]);
            if (have < point.Queued)
            {
                if (have == 0) await FillFirstAsync(folder + "-first").ConfigureAwait(false);
                have = await store.FillAsync(point.Queued).ConfigureAwait(false);
            }

            await store.TidyAsync().ConfigureAwait(false);
            var start = Stopwatch.StartNew();
            await using var field = await ClusterField.StartAsync(folder, new ClusterFieldOptions
            {
                Nodes = point.Nodes,
                Connection = server.NetworkConnection("test1"),
                Routes = routes,
                StartLimit = TimeSpan.FromMinutes(5),
            }).ConfigureAwait(false);
            var counted = new CountedField(field, store, sink);
            var started = field.Nodes.Max(n => n.TimeToReady).TotalSeconds;
            await counted.WaitingAsync(point.Queued).ConfigureAwait(false);
            var loadedAfter = start.Elapsed.TotalSeconds;
            if (point.Nodes > 1) await store.SettledAsync().ConfigureAwait(false);
            // Each node knows each link, and what was begun at the start is over.
            await counted.SendAsync(point.Links, 2 * point.Links + 20, 1, Alone).ConfigureAwait(false);
            await counted.SendAsync(point.Links, 300, sessions, TimeSpan.Zero).ConfigureAwait(false);
            await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System).ConfigureAwait(false);

            var rest = await counted.CountAsync(() => Task.Delay(idle, TimeProvider.System)).ConfigureAwait(false);
            if (statements) await store.PrintAsync(rest, 1).ConfigureAwait(false);
            var few = await counted.CountAsync(() => counted.SendAsync(point.Links, alone, 1, Alone)).ConfigureAwait(false);
            if (statements) await store.PrintAsync(few, alone * point.Nodes).ConfigureAwait(false);
            var many = await counted.CountAsync(() => counted.SendAsync(point.Links, loaded, sessions, TimeSpan.Zero)).ConfigureAwait(false);
            if (statements) await store.PrintAsync(many, loaded * point.Nodes).ConfigureAwait(false);
            Cost? whole = null;
            if (cycle > 0 && IsEnd(point))
            {
                // As many for each point, however many nodes they are spread over.
                await store.TidyAsync().ConfigureAwait(false);
                whole = await counted.CountAsync(() => counted.SendAsync(point.Links, cycle / point.Nodes, sessions, TimeSpan.Zero)).ConfigureAwait(false);
            }

            var state = await counted.StateAsync().ConfigureAwait(false);
            TimeSpan? takeOver = point.Nodes > 1 ? await counted.TakeOverAsync(point.Queued).ConfigureAwait(false) : null;
            var result = new List<CostResult>
            {
                new(point, "idle", rest.Divide(rest.Seconds * point.Nodes), state, loadedAfter, takeOver?.TotalSeconds),
                new(point, "alone", few.Minus(rest).Divide(alone * point.Nodes), state, loadedAfter, takeOver?.TotalSeconds),
                new(point, "loaded", many.Minus(rest).Divide(loaded * point.Nodes), state, loadedAfter, takeOver?.TotalSeconds),
            };
            if (whole is not null) result.Add(new(point, "cycle", whole.Minus(rest).Divide(cycle / point.Nodes * point.Nodes), state, loadedAfter, takeOver?.TotalSeconds));
            foreach (var one in result) Row(one);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  ready after {started:0.0} s, all that waits loaded after {loadedAfter:0.0} s; {state.Resident / point.Nodes >> 20} MiB a node; sessions {state.StoreSessions / (double)point.Nodes:0.0} a node; connections to links {state.LinkConnections}, between nodes {state.NodeConnections}{(takeOver is { } took ? $"; a killed node's part owned again after {took.TotalSeconds:0.0} s" : "")}"));
            return result;
        }

        async Task FillFirstAsync(string folder)
        {
            await using var field = await ClusterField.StartAsync(RelayComparison.Folder(folder), new ClusterFieldOptions
            {
                Nodes = 1, Connection = server.NetworkConnection("test1"), Routes = routes,
            }).ConfigureAwait(false);
            var ledger = new Ledger();
            await SmtpBlaster.RunAsync(
                new BlastOptions { Port = field.Setups[0].Port, Sessions = 4, Messages = Templates, Size = WaitingSize, Recipient = _ => "load@away.test" }, ledger).ConfigureAwait(false);
            if (ledger.AcceptedCount != Templates) throw new InvalidOperationException($"{ledger.AcceptedCount} of {Templates} messages were accepted");
            await field[0].TerminateAsync().ConfigureAwait(false);
        }
    }

    private static void Header() => Measures.Row(
        "nodes/queued/links", "commits", "statements", "pages", "rows", "index entries", "log octets", "page images", "to store", "from store", "nodes' octets");

    private static void Row(CostResult result)
    {
        var cost = result.Each;
        Measures.Row(
            $"{result.Point} {result.How}", cost.Commits, cost.Statements, cost.Pages, cost.Rows, cost.IndexEntries, cost.LogOctets, cost.ImageOctets,
            cost.ToStore, cost.FromStore, cost.BetweenNodes);
    }

    private static bool Flat(List<CostResult> results, string how, string what, Func<Point, bool> which)
    {
        var of = results.Where(r => r.How == how && which(r.Point)).ToList();
        if (of.Count < 2) return true;
        var met = true;
        foreach (var (name, value) in ((string, Func<Cost, double>)[])
                 [("statements a message", c => c.Statements), ("octets to and from the store a message", c => c.ToStore + c.FromStore), ("octets of the log a message without images", c => c.LogOctets)])
        {
            var first = value(of[0].Each);
            var worst = of.Max(r => value(r.Each)) / first;
            met &= Measures.Require($"{how}, {name}, most as multiple of the first, over {what}", worst, w => w <= 1.1, "at most 1.10");
        }

        return met;
    }
}

/// <summary>Where it was counted.</summary>
internal sealed record Point(int Nodes, int Queued, int Links)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Nodes}/{Queued}/{Links}");
}

/// <param name="How">"idle": a node and second; "alone", "loaded": a message, what goes on when idle subtracted; "cycle": loaded, so many as come between two checkpoints.</param>
internal sealed record CostResult(Point Point, string How, Cost Each, FieldState State, double LoadSeconds, double? TakeOverSeconds);

/// <summary>What was used while something was done.</summary>
internal sealed record Cost
{
    public double Seconds { get; init; }

    /// <summary>Transactions of the nodes' writers; each is one round trip.</summary>
    public double Commits { get; init; }

    /// <summary>Of all sessions.</summary>
    public double Statements { get; init; }

    /// <summary>Pages of tables and indexes that they looked at.</summary>
    public double Pages { get; init; }

    /// <summary>Rows inserted, updated and deleted.</summary>
    public double Rows { get; init; }

    public double IndexEntries { get; init; }

    /// <summary>Octets of the server's log without images of whole pages.</summary>
    public double LogOctets { get; init; }

    /// <summary>Of pages that were written for the first time since the last checkpoint.</summary>
    public double ImageOctets { get; init; }

    public double ToStore { get; init; }

    public double FromStore { get; init; }

    /// <summary>Sent from node to node, inside TLS.</summary>
    public double BetweenNodes { get; init; }

    /// <summary>Without what would have been used in that time anyway.</summary>
    public Cost Minus(Cost idle) => Combine(idle, (a, b) => a - (b * Seconds / idle.Seconds));

    public Cost Divide(double by) => Combine(this, (a, _) => a / by);

    private Cost Combine(Cost other, Func<double, double, double> how) => new()
    {
        Seconds = Seconds,
        Commits = how(Commits, other.Commits),
        Statements = how(Statements, other.Statements),
        Pages = how(Pages, other.Pages),
        Rows = how(Rows, other.Rows),
        IndexEntries = how(IndexEntries, other.IndexEntries),
        LogOctets = how(LogOctets, other.LogOctets),
        ImageOctets = how(ImageOctets, other.ImageOctets),
        ToStore = how(ToStore, other.ToStore),
        FromStore = how(FromStore, other.FromStore),
        BetweenNodes = how(BetweenNodes, other.BetweenNodes),
    };
}

/// <summary>What the nodes hold at a time, all together.</summary>
internal sealed record FieldState(long Resident, int StoreSessions, double LinkConnections, double NodeConnections);

/// <summary>A database that says what it was asked.</summary>
internal sealed class CountedStore(PostgreSqlInstance server, string database)
{
    // What this program asks does not count.
    private const string Counted = "FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query NOT LIKE '%pg_stat_%' AND query NOT LIKE '%pg_current_wal%' AND query NOT LIKE '%pg_get_wal%'";

    public int Port => server.Port;

    public async Task PrepareAsync()
    {
        await AskAsync("CREATE EXTENSION pg_stat_statements").ConfigureAwait(false);
        await AskAsync("CREATE EXTENSION pg_walinspect").ConfigureAwait(false);
    }

    /// <summary>Counting begins; returns where the log is.</summary>
    public Task<string> BeginAsync() => AskAsync("SELECT pg_stat_statements_reset() IS NULL, pg_current_wal_flush_lsn()");

    /// <summary>What was asked and written since.</summary>
    public async Task<Cost> EndAsync(string begun)
    {
        var asked = await NumbersAsync($"SELECT coalesce(sum(calls), 0), coalesce(sum(calls) FILTER (WHERE query LIKE 'SELECT take_turn%'), 0), coalesce(sum(shared_blks_hit + shared_blks_read), 0) {Counted}").ConfigureAwait(false);
        var from = begun[(begun.IndexOf('|', StringComparison.Ordinal) + 1)..];
        var to = await AskAsync("SELECT pg_current_wal_flush_lsn()").ConfigureAwait(false);
        if (from == to) return new Cost { Statements = asked[0], Commits = asked[1], Pages = asked[2] };
        var written = await NumbersAsync(
            $"""
            SELECT coalesce(sum(count) FILTER (WHERE t ~ '^Heap2?/(INSERT|MULTI_INSERT|UPDATE|HOT_UPDATE|DELETE)'), 0),
                coalesce(sum(count) FILTER (WHERE t ~ '^Btree/INSERT_'), 0), coalesce(sum(record_size), 0), coalesce(sum(fpi_size), 0)
            FROM (SELECT "resource_manager/record_type" AS t, * FROM pg_get_wal_stats('{from}', '{to}', true)) AS s
            """).ConfigureAwait(false);
        return new Cost
        {
            Statements = asked[0], Commits = asked[1], Pages = asked[2], Rows = written[0], IndexEntries = written[1], LogOctets = written[2], ImageOctets = written[3],
        };
    }

    /// <summary>The statements that were counted, most pages first.</summary>
    public async Task PrintAsync(Cost cost, double by)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {cost.Seconds:0.0} s; calls, rows, pages, each divided by {by}"));
        Console.WriteLine(await AskAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT '  ' || round((calls / {by:0.0})::numeric, 3), round((rows / {by:0.0})::numeric, 3), round(((shared_blks_hit + shared_blks_read) / {by:0.0})::numeric, 2), round((wal_bytes / {by:0.0})::numeric, 1), round((total_exec_time * 1000 / {by:0.0})::numeric, 1), left(regexp_replace(query, '\\s+', ' ', 'g'), 110) {Counted} ORDER BY shared_blks_hit + shared_blks_read DESC LIMIT 25")).ConfigureAwait(false));
    }

    /// <summary>Copies rows of real messages until so many wait. Only while no node runs. Returns how many wait.</summary>
    public async Task<int> FillAsync(int wanted)
    {
        var have = (int)(await NumbersAsync("SELECT count(*) FROM message WHERE state < 4").ConfigureAwait(false))[0];
        if (have >= wanted) return have;
        // Copies are of a run of their own, whose numbers nobody uses again.
        var run = (await NumbersAsync("UPDATE counter SET value = value + 1 WHERE name = 'run' RETURNING value").ConfigureAwait(false))[0];
        await AskAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            BEGIN;
            INSERT INTO run (id, node) VALUES ({run}, 'copies');
            CREATE TEMP TABLE template AS SELECT row_number() OVER (ORDER BY id) - 1 AS k, * FROM message WHERE state < 4 ORDER BY id LIMIT {Math.Min(have, 200)};
            CREATE TEMP TABLE said AS SELECT DISTINCT ON (message) * FROM audit WHERE message IN (SELECT id FROM template) ORDER BY message, seq;
            CREATE TEMP TABLE copy AS SELECT ({run}::bigint << 40) | (g::bigint << 6) | (g & 63) AS copied, t.* FROM generate_series(1, {wanted - have}) g JOIN template t ON t.k = g % {Math.Min(have, 200)};
            ANALYZE copy; ANALYZE said;
            INSERT INTO message (id, accepted, size, checksum, parent, field, state, precedence, initial, content, message_id, held_because, digest, trace, envelope)
                SELECT copied, accepted, size, checksum, parent, hashint8extended(copied, 1), state, precedence, initial, content, '<' || copied || '@copy.test>', held_because, digest, trace, envelope FROM copy ORDER BY copied;
            INSERT INTO content (id, data) SELECT c.copied, o.data FROM copy c JOIN content o ON o.id = c.id ORDER BY c.copied;
            INSERT INTO duplicate (key, message, at) SELECT gen_random_uuid(), copied, accepted FROM copy;
            INSERT INTO audit (run, seq, at, message, recipient, kind, detail, actor, hash)
                SELECT {run}, row_number() OVER (ORDER BY c.copied), a.at, c.copied, a.recipient, a.kind, a.detail, a.actor, a.hash FROM copy c JOIN said a ON a.message = c.id;
            COMMIT
            """)).ConfigureAwait(false);
        return wanted;
    }

    public async Task TidyAsync()
    {
        await AskAsync("VACUUM (ANALYZE)").ConfigureAwait(false);
        await AskAsync("CHECKPOINT").ConfigureAwait(false);
    }

    /// <summary>Returns when no partition has moved for longer than it takes to look whether one should.</summary>
    public async Task SettledAsync()
    {
        var (last, since) = (-1.0, Stopwatch.StartNew());
        while (since.Elapsed < TimeSpan.FromSeconds(12))
        {
            if ((await NumbersAsync("SELECT sum(epoch) FROM ownership").ConfigureAwait(false))[0] is var now && now != last) (last, since) = (now, Stopwatch.StartNew());
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System).ConfigureAwait(false);
        }
    }

    public async Task<int> SessionsAsync() => (int)(await NumbersAsync("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'milswitch %'").ConfigureAwait(false))[0];

    private Task<string> AskAsync(string sql) => server.QueryAsync(database, sql);

    private async Task<IReadOnlyList<double>> NumbersAsync(string sql) =>
        [.. (await AskAsync(sql).ConfigureAwait(false)).Split('|').Select(t => double.Parse(t, CultureInfo.InvariantCulture))];
}

/// <summary>Nodes under load whose costs are counted.</summary>
internal sealed class CountedField(ClusterField field, CountedStore store, SinkServer sink)
{
    private const int Size = 4096;

    private static readonly HttpClient Client = new();
    private static long books;

    /// <summary>So many messages through each node; returns when the sink has them all and they are recorded.</summary>
    public async Task SendAsync(int links, int messages, int sessions, TimeSpan pause)
    {
        var goal = sink.Accepted + (messages * field.Setups.Count);
        var results = await Task.WhenAll(field.Setups.Select(node => SmtpBlaster.RunAsync(
            new BlastOptions
            {
                Port = node.Port, Sessions = sessions, Messages = messages, Size = Size, Pause = pause,
                Recipient = serial => string.Create(CultureInfo.InvariantCulture, $"load@l{serial % links}.test"),
            },
            new Ledger(Interlocked.Increment(ref books) * Ledger.Range)))).ConfigureAwait(false);
        if (results.Sum(r => r.Accepted) != messages * field.Setups.Count) throw new InvalidOperationException($"not all messages were accepted: {string.Join("; ", results.Select(r => $"{r.Accepted} accepted, {r.Broken} broken, {string.Join(", ", r.Replies)}"))}");
        await Eventually.ComesTrueAsync(() => sink.Accepted >= goal, TimeSpan.FromMinutes(5), "all messages are delivered").ConfigureAwait(false);
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System).ConfigureAwait(false);
    }

    public async Task<Cost> CountAsync(Func<Task> work)
    {
        var begun = await store.BeginAsync().ConfigureAwait(false);
        var (network, octets) = (await NetworkAsync().ConfigureAwait(false), await SumAsync("milswitch_node_octets_bytes_total{direction=\"out\"}").ConfigureAwait(false));
        var watch = Stopwatch.StartNew();
        await work().ConfigureAwait(false);
        var seconds = watch.Elapsed.TotalSeconds;
        var later = await NetworkAsync().ConfigureAwait(false);
        var cost = await store.EndAsync(begun).ConfigureAwait(false);
        return cost with
        {
            Seconds = seconds,
            ToStore = later.Sent - network.Sent,
            FromStore = later.Received - network.Received,
            BetweenNodes = await SumAsync("milswitch_node_octets_bytes_total{direction=\"out\"}").ConfigureAwait(false) - octets,
        };
    }

    /// <summary>Returns when the nodes have so many waiting messages in their hands.</summary>
    public Task WaitingAsync(int messages) => Eventually.ComesTrueAsync(
        async () => await SumAsync("milswitch_queued{").ConfigureAwait(false) >= messages, TimeSpan.FromMinutes(5), $"{messages} messages are loaded");

    public async Task<FieldState> StateAsync() => new(
        field.Nodes.Where(n => n.IsRunning).Sum(n => n.ResidentOctets), await store.SessionsAsync().ConfigureAwait(false),
        await SumAsync("milswitch_link_connections{").ConfigureAwait(false), await SumAsync("milswitch_node_connections").ConfigureAwait(false));

    /// <summary>Kills the last node; the time until the others have all that waits in their hands.</summary>
    public async Task<TimeSpan> TakeOverAsync(int messages)
    {
        var from = Stopwatch.GetTimestamp();
        await field[field.Setups.Count - 1].KillAsync().ConfigureAwait(false);
        await WaitingAsync(messages).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(from);
    }

    /// <summary>A metric of all nodes that run; all series that begin so.</summary>
    private async Task<double> SumAsync(string series)
    {
        var sum = 0.0;
        foreach (var node in field.Nodes.Where(n => n.IsRunning))
        {
            var text = await Client.GetStringAsync(new Uri($"http://127.0.0.1:{node.Setup.MetricsPort}/metrics")).ConfigureAwait(false);
            sum += text.Split('\n').Where(l => l.StartsWith(series, StringComparison.Ordinal)).Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
        }

        return sum;
    }

    /// <summary>What the kernel says of the connections to the store that are open. They stay open for minutes.</summary>
    private async Task<(double Sent, double Received)> NetworkAsync()
    {
        using var tool = Process.Start(new ProcessStartInfo("ss", ["-tinHO", "dport", "=", string.Create(CultureInfo.InvariantCulture, $":{store.Port}")]) { RedirectStandardOutput = true })!;
        var text = await tool.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
        await tool.WaitForExitAsync().ConfigureAwait(false);
        return (Sum("bytes_sent:"), Sum("bytes_received:"));

        double Sum(string name) => text.Split(' ', '\n').Where(w => w.StartsWith(name, StringComparison.Ordinal)).Sum(w => double.Parse(w[name.Length..], CultureInfo.InvariantCulture));
    }
}
