using System.Diagnostics;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>The audit trail of a whole node: what it signs, who finds what was done to it, and what it forgets.</summary>
[Trait("Threat", "F39")]
public sealed class AuditTests
{
    private static readonly OperatorIdentity Auditor = new("auditor", "test") { Roles = OperatorRoles.Auditor };

    [Fact]
    public async Task What_a_node_wrote_is_proved_by_what_it_signed()
    {
        await using var stage = new AuditStage();
        await stage.FillAsync(20, TimeSpan.FromHours(1));
        await stage.StartAsync();
        var online = await stage.RunAsync("audit", "verify");
        Assert.True(online.ExitCode is 0, online.ToString());
        Assert.StartsWith("intact\n", online.Output, StringComparison.Ordinal);
        var used = await stage.RunAsync("audit", "verify", stage.Data);
        Assert.Equal(6, used.ExitCode);
        Assert.Contains("in use by a node", used.Error, StringComparison.Ordinal);
        await stage.StopAsync();

        var good = await stage.RunAsync("audit", "verify", stage.Data, "--anchors", stage.Anchor, "--shipped", stage.Shipped, "--json");
        Assert.True(good.ExitCode is 0, good.ToString());
        var trail = JsonDocument.Parse(good.Output).RootElement.GetProperty("trails")[0];
        Assert.Equal("CN=Audit of n1", trail.GetProperty("signer").GetString());
        Assert.True(trail.GetProperty("checkpoints").GetInt32() >= 2);
        // The last checkpoint is of the stop, and speaks for everything.
        Assert.Equal(trail.GetProperty("last").GetInt64(), trail.GetProperty("signedUntil").GetInt64());
        Assert.Equal(0, (await stage.RunAsync("audit", "verify", Path.Combine(stage.Files.Folder, "milswitch.yaml"), "--anchors", stage.Anchor)).ExitCode);

        using var others = new TestPki("Other CA");
        TestPki.Write(others.Authority, Path.Combine(stage.Files.Folder, "other.pem"));
        var stranger = await stage.RunAsync("audit", "verify", stage.Data, "--anchors", Path.Combine(stage.Files.Folder, "other.pem"));
        Assert.Equal(1, stranger.ExitCode);
        Assert.Contains("has a signature that is not good", stranger.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE audit SET detail = 'nothing' WHERE seq = 4", "changed")]
    [InlineData("DELETE FROM audit WHERE seq = 4", "removed")]
    [InlineData("UPDATE document SET json = replace(json, 'n1', 'n2') WHERE kind = 'audit-checkpoint' AND id LIKE '%1'", "signature")]
    [InlineData("UPDATE document SET json = replace(json, 'signature\":\"MII', 'signature\":\"MIJ') WHERE kind = 'audit-checkpoint' AND id LIKE '%1'", "signature")]
    [InlineData("DELETE FROM document WHERE kind = 'audit-checkpoint'", "checkpoint")]
    public async Task What_was_done_to_the_store_of_a_stopped_node_is_found(string sql, string kind)
    {
        await using var stage = new AuditStage();
        await stage.FillAsync(10, TimeSpan.FromHours(1));
        await stage.StartAsync();
        await stage.StopAsync();
        Execute(stage, sql);
        var bad = await stage.RunAsync("audit", "verify", stage.Data, "--anchors", stage.Anchor, "--shipped", stage.Shipped, "--json");
        Assert.Equal(1, bad.ExitCode);
        Assert.Equal(kind, JsonDocument.Parse(bad.Output).RootElement.GetProperty("trails")[0].GetProperty("fault").GetProperty("kind").GetString());
        Assert.Equal(1, (await stage.RunAsync("audit", "verify", stage.Data, "--anchors", stage.Anchor, "--shipped", stage.Shipped)).ExitCode);
    }

    [Fact]
    public async Task A_node_raises_an_alarm_when_its_trail_is_broken_and_forgets_nothing_of_it()
    {
        await using var stage = new AuditStage(", retention: 1h");
        await stage.FillAsync(10, TimeSpan.FromDays(2));
        Execute(stage, "UPDATE audit SET actor = 'nobody' WHERE seq = 4");
        await stage.StartAsync();
        await stage.Keeper.CheckAsync(default);
        var alarm = Assert.Single(stage.Keeper.Alarms);
        Assert.Equal("audit-chain:0", alarm.Id);
        Assert.Contains("from 4 on", alarm.Text, StringComparison.Ordinal);
        Assert.Contains(await stage.Service<IOperatorActions>().AlarmsOfAllAsync(default), a => a.Alarm.Id == "audit-chain:0");
        Assert.Contains(await stage.Spool.ReadAuditAsync(default), e => e.Kind is AuditKind.AuditBroken);
        await stage.Keeper.PruneAsync(default);
        Assert.Equal(1, (await stage.Spool.ReadTrailAsync(0, 0, 1))[0].Sequence);
        Assert.Equal(1, (await stage.RunAsync("audit", "verify")).ExitCode);
    }

    [Fact]
    public async Task What_is_older_than_retention_goes_with_a_proof_that_stays()
    {
        await using var stage = new AuditStage(", retention: 12h");
        await stage.FillAsync(2500, TimeSpan.FromDays(2));
        await stage.StartAsync();
        await stage.Keeper.PruneAsync(default);
        var first = (await stage.Spool.ReadTrailAsync(0, 0, 1))[0];
        Assert.True(first.Sequence > 2500);
        Assert.Contains(await stage.Spool.ReadAuditAsync(default), e => e.Kind is AuditKind.AuditPruned && e.Detail.Contains("records 1 to 2500", StringComparison.Ordinal));
        var pruned = await stage.RunAsync("audit", "checkpoints", "--json");
        Assert.Contains("\"prunedTo\": 2500", pruned.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await stage.RunAsync("audit", "verify")).ExitCode);
        await stage.StopAsync();

        // Over a restart, and twice.
        await stage.FillAsync(5, TimeSpan.FromDays(1));
        await stage.StartAsync();
        await stage.Keeper.PruneAsync(default);
        await stage.StopAsync();
        var after = await stage.RunAsync("audit", "verify", stage.Data, "--anchors", stage.Anchor, "--shipped", stage.Shipped);
        Assert.True(after.ExitCode is 0, after.ToString());
        Execute(stage, "UPDATE audit_end SET seq = seq + 1, hash = (SELECT hash FROM audit ORDER BY seq LIMIT 1) WHERE name = 'anchor'");
        Execute(stage, "DELETE FROM audit WHERE seq = (SELECT min(seq) FROM audit)");
        var further = await stage.RunAsync("audit", "verify", stage.Data);
        Assert.Equal(1, further.ExitCode);
        Assert.Contains("no checkpoint says that retention took them", further.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_proves_itself_elsewhere_and_no_octet_of_it_can_be_changed()
    {
        await using var stage = new AuditStage();
        await stage.FillAsync(30, TimeSpan.FromHours(10));
        await stage.StartAsync();
        var file = Path.Combine(stage.Files.Folder, "export.jsonl");
        // Records 11 to 20 by their times, and what is needed beyond them.
        var begin = (await stage.Spool.ReadTrailAsync(0, 10, 1))[0].Event.At;
        var run = await stage.RunAsync("audit", "export", "--from", begin.ToString("O"), "--until", begin.AddSeconds(10).ToString("O"), "-o", file);
        Assert.True(run.ExitCode is 0, run.ToString());
        Assert.Equal(6, (await stage.RunAsync("audit", "export", "--from", "1d", "-o", file)).ExitCode);
        var lines = await File.ReadAllLinesAsync(file);
        Assert.Contains("\"sequence\":11,", lines.First(l => l.StartsWith("{\"record\"", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains(await stage.Spool.ReadAuditAsync(default), e => e.Kind is AuditKind.AuditExported && e.Actor is not null);
        await stage.StopAsync();

        var good = await stage.RunAsync("audit", "verify", file, "--anchors", stage.Anchor);
        Assert.True(good.ExitCode is 0, good.ToString());
        Assert.Contains("signature over the export: good", good.Output, StringComparison.Ordinal);
        var octets = await File.ReadAllBytesAsync(file);
        var random = new Random(7);
        foreach (var at in Enumerable.Range(0, 40).Select(_ => random.Next(octets.Length)))
        {
            var bad = octets.ToArray();
            bad[at] ^= (byte)(1 << random.Next(6));
            await File.WriteAllBytesAsync(file, bad);
            var found = await stage.RunAsync("audit", "verify", file, "--anchors", stage.Anchor);
            // The encoding of a signature has a few bits that say nothing.
            Assert.True(found.ExitCode is 1 || lines[^1].Length + 1 > octets.Length - at, $"octet {at}: {found}");
        }

        foreach (var without in Enumerable.Range(0, lines.Length))
        {
            await File.WriteAllLinesAsync(file, lines.Where((_, i) => i != without));
            Assert.True((await stage.RunAsync("audit", "verify", file, "--anchors", stage.Anchor)).ExitCode is 1, $"without line {without + 1}");
        }
    }

    [Fact]
    public async Task Without_a_key_the_trail_is_a_chain_and_says_so()
    {
        await using var stage = new AuditStage(signs: false);
        await stage.FillAsync(5, TimeSpan.FromHours(1));
        await stage.StartAsync();
        await stage.StopAsync();
        var plain = await stage.RunAsync("audit", "verify", stage.Data);
        Assert.Equal(0, plain.ExitCode);
        Assert.Contains("none signed", plain.Output, StringComparison.Ordinal);
        var asked = await stage.RunAsync("audit", "verify", stage.Data, "--anchors", stage.Anchor);
        Assert.Equal(1, asked.ExitCode);
        Assert.Contains("is not signed", asked.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(stage.Shipped, "*.p7s"));
        Assert.NotEmpty(Directory.EnumerateFiles(stage.Shipped, "*.json"));
    }

    [Fact]
    public async Task Persons_find_who_saw_what_and_only_those_who_may_look()
    {
        await using var stage = new AuditStage();
        await stage.FillAsync(10, TimeSpan.FromHours(1));
        await stage.StartAsync();
        var found = await stage.RunAsync("audit", "search", "--kind", "viewed", "--text", "EVENT 4", "--json");
        Assert.Equal(5, JsonDocument.Parse(found.Output).RootElement.GetProperty("items")[0].GetProperty("sequence").GetInt64());
        Assert.Equal(3, (await stage.RunAsync("audit", "search", "--actor", "stranger")).ExitCode);
        Assert.Equal(2, (await stage.RunAsync("audit", "search", "--kind", "nothing")).ExitCode);
        var seen = await stage.RunAsync("audit", "seen", "--by", "ops");
        Assert.Equal(5, seen.Output.Split('\n').Count(l => l.Contains("viewed", StringComparison.Ordinal)));

        var desk = stage.Service<IAuditDesk>();
        var keeper = Auditor with { Roles = OperatorRoles.WatchKeeper };
        await Assert.ThrowsAsync<NotPermittedException>(async () => await desk.SearchAsync(new AuditQuery(), keeper, default));
        await Assert.ThrowsAsync<NotPermittedException>(async () => await desk.VerifyAsync(keeper, null, default));
        await Assert.ThrowsAsync<NotPermittedException>(async () => await desk.ExportAsync(default, TimeProvider.System.GetUtcNow(), () => Stream.Null, keeper, default));
        Assert.Equal(10, (await desk.SearchAsync(new AuditQuery { Filter = new AuditFilter { Actor = "ops" } }, Auditor, default)).Records.Length);
    }

    [Fact]
    public async Task What_somebody_adds_to_a_stopped_nodes_trail_is_told_before_and_after_its_next_start()
    {
        await using var stage = new AuditStage();
        await stage.StartAsync();
        await stage.StopAsync();
        Assert.DoesNotContain("between", (await stage.RunAsync("audit", "verify", stage.Data, "--anchors", stage.Anchor)).Output, StringComparison.Ordinal);
        // With the store's own rights, so that the chain holds.
        await stage.FillAsync(3, TimeSpan.FromMinutes(1));
        var before = await VerifyAsync();
        await stage.StartAsync();
        var online = await stage.RunAsync("audit", "verify");
        Assert.Contains("written between a node's stop and the next start's first checkpoint", online.Output, StringComparison.Ordinal);
        await stage.StopAsync();
        Assert.Equal(before, await VerifyAsync());

        async Task<(long From, long To)> VerifyAsync()
        {
            var run = await stage.RunAsync("audit", "verify", stage.Data, "--anchors", stage.Anchor, "--json");
            Assert.True(run.ExitCode is 0, run.ToString());
            var unclaimed = Assert.Single(JsonDocument.Parse(run.Output).RootElement.GetProperty("trails")[0].GetProperty("unclaimed").EnumerateArray());
            var (from, to) = (unclaimed.GetProperty("from").GetInt64(), unclaimed.GetProperty("to").GetInt64());
            Assert.Equal(3, to - from + 1);
            return (from, to);
        }
    }

    [RequiresFact("openssl")]
    public async Task Others_verify_a_shipped_checkpoint_without_us()
    {
        await using var stage = new AuditStage();
        await stage.StartAsync();
        await stage.StopAsync();
        var body = Directory.EnumerateFiles(stage.Shipped, "*.json").Order(StringComparer.Ordinal).Last();
        var start = new ProcessStartInfo("openssl") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in new[] { "cms", "-verify", "-binary", "-inform", "DER", "-in", Path.ChangeExtension(body, "p7s"), "-content", body, "-CAfile", stage.Anchor, "-purpose", "any" }) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var (said, text) = (process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode is 0, await said);
        Assert.Equal(AuditCheckpointKind.Stop, AuditCheckpoint.TryRead(await text)?.Kind);
    }

    private static void Execute(AuditStage stage, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(stage.Data, "spool.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.NotEqual(0, command.ExecuteNonQuery());
    }
}
