using System.Text;
using System.Text.Json;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>A profiler in a running switch, and persons who order it about; messages to it are signed by openssl.</summary>
[Trait("Feature", "M-01")]
public sealed class ProfilingTests : IDisposable
{
    private const string OpenSsl = "openssl";
    private const string Plans = """
        plan: peace
        plans: [peace, war]
        rules:
          - { name: operations, sic: [KAA], action: [ops@dest.test], info: [log@dest.test] }
          - { name: war, plans: [war], sic: [Z*], action: [commander@dest.test] }

        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly MailPki pki = new();

    public void Dispose() => pki.Dispose();

    [RequiresFact(OpenSsl)]
    [Trait("Feature", "M-03")]
    public async Task Rules_distribute_what_they_know_and_persons_the_rest_and_signatures_hold()
    {
        await using var sink = SinkServer.Start();
        pki.Issue("alice", "alice", "alice@origin.test");
        await File.WriteAllTextAsync(pki["plans.yaml"], Plans);
        await using var node = await SwitchProcess.StartAsync(pki["."], new SwitchSetup
        {
            Node = "hq.test", DataFolder = pki["data"], Routes = [new RouteSetup("*", sink.NextHop)],
            Extra = $$"""
                profiling:
                  plans: {{pki["plans.yaml"]}}
                  addresses: [profiler@hq.test]
                  owner: chief@hq.test

                """,
        });
        await File.WriteAllTextAsync(pki["plain"], "Content-Type: text/plain\r\n\r\nmeet at the bridge\r\n");
        var (good, said) = await pki.OpenSslAsync("cms", "-sign", "-in", pki["plain"], "-signer", pki["alice.pem"], "-inkey", pki["alice.key"], "-md", "sha256", "-crlfeol", "-out", pki["signed"]);
        Assert.True(good, said);
        var signed = (await File.ReadAllTextAsync(pki["signed"])).ReplaceLineEndings("\r\n");
        await SendAsync(node, "MMHS-Primary-Precedence: 4 (flash)\r\nMMHS-Copy-Precedence: 1 (routine)\r\n" + Header("KAA") + signed);

        var arrived = (await sink.WaitForAsync(2, Patience)).ToDictionary(t => t.Recipients[0].Split('<', '>')[1]);
        foreach (var (address, word) in new[] { ("ops@dest.test", "action"), ("log@dest.test", "info") })
        {
            var octets = arrived[address].Content;
            var text = Encoding.ASCII.GetString(octets.Span);
            Assert.Contains($"X-MilSwitch-Profiled: {word}\r\n", text, StringComparison.Ordinal);
            Assert.EndsWith(Header("KAA") + signed, text, StringComparison.Ordinal);
            await File.WriteAllBytesAsync(pki[word], octets);
            (good, said) = await pki.OpenSslAsync("cms", "-verify", "-in", pki[word], "-CAfile", pki.Anchors, "-purpose", "smimesign");
            Assert.True(good, said);
        }

        await SendAsync(node, Header("ZZZ") + "\r\nto whom?\r\n");
        var first = await HeldAsync(node, "");
        Assert.Equal(1, (await node.CommandAsync("hold", "list")).Output.Split("unprofiled (no-match)").Length - 1);
        await DoneAsync(node, "profile", "assign", first, "--action", "duty@dest.test", "--reason", "by hand");
        Assert.Contains("<duty@dest.test>", (await sink.WaitForAsync(3, Patience))[2].Recipients[0], StringComparison.Ordinal);

        await SendAsync(node, Header("ZZY") + "\r\nto whom?\r\n");
        var second = await HeldAsync(node, first);
        await DoneAsync(node, "profile", "switch", "war", "--reason", "order 4711");
        await DoneAsync(node, "message", "release", second, "--reason", "the plan has it now");
        Assert.Contains("<commander@dest.test>", (await sink.WaitForAsync(4, Patience))[3].Recipients[0], StringComparison.Ordinal);
        Assert.Contains("order 4711", (await node.CommandAsync("profile", "plans")).Output, StringComparison.Ordinal);
        var trail = (await node.CommandAsync("message", "show", second, "--json")).Output;
        Assert.Contains("plan war, version ", trail, StringComparison.Ordinal);
        Assert.Contains("war (sic Z*)", trail, StringComparison.Ordinal);
    }

    private static string Header(string code) =>
        $"From: alice@origin.test\r\nTo: profiler@hq.test\r\nDate: Sun, 29 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{code}@origin.test>\r\nSubject: convoy\r\nMMHS-Subject-Indicator-Codes: {code}\r\n";

    private static async Task<string> HeldAsync(SwitchProcess node, string other)
    {
        var found = "";
        await Eventually.ComesTrueAsync(async () =>
        {
            using var list = JsonDocument.Parse((await node.CommandAsync("hold", "list", "--json")).Output);
            found = list.RootElement.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString()!).FirstOrDefault(i => i != other) ?? "";
            return found.Length > 0;
        }, Patience, "it waits for a person");
        return found;
    }

    private static async Task DoneAsync(SwitchProcess node, params string[] arguments)
    {
        var result = await node.CommandAsync(arguments);
        Assert.True(result.ExitCode is 0, result.ToString());
    }

    private static async Task SendAsync(SwitchProcess node, string content)
    {
        await using var dialogue = await SmtpDialogue.ConnectAsync(node.Port);
        await dialogue.SayAsync("EHLO origin.test");
        await dialogue.SayAsync("MAIL FROM:<alice@origin.test>");
        Assert.True((await dialogue.SayAsync("RCPT TO:<profiler@hq.test>")).IsPositive);
        await dialogue.SayAsync("DATA");
        var answer = await dialogue.SayAsync(content + ".");
        Assert.True(answer.IsPositive, answer.ToString());
    }
}
