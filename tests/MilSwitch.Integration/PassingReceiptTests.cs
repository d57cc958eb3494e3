using System.Text;
using System.Text.Json;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>Signed receipts that a running switch follows within one domain, with no boundary on the way. openssl asks, answers and verifies.</summary>
[Trait("Feature", "L-03")]
[Trait("Feature", "L-04")]
[Trait("Threat", "C13")]
public sealed class PassingReceiptTests : IDisposable
{
    private const string OpenSsl = "openssl";
    private const string Officer = "officer@home.test";
    private const string Captain = "captain@home.test";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly MailPki pki = new();
    private readonly MailPki others = new();

    public PassingReceiptTests()
    {
        pki.Issue("officer", "Officer", Officer);
        pki.Issue("captain", "Captain", Captain);
        pki.Issue("mate", "Mate", "mate@home.test");
        others.Issue("forger", "Captain", Captain);
        foreach (var end in new[] { "pem", "key" }) File.Copy(others["forger." + end], pki["forger." + end]);
    }

    public void Dispose()
    {
        pki.Dispose();
        others.Dispose();
    }

    [RequiresTheory(OpenSsl)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_receipt_counts_when_it_verifies_and_passes_as_it_came_whatever_it_is(bool isClear)
    {
        await using var sink = SinkServer.Start();
        await using var node = await SwitchProcess.StartAsync(pki["."], new SwitchSetup
        {
            DataFolder = pki["data"],
            Routes = [new RouteSetup("*", sink.NextHop) { Acknowledgments = $"{{ receipts: true, anchors: {pki.Anchors}, action-point: duty@home.test }}" }],
        });
        await File.WriteAllTextAsync(pki["order.txt"], "Content-Type: text/plain\r\n\r\nSail at dawn.\r\n");
        string[] opaque = isClear ? [] : ["-nodetach"];
        await pki.DoneAsync(["cms", "-sign", "-in", "order.txt", "-signer", "officer.pem", "-inkey", "officer.key", "-md", "sha256", "-crlfeol", "-receipt_request_all", "-receipt_request_to", Officer, .. opaque, "-out", "order.eml"]);
        await SendAsync(node.Port, "order.eml", Officer, Captain);
        await File.WriteAllBytesAsync(pki["arrived.eml"], (await sink.WaitForAsync(1, Patience))[0].Content);
        var order = await IdAsync(node, Captain);
        Assert.Equal(["receipt"], Words((await ShownAsync(node, order, a => Words(a, "missing") is ["receipt"])).Known, "expected"));

        // Another key with the right name, somebody to whom it did not go, and what was changed on the way.
        await AnswerAsync("forger");
        await PassesAsync(node, sink, "forger.eml", order, "is no receipt for it: CHAIN-INCOMPLETE");
        await AnswerAsync("mate");
        await PassesAsync(node, sink, "mate.eml", order, "is no receipt for it: SIGNER-MISMATCH");
        await AnswerAsync("captain");
        var parts = (await File.ReadAllTextAsync(pki["captain.eml"])).ReplaceLineEndings("\r\n").Split("\r\n\r\n", 2);
        var der = Convert.FromBase64String(parts[1].Replace("\r\n", "", StringComparison.Ordinal));
        der[^20] ^= 1;
        await File.WriteAllTextAsync(pki["changed.eml"], parts[0] + "\r\n\r\n" + Convert.ToBase64String(der, Base64FormattingOptions.InsertLineBreaks) + "\r\n");
        await PassesAsync(node, sink, "changed.eml", order, "is no receipt for it: SIGNATURE-INVALID");
        var (known, _) = await ShownAsync(node, order, a => Words(a, "alarms").Length > 0);
        Assert.Equal(["receipt"], Words(known, "missing"));
        Assert.DoesNotContain("recipient-verified", known.GetProperty("grades").EnumerateArray().Select(g => g.GetProperty("grade").GetString()));
        Assert.Contains("unacknowledged:routine", (await node.CommandAsync("alarm", "list", "--json")).Output, StringComparison.Ordinal);

        var came = await PassesAsync(node, sink, "captain.eml", order, "is good: recipient-verified");
        await File.WriteAllBytesAsync(pki["came.eml"], came);
        await pki.DoneAsync("cms", "-verify_receipt", "came.eml", "-in", "order.eml", "-CAfile", pki.Anchors);
        (known, _) = await ShownAsync(node, order, a => Words(a, "missing").Length is 0);
        Assert.Contains("recipient-verified", known.GetProperty("grades").EnumerateArray().Select(g => g.GetProperty("grade").GetString()));
        Assert.Empty(Words(known, "alarms"));
        await Eventually.ComesTrueAsync(async () => !(await node.CommandAsync("alarm", "list", "--json")).Output.Contains("unacknowledged", StringComparison.Ordinal), Patience, "the alarm is over");

        await PassesAsync(node, sink, "captain.eml", order, "as one that came before; nothing changes");
        // Nobody took over.
        Assert.DoesNotContain(sink.Transactions, t => t.Recipients.Any(r => r.Contains("duty@", StringComparison.Ordinal)));
    }

    private Task AnswerAsync(string who) => pki.DoneAsync("cms", "-sign_receipt", "-in", "arrived.eml", "-signer", who + ".pem", "-inkey", who + ".key", "-out", who + ".eml");

    // What is handed in arrives octet for octet below the trace fields, and the order's trail tells what it was.
    private async Task<byte[]> PassesAsync(SwitchProcess node, SinkServer sink, string file, string order, string told)
    {
        var before = sink.Transactions.Count();
        var sent = await SendAsync(node.Port, file, Captain, Officer);
        await Eventually.ComesTrueAsync(() => Task.FromResult(sink.Transactions.Count() > before), Patience, $"{file} passes");
        var came = sink.Transactions.Last().Content.ToArray();
        Assert.EndsWith(sent, Encoding.ASCII.GetString(came), StringComparison.Ordinal);
        await Eventually.ComesTrueAsync(async () => (await node.CommandAsync("message", "show", order, "--json")).Output.Contains(told, StringComparison.Ordinal), Patience, $"{file}: {told}");
        return came;
    }

    private async Task<string> SendAsync(int port, string file, string from, string to)
    {
        var text = $"From: {from}\r\nTo: {to}\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{Guid.NewGuid():N}@home.test>\r\nSubject: {file}\r\n" + (await File.ReadAllTextAsync(pki[file])).ReplaceLineEndings("\r\n");
        await using var client = await SmtpDialogue.ConnectAsync(port);
        await client.SayAsync("EHLO origin.test");
        Assert.True((await client.SayAsync($"MAIL FROM:<{from}>")).IsPositive);
        Assert.True((await client.SayAsync($"RCPT TO:<{to}>")).IsPositive);
        await client.SayAsync("DATA");
        var answer = await client.SayAsync(text + ".");
        Assert.True(answer.IsPositive, answer.ToString());
        return text;
    }

    private static async Task<string> IdAsync(SwitchProcess node, string recipient)
    {
        using var document = JsonDocument.Parse((await node.CommandAsync("track", "--recipient", recipient, "--json")).Output);
        return Assert.Single(document.RootElement.GetProperty("items").EnumerateArray()).GetProperty("id").GetString()!;
    }

    private static async Task<(JsonElement Known, string Output)> ShownAsync(SwitchProcess node, string id, Func<JsonElement, bool> condition)
    {
        var (known, output) = (default(JsonElement), "");
        await Eventually.ComesTrueAsync(
            async () =>
            {
                output = (await node.CommandAsync("message", "show", id, "--json")).Output;
                using var document = JsonDocument.Parse(output);
                if (!document.RootElement.TryGetProperty("acknowledgments", out var all) || all.ValueKind is not JsonValueKind.Array || all.GetArrayLength() is not 1) return false;
                known = all[0].Clone();
                return condition(known);
            },
            Patience, "it is shown: " + output);
        return (known, output);
    }

    private static string[] Words(JsonElement known, string name) =>
        known.TryGetProperty(name, out var words) && words.ValueKind is JsonValueKind.Array ? [.. words.EnumerateArray().Select(w => w.GetString()!)] : [];
}
