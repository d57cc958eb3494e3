using System.Globalization;
using System.Text.Json;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>The commands of <c>docs/operations/backup.md#postgresql</c>, as they stand there, with a real server and a real node.</summary>
public sealed class PostgreSqlBackupTests : FieldTest
{
    private const string Owner = "owner";

    private static readonly string[] Page = File.ReadAllLines(Path.Combine(Testing.Workspace.RepositoryRoot, "docs/operations/backup.md"));

    [RequiresFact("postgres")]
    [Trait("Threat", "F37")]
    public async Task A_dump_brings_back_what_waited_and_lets_nothing_go_by_itself()
    {
        await using var server = await StartServerAsync();
        var (field, sink) = await StartAsync(server);
        var node = field[0];
        sink.StopListening();
        foreach (var name in (string[])["before 1", "before 2"]) await SubmitAsync(node, Message(name));
        await SubmitAsync(node, Message("before 3", string.Concat(Enumerable.Repeat("A long line of a long message, one of many.\r\n", 10_000))));
        await RunAsync(server, "pg_dump ");
        var ids = await QueueAsync(node);

        sink.StartListening();
        await SubmitAsync(node, Message("after"));
        await sink.WaitForAsync(4, Soon);
        await Eventually.ComesTrueAsync(async () => (await QueueAsync(node)).Length is 0, Soon, "the queue is empty");
        Assert.Equal(0, await node.TerminateAsync());

        await RunAsync(server, "sudo -u postgres dropdb ");
        await RunAsync(server, "sudo -u postgres createdb ");
        await RunAsync(server, "sudo -u postgres pg_restore ");
        await RunAsync(server, "sudo -u postgres psql -d milswitch -c ");
        var real = node.Setup;
        node.Configure(real with { Whole = Quiet(real) });
        await node.StartAsync();
        var order = await node.CommandAsync("rule", "add", "suspend", "--scope", "node", "--reason", "restored from the dump of Monday");
        Assert.True(order.ExitCode is 0, order.Error);
        Assert.Equal(0, await node.TerminateAsync());
        node.Configure(real);
        await node.StartAsync();
        await SubmitAsync(node, Message("new"));
        Assert.Equal(4, (await QueueAsync(node)).Length);
        Assert.Equal(4, sink.Accepted);

        var lifted = await node.CommandAsync("rule", "remove", order.Output.Trim(), "--reason", "compared");
        Assert.True(lifted.ExitCode is 0, lifted.Error);
        await sink.WaitForAsync(8, Soon);
        Assert.Equal(["before 1", "before 2", "before 3", "new"], Subjects(sink).Skip(4).Order(StringComparer.Ordinal));
        Assert.Contains(sink.Transactions.Skip(4), t => t.Content.Length > 400_000);
        await VerifyAsync(node, ids);
    }

    [RequiresFact("postgres")]
    [Trait("Threat", "F37")]
    public async Task A_base_backup_and_its_log_bring_back_everything()
    {
        await using var server = await StartServerAsync();
        var (field, sink) = await StartAsync(server);
        var node = field[0];
        sink.StopListening();
        await SubmitAsync(node, Message("before"));
        await RunAsync(server, "pg_basebackup ");
        foreach (var command in (string[])["mkdir -m 0700 /backup/check", "tar -xzf /backup/base-2026-11-28/base.tar.gz -C /backup/check", "tar -xzf /backup/base-2026-11-28/pg_wal.tar.gz -C /backup/check", "/usr/lib/postgresql/15/bin/pg_verifybackup "])
            await RunAsync(server, command);
        await SubmitAsync(node, Message("later"));
        await SubmitAsync(node, Message("later and long", string.Concat(Enumerable.Repeat("A long line of a long message, one of many.\r\n", 10_000))));
        var ids = await QueueAsync(node);
        Assert.Equal(3, ids.Length);
        await node.KillAsync();
        var last = await server.QueryAsync("postgres", "SELECT pg_walfile_name(pg_switch_wal())");
        await Eventually.ComesTrueAsync(() => File.Exists(Path.Combine(server.Folder, "archive", last)), Soon, "the log is in the archive");

        // The machine is lost, and there is another.
        server.Crash();
        Directory.Delete(server.Data, recursive: true);
        await RunAsync(server, "sudo -u postgres mkdir -m 0700 /var/lib/postgresql/15/main");
        await RunAsync(server, "sudo -u postgres tar -xzf /backup/base-2026-11-28/base.tar.gz ");
        await RunAsync(server, "sudo -u postgres tar -xzf /backup/base-2026-11-28/pg_wal.tar.gz ");
        await RunAsync(server, "sudo -u postgres touch ");
        await RunAsync(server, "echo \"restore_command");
        await server.StartAgainAsync();
        await Eventually.ComesTrueAsync(async () => await RunAsync(server, "sudo -u postgres psql -d milswitch -Atc ") is "f", Soon, "the server has promoted itself");

        sink.StartListening();
        await node.StartAsync();
        await sink.WaitForAsync(3, Soon);
        Assert.Equal(["before", "later", "later and long"], Subjects(sink).Order(StringComparer.Ordinal));
        await VerifyAsync(node, ids);
    }

