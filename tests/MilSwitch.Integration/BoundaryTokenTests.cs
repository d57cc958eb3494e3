using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>A boundary whose keys are on a token that is pulled out and put back.</summary>
[Trait("Feature", "J-02")]
[Trait("Threat", "F28")]
public sealed class BoundaryTokenTests : IDisposable
{
    private const string OpenSsl = "openssl";
    private const string Text = "From: a@red.test\r\nTo: b@blue.test\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nSubject: ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly MailPki pki = new();

    public void Dispose() => pki.Dispose();

    [RequiresFact(MailPki.TokenProgram, OpenSsl)]
    public async Task Opens_and_signs_with_a_token_and_waits_while_it_is_away()
    {
        await using var sink = SinkServer.Start();
        await pki.InitialiseTokenAsync("one");
        pki.Issue("signing", "domain-signing-authority", "domain-signing-authority@red.test");
        pki.Issue("opening", "domain-confidentiality-authority", "domain-confidentiality-authority@red.test");
        foreach (var key in new[] { "signing", "opening" }) await pki.MoveToTokenAsync("one", key);
        await using var node = await SwitchProcess.StartAsync(pki["."], new SwitchSetup
        {
            Node = "a.test", DataFolder = pki["data"], Listener = ["domain: red"], Routes = [new RouteSetup("*", sink.NextHop) { Domain = "blue" }], Environment = pki.Environment,
            Extra = "precedence:\n  routine: { retry: [1s] }\n" + pki.Tokens("one", ("signing", "domain-signing"), ("opening", "domain-confidentiality")) + $$"""
                domains:
                  - { name: red, mail: [red.test], keys: [signing, opening], anchors: {{pki.Anchors}} }
                  - { name: blue, mail: [blue.test] }
                peers:
                  - { name: clients, domain: red, clients: [127.0.0.0/8] }
                boundaries:
                  - name: out
                    from: red
                    to: blue
                    arrival: { peers: [clients], signature: optional, encryption: required, decrypt: [opening] }
                    departure: { protection: { sign: { key: signing, signature-type: domain } } }

                """,
        });
        await SendAsync(node, "first");
        await BelievesAsync(Assert.Single(await sink.WaitForAsync(1, Patience)), "first");

        pki.TakeTokenAway(true);
        await SendAsync(node, "second");
        await Eventually.ComesTrueAsync(async () => (await node.CommandAsync("alarm", "list", "--json")).Output.Contains("token:hsm", StringComparison.Ordinal), Patience, "the token's alarm stands");
        await Eventually.ComesTrueAsync(
            async () => (await node.CommandAsync("queue", "list", "--json")).Output.Contains("b@blue.test", StringComparison.Ordinal), Patience, "the message waits");
        var waiting = (await node.CommandAsync("queue", "list", "--state", "held", "--json")).Output;
        Assert.DoesNotContain("b@blue.test", waiting, StringComparison.Ordinal);
        Assert.Single(sink.Transactions);

        pki.TakeTokenAway(false);
        await BelievesAsync((await sink.WaitForAsync(2, Patience))[1], "second");
        Assert.DoesNotContain("PIN-CANARY", string.Concat(node.Errors), StringComparison.Ordinal);
    }

    private async Task BelievesAsync(SinkTransaction transaction, string subject)
    {
        await File.WriteAllBytesAsync(pki["arrived"], transaction.Content);
        var (good, said) = await pki.OpenSslAsync("cms", "-verify", "-in", "arrived", "-CAfile", pki.Anchors, "-purpose", "smimesign");
        Assert.True(good, said);
        Assert.Contains($"hello {subject}", said, StringComparison.Ordinal);
        Assert.Equal(subject, transaction.Field("Subject"));
    }

    private async Task SendAsync(SwitchProcess node, string subject)
    {
        await File.WriteAllTextAsync(pki["plain"], $"Content-Type: text/plain\r\n\r\nhello {subject}\r\n");
        var (good, said) = await pki.OpenSslAsync("cms", "-encrypt", "-aes-256-gcm", "-in", "plain", "-binary", "-out", "encrypted", "-recip", "opening.pem", "-keyopt", "rsa_padding_mode:oaep");
        Assert.True(good, said);
        var body = (await File.ReadAllTextAsync(pki["encrypted"])).ReplaceLineEndings("\r\n");
        await using var client = await SmtpDialogue.ConnectAsync(node.Port);
        await client.SayAsync("EHLO origin.test");
        await client.SayAsync("MAIL FROM:<a@red.test>");
        Assert.True((await client.SayAsync("RCPT TO:<b@blue.test>")).IsPositive);
        await client.SayAsync("DATA");
        var answer = await client.SayAsync($"{Text}{subject}\r\nMessage-ID: <{Guid.NewGuid():N}@red.test>\r\n{body}.");
        Assert.True(answer.IsPositive, answer.ToString());
    }
}
