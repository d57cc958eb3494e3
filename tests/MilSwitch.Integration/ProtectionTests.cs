using System.Text;
using System.Text.Json;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>S/MIME in running switches, with keys on a token, seen from outside: by openssl, by the next switch, by the operator.</summary>
[Trait("Feature", "A-23")]
public sealed class ProtectionTests : IDisposable
{
    private const string OpenSsl = "openssl";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly MailPki pki = new();

    public void Dispose() => pki.Dispose();

    [RequiresFact(MailPki.TokenProgram, OpenSsl)]
    [Trait("Threat", "F28")]
    public async Task Signs_with_the_key_of_a_token_and_waits_while_it_is_away()
    {
        await using var sink = SinkServer.Start();
        await TokenWithSigningKeyAsync();
        await using var node = await SwitchProcess.StartAsync(pki["."], Setup("a", "sign: { key: signing, signature-type: domain }", sink.NextHop) with
        {
            Extra = pki.Tokens("one", ("signing", "domain-signing")), Environment = pki.Environment,
        });
        await SendAsync(node, "Subject: first\r\n");
        await BelievesAsync(Assert.Single(await sink.WaitForAsync(1, Patience)), "first");

        pki.TakeTokenAway(true);
        await SendAsync(node, "Subject: second\r\n");
        await Eventually.ComesTrueAsync(async () => (await AlarmsAsync(node)).Contains("token:hsm", StringComparison.Ordinal), Patience, "the token's alarm stands");
        Assert.Single(sink.Transactions);
        await Eventually.ComesTrueAsync(
            async () => (await node.CommandAsync("queue", "list", "--json")).Output.Contains("4.3.0", StringComparison.Ordinal), Patience, "the message waits with a reason");

        pki.TakeTokenAway(false);
        var arrived = await sink.WaitForAsync(2, Patience);
        await BelievesAsync(arrived[1], "second");
        Assert.Null(arrived[1].Field("X-MilSwitch-Suspected-Duplicate"));
        await Eventually.ComesTrueAsync(async () => !(await AlarmsAsync(node)).Contains("token:hsm", StringComparison.Ordinal), Patience, "the alarm is cleared");
        Assert.DoesNotContain("PIN-CANARY", string.Concat(node.Errors), StringComparison.Ordinal);
    }

