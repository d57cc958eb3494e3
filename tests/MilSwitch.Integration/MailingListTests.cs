using System.Text;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>A mailing list with an agent, in a running switch; messages to it and from it are made and judged by openssl.</summary>
[Trait("Feature", "M-04")]
public sealed class MailingListTests : IDisposable
{
    private const string OpenSsl = "openssl";
    private const string From = "From: alice@origin.test\r\nTo: watch@hq.test\r\nDate: Sun, 29 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@origin.test>\r\nSubject: convoy\r\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly MailPki pki = new();

    public void Dispose() => pki.Dispose();

    [RequiresFact(OpenSsl)]
    public async Task Members_open_what_was_encrypted_for_the_list_and_find_the_authors_signature_inside()
    {
        await using var sink = SinkServer.Start();
        foreach (var (name, address) in new[] { ("alice", "alice@origin.test"), ("watch", "watch@hq.test"), ("bob", "bob@dest.test"), ("carol", "carol@dest.test") }) pki.Issue(name, name, address);
        await using var node = await SwitchProcess.StartAsync(pki["."], new SwitchSetup
        {
            Node = "hq.test", DataFolder = pki["data"], Routes = [new RouteSetup("*", sink.NextHop)],
            Extra = $$"""
                keys:
                  - { name: watch, file: {{pki["watch.key"]}}, certificate: {{pki["watch.pem"]}} }
                lists:
                  - address: watch@hq.test
                    owner: chief@hq.test
                    members: [bob@dest.test, carol@dest.test, dave@dest.test]
                    post: [alice@origin.test]
                    anchors: {{pki.Anchors}}
                    protection: { decrypt: [watch], sign: { key: watch }, encrypt: { certificates: [{{pki["bob.pem"]}}, {{pki["carol.pem"]}}] } }

                """,
        });
        await File.WriteAllTextAsync(pki["plain"], "Content-Type: text/plain\r\n\r\nmeet at the bridge\r\n");
        await pki.DoneAsync("cms", "-sign", "-in", "plain", "-signer", "alice.pem", "-inkey", "alice.key", "-md", "sha256", "-crlfeol", "-out", "signed");
        await pki.DoneAsync("cms", "-encrypt", "-aes-256-gcm", "-in", "signed", "-out", "sealed", "-recip", "watch.pem");
        await SendAsync(node, From + (await File.ReadAllTextAsync(pki["sealed"])).ReplaceLineEndings("\r\n"));

        var arrived = Assert.Single(await sink.WaitForAsync(1, Patience));
        Assert.Equal(["bob@dest.test", "carol@dest.test"], arrived.Recipients.Select(r => r.Split('<', '>')[1]));
        Assert.Contains("<chief@hq.test>", arrived.Mail, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(pki["outer"], arrived.Content);
        // The list's own signature, of its history, around everything.
        await pki.DoneAsync("cms", "-verify", "-in", "outer", "-CAfile", pki.Anchors, "-purpose", "smimesign", "-signer", "by", "-out", "inside");
        Assert.Equal("watch", await pki.SubjectAsync("by"));
        Assert.Contains("id-smime-aa-mlExpandHistory", await pki.DoneAsync("cms", "-cmsout", "-print", "-noout", "-in", "outer"), StringComparison.Ordinal);
        foreach (var member in new[] { "bob", "carol" })
        {
            await pki.DoneAsync("cms", "-decrypt", "-in", "inside", "-recip", member + ".pem", "-inkey", member + ".key", "-out", "opened");
            Assert.Contains("meet at the bridge", await pki.DoneAsync("cms", "-verify", "-in", "opened", "-CAfile", pki.Anchors, "-purpose", "smimesign", "-signer", "by"), StringComparison.Ordinal);
            Assert.Equal("alice", await pki.SubjectAsync("by"));
        }

        // One of the members has no certificate: nothing goes to him, and a person hears why.
        await Eventually.ComesTrueAsync(
            async () => (await node.CommandAsync("queue", "list", "--state", "held", "--json")).Output.Contains("dave@dest.test", StringComparison.Ordinal), Patience, "the third waits for a person");

        // Somebody else signs well, and may not write to the list.
        await pki.DoneAsync("cms", "-sign", "-in", "plain", "-signer", "bob.pem", "-inkey", "bob.key", "-md", "sha256", "-crlfeol", "-out", "signed");
        await SendAsync(node, From.Replace("alice@origin.test", "bob@dest.test", StringComparison.Ordinal) + (await File.ReadAllTextAsync(pki["signed"])).ReplaceLineEndings("\r\n"));
        var report = (await sink.WaitForAsync(2, Patience))[1];
        Assert.Contains("Status: 5.7.2\r\n", Encoding.ASCII.GetString(report.Content.Span), StringComparison.Ordinal);
    }

    private static async Task SendAsync(SwitchProcess node, string content)
    {
        await using var dialogue = await SmtpDialogue.ConnectAsync(node.Port);
        await dialogue.SayAsync("EHLO origin.test");
        await dialogue.SayAsync("MAIL FROM:<alice@origin.test>");
        Assert.True((await dialogue.SayAsync("RCPT TO:<watch@hq.test>")).IsPositive);
        await dialogue.SayAsync("DATA");
        var answer = await dialogue.SayAsync(content + ".");
        Assert.True(answer.IsPositive, answer.ToString());
    }
}
