using System.Text;
using System.Text.RegularExpressions;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>Draft and release in a running switch (RFC 7912): drafts and answers are signed by openssl, and it judges what leaves.</summary>
[Trait("Feature", "I-06")]
public sealed partial class DraftTests : IDisposable
{
    private const string OpenSsl = "openssl";
    private const string Header = "From: alice@hq.test\r\nTo: bob@dest.test\r\nDate: Sun, 29 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@hq.test>\r\nSubject: convoy\r\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly MailPki pki = new();

    public void Dispose() => pki.Dispose();

    [RequiresFact(OpenSsl)]
    public async Task A_draft_survives_a_kill_is_released_by_a_signed_answer_and_leaves_with_both_signatures()
    {
        await using var sink = SinkServer.Start();
        foreach (var (name, common, address) in new[] { ("alice", "alice", "alice@hq.test"), ("chief", "chief", "chief@hq.test"), ("desk", "review-authority", "release@hq.test") }) pki.Issue(name, common, address);
        await using var node = await SwitchProcess.StartAsync(pki["."], Setup("hq.test", "data", sink, $$"""
            keys: [{ name: desk, file: {{pki["desk.key"]}}, certificate: {{pki["desk.pem"]}} }]
            release:
              desk: release@hq.test
              anchors: {{pki.Anchors}}
              protection: { sign: { key: desk, signature-type: review, header-protection: rfc9788 } }
              rules:
                - { name: out, listeners: [mta], from: ["*@hq.test"], to: ["*@dest.test"], authorizers: [{ address: chief@hq.test, accounts: [root] }] }

            """));
        await SignAsync("alice", "Content-Type: text/plain\r\n\r\nmeet at the bridge\r\n", "draft");
        await SendAsync(node, "alice@hq.test", "bob@dest.test", Header + await TextAsync("draft"));

        var request = Assert.Single(await sink.WaitForAsync(1, Patience));
        Assert.Contains("<chief@hq.test>", Assert.Single(request.Recipients), StringComparison.Ordinal);
        var asked = Encoding.ASCII.GetString(request.Content.Span);
        Assert.Contains("meet at the bridge", asked, StringComparison.Ordinal);
        var lines = string.Concat(Quoted().Matches(asked).Select(m => "> " + m.Value + "\r\n"));
        await node.KillAsync();
        await node.StartAsync();
        var (_, listed, _) = await node.CommandAsync("draft", "list", "--json");
        Assert.Contains("\"open\":[\"chief@hq.test\"]", listed.Replace(" ", "", StringComparison.Ordinal).ReplaceLineEndings(""), StringComparison.Ordinal);

        // Alice is nobody who may release, whatever she signs.
        await SignAsync("alice", "Content-Type: text/plain\r\n\r\nRELEASE\r\n\r\n" + lines, "answer");
        await SendAsync(node, "alice@hq.test", "release@hq.test", Answer("alice") + await TextAsync("answer"));
        Assert.Contains("may not release", Unfolded(await ArrivedAsync(sink, "alice@hq.test")), StringComparison.Ordinal);
        await SignAsync("chief", "Content-Type: text/plain\r\n\r\nRELEASE seen\r\n\r\n" + lines, "answer");
        await SendAsync(node, "chief@hq.test", "release@hq.test", Answer("chief") + await TextAsync("answer"));

        var released = await ArrivedAsync(sink, "bob@dest.test");
        var text = Encoding.ASCII.GetString(released.Content.Span);
        Assert.Contains("MMHS-Authorizing-Users: release@hq.test\r\n", text, StringComparison.Ordinal);
        Assert.Contains("MMHS-Extended-Authorisation-Info: ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("chief@hq.test", text, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(pki["released"], released.Content);
        await pki.DoneAsync("cms", "-verify", "-in", "released", "-CAfile", pki.Anchors, "-purpose", "smimesign", "-signer", "by", "-out", "inside");
        Assert.Equal("review-authority", await pki.SubjectAsync("by"));
        Assert.Contains("MMHS-Authorizing-Users: release@hq.test", await File.ReadAllTextAsync(pki["inside"]), StringComparison.Ordinal);
        Assert.Contains("meet at the bridge", await pki.DoneAsync("cms", "-verify", "-in", "inside", "-CAfile", pki.Anchors, "-purpose", "smimesign", "-signer", "by"), StringComparison.Ordinal);
        Assert.Equal("alice", await pki.SubjectAsync("by"));
        var (_, inspected, _) = await SwitchProcess.RunAsync(["inspect", pki["released"], "--anchors", pki.Anchors, "--json"]);
        Assert.Contains("\"signatureType\": \"review\"", inspected, StringComparison.Ordinal);

        await AtTheBorderAsync(sink, text);
    }

    // Another switch, at the border: it knows the desk and nobody else.
    private async Task AtTheBorderAsync(SinkServer sink, string released)
    {
        await using var border = await SwitchProcess.StartAsync(Directory.CreateDirectory(pki["border"]).FullName, Setup("border.test", "border-data", sink, $$"""
            release:
              anchors: {{pki.Anchors}}
              rules:
                - { name: border, listeners: [mta], to: ["*@dest.test"], authorizers: [release@hq.test], header: protected, otherwise: return }

            """));
        await SendAsync(border, "alice@hq.test", "bob@dest.test", released);
        var passed = await ArrivedAsync(sink, "bob@dest.test", 1);
        Assert.EndsWith(released, Encoding.ASCII.GetString(passed.Content.Span), StringComparison.Ordinal);
        await SendAsync(border, "alice@hq.test", "bob@dest.test", Header + await TextAsync("draft"));
        Assert.Contains("nobody who has to has released it", Unfolded(await ArrivedAsync(sink, "alice@hq.test", 1)), StringComparison.Ordinal);
        await SendAsync(border, "alice@hq.test", "bob@dest.test", "MMHS-Authorizing-Users: release@hq.test\r\n" + Header + await TextAsync("draft"));
        Assert.Contains("no good signature of release@hq.test", Unfolded(await ArrivedAsync(sink, "alice@hq.test", 2)), StringComparison.Ordinal);
        await SendAsync(border, "alice@hq.test", "carol@dest.test", released);
        Assert.Contains("it was not released for carol@dest.test", Unfolded(await ArrivedAsync(sink, "alice@hq.test", 3)), StringComparison.Ordinal);
    }

    [RequiresFact(OpenSsl)]
    [Trait("Feature", "E-09")]
    public async Task A_release_at_the_command_line_countersigns_the_drafters_signature()
    {
        await using var sink = SinkServer.Start();
        foreach (var (name, common, address) in new[] { ("alice", "alice", "alice@hq.test"), ("desk", "review-authority", "release@hq.test") }) pki.Issue(name, common, address);
        await using var node = await SwitchProcess.StartAsync(pki["."], Setup("hq.test", "data", sink, $$"""
            keys: [{ name: desk, file: {{pki["desk.key"]}}, certificate: {{pki["desk.pem"]}} }]
            release:
              anchors: {{pki.Anchors}}
              shown-as: release@hq.test
              protection: { sign: { key: desk, countersign: true } }
              rules:
                - { name: out, listeners: [mta], authorizers: [{ address: chief@hq.test, accounts: [anna, "local:{{await UidAsync()}}"] }] }

            """));
        await SignAsync("alice", "Content-Type: text/plain\r\n\r\nmeet at the bridge\r\n", "draft");
        await SendAsync(node, "alice@hq.test", "bob@dest.test", Header + await TextAsync("draft"));
        string? id = null;
        await Eventually.ComesTrueAsync(
            async () => (id = Id().Match((await node.CommandAsync("draft", "list", "--json")).Output).Groups[1].Value) is { Length: > 0 }, Patience, "the draft is listed");
        Assert.Empty(sink.Transactions);
        var (exit, said, error) = await node.CommandAsync("draft", "release", id!, "--reason", "seen");
        Assert.True(exit is 0, said + error);

        await File.WriteAllBytesAsync(pki["released"], Assert.Single(await sink.WaitForAsync(1, Patience)).Content);
        Assert.Contains("meet at the bridge", await pki.DoneAsync("cms", "-verify", "-in", "released", "-CAfile", pki.Anchors, "-purpose", "smimesign", "-signer", "by"), StringComparison.Ordinal);
        Assert.Equal("alice", await pki.SubjectAsync("by"));
        Assert.Contains("countersignature", await pki.DoneAsync("cms", "-cmsout", "-print", "-noout", "-in", "released"), StringComparison.OrdinalIgnoreCase);
    }

    private SwitchSetup Setup(string name, string folder, SinkServer sink, string extra) => new() { Node = name, DataFolder = pki[folder], Routes = [new RouteSetup("*", sink.NextHop)], Extra = extra };

    private static string Answer(string who) => $"From: {who}@hq.test\r\nTo: release@hq.test\r\nDate: Sun, 29 Nov 2026 10:01:00 +0000\r\nMessage-ID: <{who}@hq.test>\r\nSubject: Re: For release\r\n";

    private static string Unfolded(SinkTransaction report) => Encoding.UTF8.GetString(report.Content.Span).Replace("\r\n ", " ", StringComparison.Ordinal).Replace("  ", " ", StringComparison.Ordinal);

    private static async Task<string> UidAsync() => (await File.ReadAllLinesAsync("/proc/self/status")).First(l => l.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];

    private async Task SignAsync(string who, string entity, string to)
    {
        await File.WriteAllTextAsync(pki["plain"], entity);
        await pki.DoneAsync("cms", "-sign", "-in", "plain", "-signer", who + ".pem", "-inkey", who + ".key", "-md", "sha256", "-crlfeol", "-out", to);
    }

    private async Task<string> TextAsync(string file) => (await File.ReadAllTextAsync(pki[file])).ReplaceLineEndings("\r\n");

    // What came for somebody, the earliest first. A request may come twice: the switch was killed when it had sent it.
    private static async Task<SinkTransaction> ArrivedAsync(SinkServer sink, string to, int number = 0)
    {
        SinkTransaction? found = null;
        await Eventually.ComesTrueAsync(() => (found = sink.Transactions.Where(t => t.Recipients.Any(r => r.Contains($"<{to}>", StringComparison.Ordinal))).ElementAtOrDefault(number)) is not null, Patience, $"it arrives at {to}");
        return found!;
    }

    private static async Task SendAsync(SwitchProcess node, string from, string to, string content)
    {
        await using var dialogue = await SmtpDialogue.ConnectAsync(node.Port);
        await dialogue.SayAsync("EHLO hq.test");
        await dialogue.SayAsync($"MAIL FROM:<{from}>");
        Assert.True((await dialogue.SayAsync($"RCPT TO:<{to}>")).IsPositive);
        await dialogue.SayAsync("DATA");
        var answer = await dialogue.SayAsync(content + ".");
        Assert.True(answer.IsPositive, answer.ToString());
    }

    [GeneratedRegex("^(Draft|Digest): [0-9A-Za-z]+", RegexOptions.Multiline)]
    private static partial Regex Quoted();

    [GeneratedRegex("\"id\": ?\"([0-9A-Z]{13})\"")]
    private static partial Regex Id();
}
