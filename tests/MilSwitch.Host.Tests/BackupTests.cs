using System.Diagnostics;
using System.Globalization;
using System.Text;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>The steps of <c>docs/operations/backup.md</c> with real nodes and a copy made by tar.</summary>
[Trait("Category", "Integration")]
public sealed class BackupTests : IAsyncLifetime
{
    private const string QuickRetries = "precedence:\n  routine: { retry: [1s] }\n";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Workspace workspace = new("backup");
    private readonly SinkServer sink = SinkServer.Start();
    private SwitchProcess? node;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (node is not null) await node.DisposeAsync();
        await sink.DisposeAsync();
        workspace.Dispose();
    }

    [Fact]
    [Trait("Threat", "F37")]
    public async Task Nothing_leaves_a_restored_store_before_somebody_lets_it()
    {
        // Three messages wait for a next hop that is away; then the copy.
        sink.StopListening();
        var real = new SwitchSetup { DataFolder = workspace["data"], Routes = [new RouteSetup("*", sink.NextHop)], Extra = QuickRetries };
        node = await SwitchProcess.StartAsync(workspace.Folder, real);
        for (var i = 1; i <= 3; i++) await SendAsync($"before-{i}");
        Assert.Equal(0, await node.TerminateAsync());
        await TarAsync("-C", workspace.Folder, "-czf", workspace["copy.tar.gz"], "data");

        // They are delivered, and so is one that the copy knows nothing of.
        sink.StartListening();
        await node.StartAsync();
        await SendAsync("after-the-copy");
        await sink.WaitForAsync(4, Patience);
        await Eventually.ComesTrueAsync(async () => (await QueueAsync()).Length is 0, Patience, "the queue is empty");
        Assert.Equal(0, await node.TerminateAsync());

        // The copy comes back, and a quiet start gives the standing order.
        Directory.Delete(workspace["data"], recursive: true);
        await TarAsync("-C", workspace.Folder, "-xzf", workspace["copy.tar.gz"]);
        node.Configure(real with { Whole = Quiet(real) });
        await node.StartAsync();
        var order = await node.CommandAsync("rule", "add", "suspend", "--scope", "node", "--reason", "restored from the copy of Monday");
        Assert.True(order.ExitCode is 0, order.Error);
        Assert.Equal(0, await node.TerminateAsync());

        // The real node takes new mail, and everything waits.
        node.Configure(real);
        await node.StartAsync();
        await SendAsync("new");
        var waiting = await QueueAsync();
        Assert.Equal(4, waiting.Length);
        Assert.Equal(4, sink.Accepted);

        // One is known to be delivered; the rest goes, and what went before the restore goes again with the same Message-ID.
        var first = waiting.Order(StringComparer.Ordinal).First();
        var gone = await node.CommandAsync("message", "delete", first, "--reason", "delivered before the restore", "--yes");
        Assert.True(gone.ExitCode is 0, gone.Error);
        var lifted = await node.CommandAsync("rule", "remove", order.Output.Trim(), "--reason", "compared");
        Assert.True(lifted.ExitCode is 0, lifted.Error);
        await sink.WaitForAsync(7, Patience);
        Assert.Equal(["<before-2@home.test>", "<before-3@home.test>", "<new@home.test>"], sink.Transactions.Skip(4).Select(t => t.Field("Message-ID")).Order(StringComparer.Ordinal));
        // It was not about to be sent when the copy was made, so nothing marks it; hence the order.
        Assert.All(sink.Transactions, t => Assert.Null(t.Field("X-MilSwitch-Suspected-Duplicate")));
    }

    [Fact]
    [Trait("Threat", "F37")]
    public async Task A_copy_of_a_node_under_load_has_all_that_was_accepted_before_and_sends_nothing_before_somebody_lets_it()
    {
        await using var away = SinkServer.Start();
        away.StopListening();
        var setup = new SwitchSetup { DataFolder = workspace["data"], Routes = [new RouteSetup("away.test", away.NextHop), new RouteSetup("*", sink.NextHop)], Extra = QuickRetries };
        node = await SwitchProcess.StartAsync(workspace.Folder, setup);
        // Large ones are files, and those of the load come and go while the copy is made.
        var large = new string('x', 200_000);
        for (var i = 1; i <= 6; i++) await SendAsync($"before-{i}", i % 2 is 0 ? string.Concat(Enumerable.Repeat(large[..70] + "\r\n", 3000)) : "short");
        using var stop = new CancellationTokenSource();
        var load = SmtpBlaster.RunAsync(new BlastOptions { Port = node.Port, Sessions = 4, Size = 150_000, Pause = TimeSpan.FromMilliseconds(5) }, new Ledger(), stop.Token);
        await sink.WaitForAsync(20, Patience);
        var waiting = (await QueueAsync("--recipient", "away.test")).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(6, waiting.Length);
        var made = await node.CommandAsync("db", "backup", workspace["copy"], "--reason", "before the upgrade");
        Assert.True(made.ExitCode is 0, made.Output + made.Error);
        var again = await node.CommandAsync("db", "backup", workspace["copy"], "--reason", "once more");
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("is not empty", again.Output, StringComparison.Ordinal);
        await stop.CancelAsync();
        await load;
        Assert.Contains("store-copied", (await node.CommandAsync("audit", "search", "--kind", "store-copied")).Output, StringComparison.Ordinal);
        await node.KillAsync();

        away.StartListening();
        node.Configure(setup with { DataFolder = workspace["copy"] });
        await node.StartAsync();
        var accepted = sink.Accepted;
        Assert.Subset((await QueueAsync()).ToHashSet(StringComparer.Ordinal), waiting.ToHashSet(StringComparer.Ordinal));
        var check = await node.CommandAsync("db", "check");
        Assert.True(check.ExitCode is 0, check.Output + check.Error);
        var rules = await node.CommandAsync("rule", "list");
        Assert.Contains("restored from the copy of", rules.Output, StringComparison.Ordinal);
        await SendAsync("new");
        Assert.Equal((0, accepted), (away.Accepted, sink.Accepted));

        var lifted = await node.CommandAsync("rule", "remove", "restored", "--reason", "compared");
        Assert.True(lifted.ExitCode is 0, lifted.Error);
        await away.WaitForAsync(7, Patience);
        Assert.Equal(["before-1", "before-2", "before-3", "before-4", "before-5", "before-6", "new"], away.Transactions.Select(t => t.Field("Subject")).Order(StringComparer.Ordinal));
    }

    private static string Quiet(SwitchSetup real) => string.Create(CultureInfo.InvariantCulture, $$"""
        node:
          name: {{real.Node}}
          data: {{real.DataFolder}}
        {{QuickRetries}}
        listeners:
          - { name: mta, endpoint: "127.0.0.1:{{Ports.Free()}}", clients: [] }
        routes:
          - { match: "*", next-hop: "127.0.0.1:9" }
        admin: { endpoint: "127.0.0.1:{{real.AdminPort}}", tls: { mode: none } }

        """);

    private async Task SendAsync(string name, string? body = null)
    {
        await using var client = await SmtpDialogue.ConnectAsync(node!.Port);
        var text = $"From: a@home.test\r\nTo: b@away.test\r\nSubject: {name}\r\nDate: Sat, 28 Nov 2026 12:00:00 +0000\r\nMessage-ID: <{name}@home.test>\r\n\r\n{body ?? $"Text of {name}."}\r\n";
        Assert.Equal(250, (await client.MailAsync("a@home.test", ["b@away.test"], Encoding.ASCII.GetBytes(text))).Code);
    }

    private async Task<string[]> QueueAsync(params string[] filter)
    {
        var list = await node!.CommandAsync(["queue", "list", "--ids", .. filter]);
        Assert.True(list.ExitCode is 0, list.Error);
        return list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task TarAsync(params string[] arguments)
    {
        using var tar = Process.Start(new ProcessStartInfo("tar", arguments))!;
        await tar.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal(0, tar.ExitCode);
    }
}
