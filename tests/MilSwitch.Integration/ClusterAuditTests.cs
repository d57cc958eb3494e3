using System.Globalization;
using System.Text.Json;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>The audit trails of real nodes over one real PostgreSQL, each proved with a key on a token of its own.</summary>
[Trait("Threat", "F39")]
public sealed class ClusterAuditTests : FieldTest
{
    private static readonly TimeSpan TakeOver = TimeSpan.FromSeconds(60);

    [RequiresFact("postgres", MailPki.TokenProgram, "openssl")]
    public async Task Trails_are_proved_by_tokens_whoever_dies_and_a_row_that_was_changed_is_found()
    {
        using var pki = new MailPki();
        foreach (var node in (string[])["n1", "n2"])
        {
            await pki.InitialiseTokenAsync(node);
            pki.Issue("audit-" + node, "Audit of " + node, "audit@" + node + ".test");
            await pki.MoveToTokenAsync(node, "audit-" + node);
            Directory.CreateDirectory(Workspace["shipped-" + node]);
        }

        var sink = StartSink();
        var server = await PostgreSqlInstance.SharedAsync();
        var connection = await server.NewDatabaseAsync();
        var field = Keep(await ClusterField.StartAsync(Workspace.Folder, new ClusterFieldOptions
        {
            Nodes = 2, Connection = connection, Detection = "fast", Routes = [new RouteSetup("*", sink.NextHop, 4)],
            Change = (_, setup) => setup with
            {
                Environment = pki.Environment,
                Extra = setup.Extra + pki.Tokens(setup.Node, ("audit-" + setup.Node, "audit"))
                    + $"audit: {{ key: audit-{setup.Node}, checkpoint: 1s, ship: {Workspace["shipped-" + setup.Node]} }}\n",
            },
        }));
        foreach (var node in field.Nodes) await SubmitAsync(node, Message("of " + node.Setup.Node));
        await Eventually.ComesTrueAsync(async () => (await CheckpointsAsync(field[1])).Select(c => c.Node).Distinct().Count() is 2, TakeOver, "both nodes prove their trails");

        await field[0].KillAsync();
        var (before, survivor) = (await CheckpointsAsync(field[1]), field[1]);
        await SubmitAsync(survivor, Message("after the other died"));
        await sink.WaitForAsync(3, TakeOver);
        await Eventually.ComesTrueAsync(async () => (await CheckpointsAsync(survivor)).Exists(c => c.Node is "n2" && c.Sequence > Last(before, "n2")), TakeOver, "checkpoints go on");
        await AreGoodAsync(survivor, pki);
        // And by somebody who has nothing of ours.
        foreach (var node in (string[])["n1", "n2"])
        {
            var body = Directory.EnumerateFiles(Workspace["shipped-" + node], "*.json").Order(StringComparer.Ordinal).Last();
            await pki.DoneAsync("cms", "-verify", "-binary", "-inform", "DER", "-in", Path.ChangeExtension(body, "p7s"), "-content", body, "-CAfile", pki.Anchors, "-purpose", "any");
            var signer = await pki.DoneAsync("cms", "-cmsout", "-print", "-inform", "DER", "-in", Path.ChangeExtension(body, "p7s"));
            Assert.Contains("Audit of " + node, signer, StringComparison.Ordinal);
        }

        var export = Workspace["export.jsonl"];
        var exported = await survivor.CommandAsync("audit", "export", "--from", "1d", "-o", export);
        Assert.True(exported.ExitCode is 0, exported.Error);
        var judged = await SwitchProcess.RunAsync(["audit", "verify", export, "--anchors", pki.Anchors]);
        Assert.True(judged.ExitCode is 0, judged.Output + judged.Error);

        // A node that stopped in order and one that comes back: each start has a trail of its own, which a stop ends.
        await survivor.TerminateAsync();
        await field.StartAsync(1);
        await AreGoodAsync(field[1], pki);

        var database = connection[(connection.LastIndexOf('=') + 1)..];
        var dead = Last(before, "n1");
        await server.QueryAsync(database, string.Create(CultureInfo.InvariantCulture, $"UPDATE audit SET detail = 'nothing' WHERE run = {before.First(c => c.Node is "n1").Trail} AND seq = {dead}"));
        foreach (var found in (CommandResult[])[await field[1].CommandAsync("audit", "verify", "--json"), await OfDatabaseAsync(field[1], pki, "--json")])
        {
            Assert.True(found.ExitCode is 1, found.Output + found.Error);
            using var report = JsonDocument.Parse(found.Output);
            var fault = Assert.Single(report.RootElement.GetProperty("trails").EnumerateArray(), t => t.TryGetProperty("fault", out var f) && f.ValueKind is JsonValueKind.Object).GetProperty("fault");
            Assert.Equal(("changed", dead), (fault.GetProperty("kind").GetString(), fault.GetProperty("sequence").GetInt64()));
        }
    }

    private static async Task AreGoodAsync(SwitchProcess node, MailPki pki)
    {
        foreach (var judged in (CommandResult[])[await node.CommandAsync("audit", "verify"), await OfDatabaseAsync(node, pki)])
        {
            Assert.True(judged.ExitCode is 0, judged.Output + judged.Error);
            Assert.StartsWith("intact\n", judged.Output, StringComparison.Ordinal);
        }
    }

    private static Task<CommandResult> OfDatabaseAsync(SwitchProcess node, MailPki pki, params string[] further) =>
        SwitchProcess.RunAsync(["audit", "verify", node.ConfigurationFile, "--anchors", pki.Anchors, .. further]);

    private static async Task<List<(string Node, int Trail, long Sequence)>> CheckpointsAsync(SwitchProcess node)
    {
        var list = await node.CommandAsync("audit", "checkpoints", "--limit", "200", "--json");
        if (list.ExitCode is not 0) return [];
        using var page = JsonDocument.Parse(list.Output);
        return [.. page.RootElement.GetProperty("items").EnumerateArray().Select(c => (c.GetProperty("node").GetString()!, c.GetProperty("trail").GetInt32(), c.GetProperty("sequence").GetInt64()))];
    }

    private static long Last(List<(string Node, int Trail, long Sequence)> checkpoints, string node) => checkpoints.Where(c => c.Node == node).Max(c => c.Sequence);
}
