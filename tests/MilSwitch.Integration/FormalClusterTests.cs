using System.Text;
using System.Text.RegularExpressions;
using MilSwitch.Domain.Tracking;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>Formal messaging over two real nodes and one real PostgreSQL: who is asked or told is not the one who owns the message.</summary>
public sealed partial class FormalClusterTests : FieldTest, IDisposable
{
    private const string OpenSsl = "openssl";
    private readonly MailPki pki = new();

    public void Dispose() => pki.Dispose();

    [RequiresFact("postgres", OpenSsl)]
    [Trait("Feature", "M-02")]
    [Trait("Feature", "I-06")]
    [Trait("Feature", "A-15")]
    public async Task Plans_answers_and_questions_at_one_node_count_for_what_the_other_owns()
    {
        var sink = StartSink();
        foreach (var (name, common, address) in new[] { ("alice", "alice", "alice@hq.test"), ("chief", "chief", "chief@hq.test"), ("desk", "review-authority", "release@hq.test") }) pki.Issue(name, common, address);
        await File.WriteAllTextAsync(pki["plans.yaml"], "plan: peace\nplans: [peace, war]\nrules:\n - { name: p, plans: [peace], sic: [Z*], action: ops@dest.test }\n - { name: w, plans: [war], sic: [Z*], action: commander@dest.test }\n");
        int[] questions = [Ports.Free(), Ports.Free()];
        var server = await PostgreSqlInstance.SharedAsync();
        var options = new ClusterFieldOptions
        {
            Nodes = 2, Connection = await server.NewDatabaseAsync(), Routes = [new RouteSetup("*", sink.NextHop)],
            Change = (i, setup) => setup with { Listener = ["tracking: true"], Extra = setup.Extra + $"tracking: {{ endpoint: \"127.0.0.1:{questions[i]}\" }}\n" },
        };
        var field = Keep(await ClusterField.StartAsync(Workspace.Folder, options with
        {
            Extra = options.Extra + $$"""
                keys: [{ name: desk, file: {{pki["desk.key"]}}, certificate: {{pki["desk.pem"]}} }]
                profiling: { plans: {{pki["plans.yaml"]}}, addresses: [profiler@hq.test], owner: chief@hq.test }
                release:
                  desk: release@hq.test
                  anchors: {{pki.Anchors}}
                  protection: { sign: { key: desk, signature-type: review, header-protection: rfc9788 } }
                  rules:
                    - { name: out, listeners: [mta], from: ["*@hq.test"], to: ["*@dest.test"], authorizers: [chief@hq.test] }

                """,
        }));

        // What comes to a node is its own until partitions move, and the other one is asked.
        var switched = await field[0].CommandAsync("profile", "switch", "war", "--reason", "order 4711");
        Assert.True(switched.ExitCode is 0, switched.Error);
        var certifier = $"ENVID=7@origin.test MTRK={TrackingCertifier.Of("the secret"u8)}";
        await SubmitAsync(field[1], Encoding.ASCII.GetBytes("From: a@origin.test\r\nTo: profiler@hq.test\r\nSubject: x\r\nMMHS-Subject-Indicator-Codes: ZZZ\r\n\r\ntext\r\n"), certifier, "a@origin.test", "profiler@hq.test");
        await ArrivedAsync(sink, "commander@dest.test");

        await File.WriteAllTextAsync(pki["secret"], Convert.ToBase64String("the secret"u8) + "\n");
        File.SetUnixFileMode(pki["secret"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var (exit, told, fault) = await SwitchProcess.RunAsync(["mtqp", "track", "7@origin.test", "--server", $"127.0.0.1:{questions[0]}", "--secret-file", pki["secret"]]);
        Assert.True(exit is 0, told + fault);
        Assert.Contains("profiler@hq.test", told, StringComparison.Ordinal);

        await SignAsync("alice", "Content-Type: text/plain\r\n\r\nmeet at the bridge\r\n", "draft");
        await SubmitAsync(field[1], Encoding.ASCII.GetBytes(Header("alice", "bob@dest.test") + await TextAsync("draft")), "", "alice@hq.test", "bob@dest.test");
        var asked = Text(await ArrivedAsync(sink, "chief@hq.test"));
        await SignAsync("chief", "Content-Type: text/plain\r\n\r\nRELEASE seen\r\n\r\n" + string.Concat(Quoted().Matches(asked).Select(m => "> " + m.Value + "\r\n")), "answer");
        await SubmitAsync(field[0], Encoding.ASCII.GetBytes(Header("chief", "release@hq.test") + await TextAsync("answer")), "", "chief@hq.test", "release@hq.test");
        Assert.Contains("MMHS-Authorizing-Users: release@hq.test\r\n", Text(await ArrivedAsync(sink, "bob@dest.test")), StringComparison.Ordinal);
    }

    private static string Header(string from, string to) => $"From: {from}@hq.test\r\nTo: {to}\r\nDate: Sun, 29 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{from}-1@hq.test>\r\nSubject: convoy\r\n";

    private async Task SignAsync(string who, string entity, string to)
    {
        await File.WriteAllTextAsync(pki["plain"], entity);
        await pki.DoneAsync("cms", "-sign", "-in", "plain", "-signer", who + ".pem", "-inkey", who + ".key", "-md", "sha256", "-crlfeol", "-out", to);
    }

    private async Task<string> TextAsync(string file) => (await File.ReadAllTextAsync(pki[file])).ReplaceLineEndings("\r\n");

    private static async Task<SinkTransaction> ArrivedAsync(SinkServer sink, string to)
    {
        SinkTransaction? found = null;
        await Eventually.ComesTrueAsync(() => (found = sink.Transactions.FirstOrDefault(t => t.Recipients.Any(r => r.Contains($"<{to}>", StringComparison.Ordinal)))) is not null, Soon, $"it arrives at {to}");
        return found!;
    }

    [GeneratedRegex("^(Draft|Digest): [0-9A-Za-z]+", RegexOptions.Multiline)]
    private static partial Regex Quoted();
}
