using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>
/// What comes back over a boundary of a running switch: receipts that hold for the originator, and signed reports. openssl asks,
/// answers and verifies.
/// </summary>
[Trait("Feature", "F-01")]
[Trait("Feature", "L-03")]
public sealed class ReceiptTests : IDisposable
{
    private const string OpenSsl = "openssl";
    private const string Officer = "officer@home.test";
    private const string Captain = "captain@ship.test";
    private const string Mate = "mate@ship.test";
    private const string Gateway = "receipts@home.test";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly MailPki pki = new();

    public ReceiptTests()
    {
        pki.Issue("signing", "domain-signing-authority", "domain-signing-authority@home.test");
        pki.Issue("officer", "Officer", Officer);
        pki.Issue("captain", "Captain", Captain);
        pki.Issue("mate", "Mate", Mate);
        pki.Issue("opening", "domain-confidentiality-authority", "domain-confidentiality-authority@home.test");
        File.WriteAllText(pki["tag.key"], "0123456789abcdef0123456789abcdef\n");
        File.SetUnixFileMode(pki["tag.key"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose() => pki.Dispose();

    [RequiresFact(OpenSsl)]
    public async Task Originators_get_receipts_over_their_own_values_each_of_its_grade()
    {
        await using var sink = SinkServer.Start();
        var sea = Ports.Free();
        await using var node = await SwitchProcess.StartAsync(pki["."], Setup(sink, sea, "grades: [gateway-accepted, domain-delivered, recipient-verified]"));
        await AskAsync("order.eml");
        await SendAsync(node.Port, "order.eml", Officer, "NOTIFY=SUCCESS", Captain, Mate);

        // The copy, and two receipts that say no more than that the gateway has it.
        var copy = await ArrivesAsync(sink, t => t.Recipients.Any(r => r.Contains(Captain, StringComparison.Ordinal)));
        await File.WriteAllBytesAsync(pki["copy.eml"], copy.Content);
        await BelievesAsync(sink, "gateway-accepted", 2, attached: 0);
        var envelopeId = copy.Mail[(copy.Mail.IndexOf("ENVID=", StringComparison.Ordinal) + 6)..].Split(' ')[0];

        // The domain at sea says that it is in the captain's mailbox.
        await SendTextAsync(sea, Report(envelopeId), "", "", Officer);
        await BelievesAsync(sink, "domain-delivered", 1, attached: 0);
        await ArrivesAsync(sink, t => Encoding.ASCII.GetString(t.Content.Span).Contains("Action: delivered", StringComparison.Ordinal));

        await AnswerAsync("copy.eml", "captain", "given.eml");
        await SendAsync(sea, "given.eml", Captain, "", Gateway);
        await BelievesAsync(sink, "recipient-verified", 1, attached: 1);
        // Once more: nothing changes.
        await SendAsync(sea, "given.eml", Captain, "", Gateway);
        await Eventually.ComesTrueAsync(async () => (await DecisionsAsync(node)).Contains("the originator was given it before", StringComparison.Ordinal), Patience, "the second is told of");
        await BelievesAsync(sink, "recipient-verified", 1, attached: 1);

        await AnswerAsync("copy.eml", "mate", "mates.eml");
        await SendAsync(sea, "mates.eml", Mate, "", Gateway);
        await BelievesAsync(sink, "recipient-verified", 2, attached: 1);
        Assert.Empty(await HeldAsync(node));
    }

    [RequiresFact(OpenSsl)]
    [Trait("Threat", "C13")]
    public async Task What_is_no_receipt_for_a_copy_changes_nothing_and_is_told_in_the_trail()
    {
        await using var sink = SinkServer.Start();
        var sea = Ports.Free();
        await using var node = await SwitchProcess.StartAsync(pki["."], Setup(sink, sea, ""));
        await AskAsync("order.eml");
        await SendAsync(node.Port, "order.eml", Officer, "", Captain);
        await File.WriteAllBytesAsync(pki["copy.eml"], (await ArrivesAsync(sink, _ => true)).Content);

        await AnswerAsync("order.eml", "captain", "original.eml");
        await SendAsync(sea, "original.eml", Captain, "", Gateway);
        // openssl chose its identifier: it is nobody's tag.
        await HoldsAsync(node, "receipt: it is no receipt that can be read here");
        await AnswerAsync("copy.eml", "mate", "others.eml");
        await SendAsync(sea, "others.eml", Mate, "", Gateway);
        await HoldsAsync(node, "receipt: it is not to be believed: SIGNER-MISMATCH");
        await AnswerAsync("copy.eml", "captain", "given.eml");
        var bad = (await File.ReadAllTextAsync(pki["given.eml"])).ReplaceLineEndings("\r\n").Split("\r\n\r\n", 2);
        var der = Convert.FromBase64String(bad[1].Replace("\r\n", "", StringComparison.Ordinal));
        der[^20] ^= 1;
        await File.WriteAllTextAsync(pki["changed.eml"], bad[0] + "\r\n\r\n" + Convert.ToBase64String(der, Base64FormattingOptions.InsertLineBreaks) + "\r\n");
        await SendAsync(sea, "changed.eml", Captain, "", Gateway);
        await HoldsAsync(node, "receipt: it is not to be believed: SIGNATURE-INVALID");
        await SendTextAsync(sea, Head(Captain, Gateway) + "\r\nI have read it.\r\n", Captain, "", Gateway);
        await HoldsAsync(node, "receipt: it is no receipt that can be read here");

        await Eventually.ComesTrueAsync(async () => (await HeldAsync(node)).Length is 4, Patience, "four are held");
        Assert.Single(sink.Transactions);
        Assert.Contains("is no receipt for it: SIGNER-MISMATCH", (await node.CommandAsync("message", "show", await CopyIdAsync(node), "--json")).Output, StringComparison.Ordinal);
        // The good one counts all the same.
        await SendAsync(sea, "given.eml", Captain, "", Gateway);
        await BelievesAsync(sink, "recipient-verified", 1, attached: 1);
    }

    [RequiresFact(OpenSsl)]
    [Trait("Threat", "C8")]
    public async Task A_failure_beyond_comes_back_signed_for_the_domain_and_encrypted_as_the_message_was()
    {
        await using var sink = SinkServer.Start();
        sink.Script = step => step.Phase is SinkPhase.Recipient && step.Line.Contains(Captain, StringComparison.Ordinal) ? SinkAction.Say("550 5.1.1 no such person at inside.ship.test") : null;
        await using var node = await SwitchProcess.StartAsync(pki["."], Setup(sink, Ports.Free(), ""));
        await AskAsync("order.eml");
        await RunAsync("cms", "-encrypt", "-in", "order.eml", "-aes256", "-out", "sealed.eml", "opening.pem");
        await SendAskingAsync(node.Port, "sealed.eml", Officer, "", "RET=FULL", [Captain]);

        await File.WriteAllBytesAsync(pki["report.eml"], (await ArrivesAsync(sink, t => t.Mail.Contains("<>", StringComparison.Ordinal))).Content);
        await RunAsync("cms", "-decrypt", "-in", "report.eml", "-recip", "officer.pem", "-inkey", "officer.key", "-out", "report.signed");
        await RunAsync("cms", "-verify", "-in", "report.signed", "-CAfile", pki.Anchors, "-out", "report.text");
        var report = await File.ReadAllTextAsync(pki["report.text"]);
        Assert.Contains("Action: failed", report, StringComparison.Ordinal);
        Assert.Contains("X-MilSwitch-Original-Digest: sha-", report, StringComparison.Ordinal);
        Assert.Contains("X-MilSwitch-Precedence: routine", report, StringComparison.Ordinal);
        Assert.Contains("X-MilSwitch-Content-Identifier: ", report, StringComparison.Ordinal);
        Assert.DoesNotContain("inside.ship.test", report, StringComparison.Ordinal);
        Assert.DoesNotContain("Sail at dawn", report, StringComparison.Ordinal);
    }

    [RequiresFact(OpenSsl)]
    [Trait("Feature", "R-05")]
    public async Task A_receipt_that_is_encrypted_to_a_proxy_certificate_of_the_gateway_is_opened()
    {
        pki.IssueProxyAuthority("proxies", "home.test");
        pki.Issue("arriving", "domain-confidentiality-authority", "domain-confidentiality-authority@ship.test");
        await using var sink = SinkServer.Start();
        var sea = Ports.Free();
        var setup = Setup(sink, sea, "");
        await using var node = await SwitchProcess.StartAsync(pki["."], setup with
        {
            Extra = setup.Extra
                .Replace("keys:\n", $"keys:\n  - {{ name: proxies, file: proxies.key, certificate: proxies.pem, role: proxy-authority }}\n  - {{ name: arriving, file: arriving.key, certificate: arriving.pem, role: domain-confidentiality }}\n", StringComparison.Ordinal)
                .Replace("mail: [ship.test],", "mail: [ship.test], keys: [proxies, arriving],", StringComparison.Ordinal)
                .Replace("arrival: { signature: optional } }", "arrival: { signature: optional, decrypt: arriving }, proxy-certificates: { authority: proxies, policy: 1.3.6.1.4.1.99999.7.1, log: proxies.log } }", StringComparison.Ordinal),
        });
        await AskAsync("order.eml");
        await SendAsync(node.Port, "order.eml", Officer, "", Captain);
        await File.WriteAllBytesAsync(pki["copy.eml"], (await ArrivesAsync(sink, _ => true)).Content);
        var zone = (await node.CommandAsync("proxy", "zone", "in", Gateway, "--origin", "home.test", "--name-server", "ns.home.test")).Output;
        await File.WriteAllBytesAsync(pki["proxy.der"], Convert.FromHexString(Regex.Match(zone, "SMIMEA 3 0 0 ([0-9A-F]+)").Groups[1].Value));

        await AnswerAsync("copy.eml", "captain", "given.eml");
        await RunAsync("cms", "-encrypt", "-in", "given.eml", "-aes-256-gcm", "-out", "sealed.eml", "-recip", "proxy.der");
        await SendAsync(sea, "sealed.eml", Captain, "", Gateway);
        await BelievesAsync(sink, "recipient-verified", 1, attached: 1);
        Assert.Empty(await HeldAsync(node));
    }

    [RequiresFact(OpenSsl)]
    public async Task A_receipt_comes_back_through_two_gateways_in_a_row()
    {
        pki.Issue("beyond", "domain-signing-authority", "domain-signing-authority@ship.test");
        await using var sink = SinkServer.Start();
        var (sea, port) = (Ports.Free(), Ports.Free());
        var setup = Setup(sink, sea, "");
        var second = Beyond(sink, sea, port);
        await using var node = await SwitchProcess.StartAsync(pki["."], setup with { Routes = [new RouteSetup("ship.test", $"127.0.0.1:{second.Port}") { Domain = "sea" }, .. setup.Routes.Skip(1)] });
        await using var beyond = await SwitchProcess.StartAsync(pki["."], second);
        await AskAsync("order.eml");
        await SendAsync(node.Port, "order.eml", Officer, "", Captain);

        // Each gateway asks in its own name.
        await File.WriteAllBytesAsync(pki["last.eml"], (await ArrivesAsync(sink, t => t.Recipients.Any(r => r.Contains(Captain, StringComparison.Ordinal)))).Content);
        await AnswerAsync("last.eml", "captain", "given.eml");
        await SendAsync(port, "given.eml", Captain, "", "receipts@ship.test");
        // What came to the second gateway is its evidence: it is what the first one's receipt is about.
        await Eventually.ComesTrueAsync(() => Task.FromResult(sink.Transactions.Any(t => t.Field("Subject") == "Receipt: recipient-verified")), Patience, "the originator hears of it");
        await CustodyAsync(beyond, "evidence");
        File.Copy(Path.Combine(pki["evidence"], "original.eml"), pki["copy.eml"]);
        await BelievesAsync(sink, "recipient-verified", 1, attached: 1);
        Assert.Contains("A gateway beyond says that it verified a receipt", Encoding.ASCII.GetString(sink.Transactions.Single(t => t.Field("Subject") == "Receipt: recipient-verified").Content.Span), StringComparison.Ordinal);
        Assert.Empty(await HeldAsync(beyond));
        // Both have one file; a command asks the node that it names.
        node.Configure(node.Setup);
        Assert.Empty(await HeldAsync(node));

        var shown = (await node.CommandAsync("message", "show", await CopyIdAsync(node), "--json")).Output;
        using var document = JsonDocument.Parse(shown);
        var known = Assert.Single(document.RootElement.GetProperty("acknowledgments").EnumerateArray());
        Assert.Equal(["gateway-accepted", "recipient-verified"], known.GetProperty("grades").EnumerateArray().Select(g => g.GetProperty("grade").GetString()!).Order());
        Assert.Empty(known.GetProperty("missing").EnumerateArray());
        Assert.True(shown.Contains("is good: recipient-verified, says domain-signing-authority@ship.test", StringComparison.Ordinal), shown);
    }

    private async Task CustodyAsync(SwitchProcess node, string folder)
    {
        using var document = JsonDocument.Parse((await node.CommandAsync("track", "--recipient", Captain, "--json")).Output);
        var original = document.RootElement.GetProperty("items").EnumerateArray().Single(m => m.GetProperty("parent").ValueKind is JsonValueKind.Null).GetProperty("id").GetString()!;
        var exported = await node.CommandAsync("message", "custody", original, "--export", pki[folder]);
        Assert.True(exported.ExitCode is 0, exported.Error);
    }

    // The gateway at sea: the domain of the first one lies between it and home.
    private SwitchSetup Beyond(SinkServer sink, int back, int ship) => new()
    {
        Node = "gate.ship.test", DataFolder = pki["data2"], Listener = ["domain: between"],
        Listeners = [$"{{ name: ship, endpoint: \"127.0.0.1:{ship}\", clients: [127.0.0.0/8], domain: ship, tls: {{ mode: none }} }}"],
        Routes = [new RouteSetup("ship.test", sink.NextHop) { Domain = "ship" }, new RouteSetup("home.test", $"127.0.0.1:{back}") { Domain = "between" }, new RouteSetup("receipts@ship.test", $"127.0.0.1:{back}") { Domain = "between" }],
        Extra = $$"""
            reports: { tag-key: { file: tag.key }, from: postmaster@ship.test }
            keys:
              - { name: beyond, file: beyond.key, certificate: beyond.pem, role: domain-signing }
            domains:
              - { name: between, mail: [home.test], keys: [beyond], anchors: {{pki.Anchors}} }
              - { name: ship, mail: [ship.test], anchors: {{pki.Anchors}} }
            boundaries:
              - { name: out, from: between, to: ship, departure: { protection: { sign: { key: beyond, signature-type: domain } } }, receipts: { address: receipts@ship.test } }
              - { name: in, from: ship, to: between, arrival: { signature: optional } }

            """,
    };

    private SwitchSetup Setup(SinkServer sink, int sea, string grades) => new()
    {
        Node = "gate.home.test", DataFolder = pki["data"], Listener = ["domain: home"],
        Listeners = [$"{{ name: sea, endpoint: \"127.0.0.1:{sea}\", clients: [127.0.0.0/8], domain: sea, tls: {{ mode: none }} }}"],
        Routes = [new RouteSetup("ship.test", sink.NextHop) { Domain = "sea" }, new RouteSetup("*", sink.NextHop) { Domain = "home" }],
        Extra = $$"""
            reports: { tag-key: { file: tag.key }, from: postmaster@home.test, protection: { sign: { key: signing }, encrypt: { certificates: officer.pem } } }
            keys:
              - { name: signing, file: signing.key, certificate: signing.pem, role: domain-signing }
              - { name: opening, file: opening.key, certificate: opening.pem, role: domain-confidentiality }
            domains:
              - { name: home, mail: [home.test], keys: [signing, opening], anchors: {{pki.Anchors}} }
              - { name: sea, mail: [ship.test], anchors: {{pki.Anchors}} }
            boundaries:
              - { name: out, from: home, to: sea, arrival: { decrypt: opening }, departure: { protection: { sign: { key: signing, signature-type: domain } } }, receipts: { address: {{Gateway}}{{(grades.Length > 0 ? ", " + grades : "")}} } }
              - { name: in, from: sea, to: home, arrival: { signature: optional } }

            """,
    };

    private async Task AskAsync(string to)
    {
        await File.WriteAllTextAsync(pki["order.txt"], "Content-Type: text/plain\r\n\r\nSail at dawn.\r\n");
        await RunAsync("cms", "-sign", "-in", "order.txt", "-signer", "officer.pem", "-inkey", "officer.key", "-md", "sha256", "-crlfeol", "-receipt_request_all", "-receipt_request_to", Officer, "-out", to);
    }

    private Task AnswerAsync(string message, string who, string to) => RunAsync("cms", "-sign_receipt", "-in", message, "-signer", who + ".pem", "-inkey", who + ".key", "-out", to);

    /// <summary>So many receipts of a grade came to the originator; openssl verifies each against what was sent, and what is attached against the copy.</summary>
    private async Task BelievesAsync(SinkServer sink, string grade, int count, int attached)
    {
        await Eventually.ComesTrueAsync(() => Task.FromResult(Receipts().Length == count), Patience, $"{count} receipts {grade}");
        foreach (var receipt in Receipts())
        {
            var text = Encoding.ASCII.GetString(receipt.Content.Span);
            Assert.Contains("Grade: " + grade, text, StringComparison.Ordinal);
            var parts = text.Split("smime-type=signed-receipt")[1..];
            Assert.Equal(1 + attached, parts.Length);
            await DecodeAsync(parts[0], "relayed.der");
            await RunAsync("cms", "-verify_receipt", "relayed.der", "-rctform", "DER", "-in", "order.eml", "-CAfile", pki.Anchors);
            Assert.Contains(grade, (await pki.OpenSslAsync("cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", "relayed.der")).Said, StringComparison.Ordinal);
            if (attached is 0) continue;
            await DecodeAsync(parts[1], "theirs.der");
            await RunAsync("cms", "-verify_receipt", "theirs.der", "-rctform", "DER", "-in", "copy.eml", "-CAfile", pki.Anchors);
            Assert.False((await pki.OpenSslAsync("cms", "-verify_receipt", "theirs.der", "-rctform", "DER", "-in", "order.eml", "-CAfile", pki.Anchors)).Good);
        }

        SinkTransaction[] Receipts() => [.. sink.Transactions.Where(t => t.Field("Subject") == "Receipt: " + grade)];
    }

    private async Task DecodeAsync(string part, string to)
    {
        var body = part[(part.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        await File.WriteAllBytesAsync(pki[to], Convert.FromBase64String(body[..body.IndexOf("\r\n-", StringComparison.Ordinal)].Replace("\r\n", "", StringComparison.Ordinal)));
    }

    private async Task RunAsync(params string[] arguments)
    {
        var (good, said) = await pki.OpenSslAsync(arguments);
        Assert.True(good, string.Join(' ', arguments) + "\n" + said);
    }

    private static async Task<SinkTransaction> ArrivesAsync(SinkServer sink, Func<SinkTransaction, bool> which)
    {
        await Eventually.ComesTrueAsync(() => Task.FromResult(sink.Transactions.Any(which)), Patience, "it arrives");
        return sink.Transactions.First(which);
    }

    private static string Report(string envelopeId) =>
        "From: mailer-daemon@ship.test\r\nTo: officer@home.test\r\nSubject: delivered\r\nMessage-ID: <r1@ship.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        + "--b\r\nContent-Type: text/plain\r\n\r\nIt is there.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        + $"Original-Envelope-Id: {envelopeId}\r\nReporting-MTA: dns;inside.ship.test\r\n\r\nFinal-Recipient: rfc822;{Captain}\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\n--b--\r\n";

    private static string Head(string from, string to) =>
        $"From: {from}\r\nTo: {to}\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{Guid.NewGuid():N}@{from.Split('@')[1]}>\r\nSubject: orders\r\n";

    private Task SendAsync(int port, string file, string from, string parameter, params string[] to) => SendAskingAsync(port, file, from, parameter, "", to);

    private async Task SendAskingAsync(int port, string file, string from, string parameter, string mail, string[] to) =>
        await SendTextAsync(port, Head(from, to[0]) + (await File.ReadAllTextAsync(pki[file])).ReplaceLineEndings("\r\n"), from, mail, to, parameter);

    private static Task SendTextAsync(int port, string text, string from, string mail, params string[] to) => SendTextAsync(port, text, from, mail, to, "");

    private static async Task SendTextAsync(int port, string text, string from, string mail, string[] to, string parameter)
    {
        await using var client = await SmtpDialogue.ConnectAsync(port);
        await client.SayAsync("EHLO origin.test");
        Assert.True((await client.SayAsync($"MAIL FROM:<{from}> {mail}".TrimEnd())).IsPositive);
        foreach (var recipient in to) Assert.True((await client.SayAsync($"RCPT TO:<{recipient}> {parameter}".TrimEnd())).IsPositive);
        await client.SayAsync("DATA");
        var answer = await client.SayAsync(text + ".");
        Assert.True(answer.IsPositive, answer.ToString());
    }

    private static async Task<string[]> HeldAsync(SwitchProcess node)
    {
        using var document = JsonDocument.Parse((await node.CommandAsync("queue", "list", "--state", "held", "--json")).Output);
        return [.. document.RootElement.GetProperty("items").EnumerateArray().Select(m => m.GetProperty("heldBecause").GetString()!)];
    }

    private static Task HoldsAsync(SwitchProcess node, string because) =>
        Eventually.ComesTrueAsync(async () => (await HeldAsync(node)).Contains(because), Patience, because);

    private static async Task<string> DecisionsAsync(SwitchProcess node)
    {
        using var document = JsonDocument.Parse((await node.CommandAsync("track", "--recipient", Gateway, "--json")).Output);
        var all = new StringBuilder();
        foreach (var message in document.RootElement.GetProperty("items").EnumerateArray())
            all.Append((await node.CommandAsync("message", "decisions", message.GetProperty("id").GetString()!, "--json")).Output);
        return all.ToString();
    }

    private static async Task<string> CopyIdAsync(SwitchProcess node)
    {
        using var document = JsonDocument.Parse((await node.CommandAsync("track", "--recipient", Captain, "--json")).Output);
        return document.RootElement.GetProperty("items").EnumerateArray().First(m => m.TryGetProperty("parent", out var parent) && parent.ValueKind is JsonValueKind.String).GetProperty("id").GetString()!;
    }
}