    // Runs the one command of the page that begins so, on this machine's folders.
    private static Task<string> RunAsync(PostgreSqlInstance server, string begins)
    {
        var command = Page.Select(l => l.Trim()).Single(l => l.StartsWith(begins, StringComparison.Ordinal));
        return server.ShellAsync(command
            .Replace("sudo -u postgres ", "", StringComparison.Ordinal).Replace("| sudo tee /etc/postgresql/15/main/conf.d/restore.conf", $">>{server.Data}/postgresql.conf", StringComparison.Ordinal)
            .Replace("/usr/lib/postgresql/15/bin/", "", StringComparison.Ordinal).Replace("/var/lib/postgresql/15/main", server.Data, StringComparison.Ordinal)
            .Replace("/backup/", $"{server.Folder}/backup/", StringComparison.Ordinal).Replace("/archive/", $"{server.Folder}/archive/", StringComparison.Ordinal)
            // The instance's own superuser has the name that the switch's user has in the page.
            .Replace("host=db1.example.org", $"host={server.Folder}", StringComparison.Ordinal).Replace("user=milswitch", "user=" + Owner, StringComparison.Ordinal)
            .Replace("--owner milswitch", "--owner " + Owner, StringComparison.Ordinal).Replace("--role=milswitch", "--role=" + Owner, StringComparison.Ordinal));
    }

    private static async Task<string[]> QueueAsync(SwitchProcess node)
    {
        var list = await node.CommandAsync("queue", "list", "--ids");
        Assert.True(list.ExitCode is 0, list.Error);
        return list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static IEnumerable<string> Subjects(SinkServer sink) => sink.Transactions.Select(t => t.Field("Subject")!);

    // Without a cluster, whose settings in the store would count: docs/operations/backup.md.
    private static string Quiet(SwitchSetup real) => string.Create(CultureInfo.InvariantCulture, $$"""
        node:
          name: {{real.Node}}
          data: {{real.DataFolder}}
        store: { provider: postgres, connection: "{{real.Database}}" }
        listeners:
          - { name: mta, endpoint: "127.0.0.1:{{Ports.Free()}}", clients: [] }
        routes:
          - { match: "*", next-hop: "127.0.0.1:9" }
        admin: { endpoint: "127.0.0.1:{{real.AdminPort}}", tls: { mode: none } }

        """);

    private async Task<PostgreSqlInstance> StartServerAsync()
    {
        var folder = Workspace["server"];
        var archive = Page.Single(l => l.StartsWith("archive_command = ", StringComparison.Ordinal)).Replace("/archive/", $"{folder}/archive/", StringComparison.Ordinal);
        var server = await PostgreSqlInstance.StartAsync(folder, "archive_mode = on", "archive_timeout = 60", archive);
        await server.ShellAsync($"mkdir -m 0755 backup archive; createuser {Owner}; createuser --replication replica; createdb --owner {Owner} --encoding UTF8 --locale C --template template0 milswitch");
        return server;
    }

    private async Task<(ClusterField Field, SinkServer Sink)> StartAsync(PostgreSqlInstance server)
    {
        var sink = StartSink();
        var field = Keep(await ClusterField.StartAsync(Workspace.Folder, new ClusterFieldOptions
        {
            Nodes = 1, Routes = [new RouteSetup("*", sink.NextHop)],
            Connection = server.Connection("milswitch").Replace($"Username={PostgreSqlInstance.User}", "Username=" + Owner, StringComparison.Ordinal),
        }));
        return (field, sink);
    }

    // Evidence of what was restored and sent, judged without the node.
    private async Task VerifyAsync(SwitchProcess node, string[] ids)
    {
        foreach (var id in ids)
        {
            var exported = await node.CommandAsync("message", "custody", id, "--export", Workspace[id]);
            Assert.True(exported.ExitCode is 0, exported.Output + exported.Error);
            var judged = await SwitchProcess.RunAsync(["audit", "verify", Workspace[id], "--json"]);
            Assert.True(judged.ExitCode is 0, judged.Output + judged.Error);
            using var verdict = JsonDocument.Parse(judged.Output);
            Assert.Equal("valid", verdict.RootElement.GetProperty("verdict").GetString());
        }
    }
}