    [RequiresFact(MailPki.TokenProgram, OpenSsl)]
    public async Task One_switch_signs_and_encrypts_and_the_next_opens_and_believes()
    {
        await using var sink = SinkServer.Start();
        await TokenWithSigningKeyAsync();
        pki.Issue("opening", "domain-confidentiality-authority", "domain-confidentiality-authority@dest.test");
        using var second = new Workspace("second");
        await using var inner = await SwitchProcess.StartAsync(second.Folder, new SwitchSetup
        {
            Node = "b.test", DataFolder = second["data"], Routes = [new RouteSetup("*", sink.NextHop)],
            Listener = [$"protection: {{ verify: true, decrypt: [opening], anchors: {pki.Anchors}, on-unsigned: refuse, on-invalid: refuse }}"],
            Extra = $"keys:\n  - {{ name: opening, file: {pki["opening.key"]}, certificate: {pki["opening.pem"]}, role: domain-confidentiality }}\n",
        });
        await using var outer = await SwitchProcess.StartAsync(
            pki["."], Setup("a", $"sign: {{ key: signing, signature-type: domain }}, encrypt: {{ certificates: {pki["opening.pem"]}, header-policy: baseline }}", $"127.0.0.1:{inner.Port}") with
            {
                Extra = pki.Tokens("one", ("signing", "domain-signing")), Environment = pki.Environment,
            });
        await SendAsync(outer, "Subject: hidden\r\nAuthentication-Results: b.test; smime=pass (forged)\r\n");

        var arrived = Assert.Single(await sink.WaitForAsync(1, Patience));
        var text = Encoding.ASCII.GetString(arrived.Content.Span);
        var results = arrived.Field("Authentication-Results");
        Assert.True(results is not null && results.StartsWith("b.test; smime=pass", StringComparison.Ordinal), text);
        Assert.Contains("body.smime-identifier=domain-signing-authority@origin.test", results, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", text[..text.IndexOf("\r\n\r\n", StringComparison.Ordinal)], StringComparison.Ordinal);
        Assert.Contains("hello", text, StringComparison.Ordinal);
        Assert.Equal("hidden", arrived.Field("Subject"));
        Assert.DoesNotContain("enveloped-data", text, StringComparison.Ordinal);
    }

    [RequiresFact(OpenSsl)]
    [Trait("Threat", "M3")]
    public async Task Publishes_what_it_thinks_of_signatures_and_takes_forged_results_away()
    {
        await using var sink = SinkServer.Start();
        pki.Issue("alice", "Alice", "alice@origin.test");
        await using var node = await SwitchProcess.StartAsync(pki["."], Setup("b.test", null, sink.NextHop) with
        {
            Listener = [$"protection: {{ verify: true, authserv-id: mail.b.test, anchors: {pki.Anchors} }}"],
        });
        await File.WriteAllTextAsync(pki["plain"], "Content-Type: text/plain\r\n\r\nhello from alice\r\n");
        var (good, said) = await pki.OpenSslAsync("cms", "-sign", "-in", "plain", "-signer", "alice.pem", "-inkey", "alice.key", "-md", "sha256", "-crlfeol", "-out", "signed");
        Assert.True(good, said);
        var signed = (await File.ReadAllTextAsync(pki["signed"])).ReplaceLineEndings("\r\n");
        const string From = "From: alice@origin.test\r\nTo: b@dest.test\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@origin.test>\r\nSubject: x\r\n";
        await SendRawAsync(node, From + signed);
        await SendRawAsync(node, "Authentication-Results: mail.b.test; smime=pass\r\n" + From + signed.Replace("hello from alice", "hello from mallory", StringComparison.Ordinal));
        await SendRawAsync(node, "authentication-results: MAIL.b.test;\r\n smime=pass\r\n" + From + "\r\nplain\r\n");

        // They may overtake each other: in the order of the alphabet.
        var arrived = (await sink.WaitForAsync(3, Patience)).OrderBy(t => t.Field("Authentication-Results"), StringComparer.Ordinal).ToArray();
        Assert.Equal(
            ["mail.b.test; smime=fail", "mail.b.test; smime=none", "mail.b.test; smime=pass body.smime-identifier=alice@origin.test body.smime-part=2"],
            arrived.Select(t => t.Field("Authentication-Results")!.Replace('\t', ' ')).Select((r, i) => i is 0 ? r[..23] : r));
        Assert.All(arrived, t => Assert.Single(Fields(t), l => l.StartsWith("authentication-results:", StringComparison.OrdinalIgnoreCase)));
        // Nothing else changed.
        Assert.EndsWith(From + signed, Encoding.ASCII.GetString(arrived[2].Content.Span), StringComparison.Ordinal);
    }

    [RequiresFact(OpenSsl)]
    public async Task Encrypts_to_recipients_and_holds_what_has_no_certificate()
    {
        await using var sink = SinkServer.Start();
        pki.Issue("bob", "Bob", "bob@dest.test");
        await using var node = await SwitchProcess.StartAsync(pki["."], Setup("a", $"encrypt: {{ certificates: [{pki["bob.pem"]}] }}", sink.NextHop));
        await SendAsync(node, "Subject: for two\r\n", "bob@dest.test", "nobody@dest.test");

        var arrived = Assert.Single(await sink.WaitForAsync(1, Patience));
        Assert.Contains("<bob@dest.test>", Assert.Single(arrived.Recipients), StringComparison.Ordinal);
        await File.WriteAllBytesAsync(pki["encrypted"], arrived.Content);
        var (good, said) = await pki.OpenSslAsync("cms", "-decrypt", "-in", "encrypted", "-recip", "bob.pem", "-inkey", "bob.key");
        Assert.True(good, said);
        Assert.Contains("hello", said, StringComparison.Ordinal);
        await Eventually.ComesTrueAsync(
            async () => (await node.CommandAsync("queue", "list", "--json")).Output.Contains("nobody@dest.test", StringComparison.Ordinal), Patience, "the other is held");
        Assert.Single(sink.Transactions);
    }

    private async Task TokenWithSigningKeyAsync()
    {
        await pki.InitialiseTokenAsync("one");
        pki.Issue("signing", "domain-signing-authority", "domain-signing-authority@origin.test");
        await pki.MoveToTokenAsync("one", "signing");
    }

    private SwitchSetup Setup(string name, string? protection, string nextHop) => new()
    {
        Node = name, DataFolder = pki["data-" + name], Routes = [new RouteSetup("*", nextHop) { Protection = protection is null ? null : $"{{ {protection} }}" }],
    };

    private async Task BelievesAsync(SinkTransaction transaction, string subject)
    {
        await File.WriteAllBytesAsync(pki["arrived"], transaction.Content);
        var (good, said) = await pki.OpenSslAsync("cms", "-verify", "-in", "arrived", "-CAfile", pki.Anchors, "-purpose", "smimesign");
        Assert.True(good, said + Encoding.ASCII.GetString(transaction.Content.Span));
        Assert.Equal(subject, transaction.Field("Subject"));
        Assert.Contains("hello", said, StringComparison.Ordinal);
    }

    private static async Task<string> AlarmsAsync(SwitchProcess node)
    {
        using var document = JsonDocument.Parse((await node.CommandAsync("alarm", "list", "--json")).Output);
        return document.RootElement.GetRawText();
    }

    private static Task SendAsync(SwitchProcess node, string fields, params string[] to) => SendRawAsync(
        node, "From: a@origin.test\r\nTo: b@dest.test\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <" + Guid.NewGuid().ToString("N") + "@origin.test>\r\n" + fields + "\r\nhello\r\n", to);

    private static async Task SendRawAsync(SwitchProcess node, string text, params string[] to)
    {
        await using var client = await SmtpDialogue.ConnectAsync(node.Port);
        await client.SayAsync("EHLO origin.test");
        await client.SayAsync("MAIL FROM:<a@origin.test>");
        foreach (var recipient in to.Length > 0 ? to : ["b@dest.test"]) Assert.True((await client.SayAsync($"RCPT TO:<{recipient}>")).IsPositive);
        await client.SayAsync("DATA");
        var answer = await client.SayAsync(text + ".");
        Assert.True(answer.IsPositive, answer.ToString());
    }

    private static IEnumerable<string> Fields(SinkTransaction transaction)
    {
        var text = Encoding.ASCII.GetString(transaction.Content.Span);
        return text[..text.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Split("\r\n");
    }
}
