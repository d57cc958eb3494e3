using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using MilSwitch.Host.Api;
using MilSwitch.Smime.Making;
using MimeKit;

namespace MilSwitch.Host.Demo;

/// <summary>The stories about what comes back over a boundary: reports that are signed, and receipts that hold for the originator. All of it is judged by openssl.</summary>
internal sealed class DemoReceiptStories(DemoStage stage)
{
    private const string Lost = "nobody@" + DemoBorder.MailDomain;
    private const string Body = "Sail at dawn.";

    private DemoCorrespondents People => stage.Correspondents;

    public async Task<(bool Good, string Actual)> SignedReportAsync(CancellationToken cancellationToken)
    {
        const string subject = "Sailing orders";
        var signature = new SignatureSettings { Signers = [stage.Security.OfficerSigner], SigningTime = TimeProvider.System.GetUtcNow(), Label = stage.Policies.Label("RESTRICTED") };
        var encryption = new EncryptionSettings { Recipients = [DemoSecurity.For(stage.Abroad.GatewayKey.Certificate)] };
        var message = (await MessageProtector.SignAndEncryptAsync(
            Encoding.ASCII.GetBytes(Head(DemoSecurity.Officer, Lost, subject) + $"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{Body}\r\n"), signature, encryption, cancellationToken)).ToArray();
        await SendAsync(stage.Endpoint, message, DemoSecurity.Officer, Lost, cancellationToken);
        if (await ArrivalAsync(a => a.ReversePath.Length is 0 && a.Recipients.Contains(DemoSecurity.Officer) && a.Text.Contains("enveloped-data", StringComparison.OrdinalIgnoreCase), cancellationToken) is not { } arrival)
            return (false, "no encrypted report came");
        var (sealedReport, signed, text) = (Paths("report.eml"), Paths("report.signed"), Paths("report.text"));
        await WriteAsync(sealedReport, arrival.Text, cancellationToken);
        if (await OpenSslAsync(cancellationToken, "cms", "-decrypt", "-in", sealedReport, "-inkey", People.OfficerOpening.Key, "-recip", People.OfficerOpening.Certificate, "-out", signed) is { Length: > 0 } closed) return (false, closed);
        if (await OpenSslAsync(cancellationToken, "cms", "-verify", "-in", signed, "-CAfile", stage.Security.Anchors, "-purpose", "any", "-out", text) is { Length: > 0 } bad) return (false, bad);
        var printed = await PrintAsync("SMIME", signed, cancellationToken);
        var report = await File.ReadAllTextAsync(text, cancellationToken);
        var failed = report.Contains("Action: failed", StringComparison.Ordinal) && report.Contains(Lost, StringComparison.Ordinal);
        var tied = report.Contains("X-MilSwitch-Original-Digest: sha-", StringComparison.Ordinal);
        var labelled = printed.Contains("id-smime-aa-securityLabel", StringComparison.Ordinal);
        var returned = report.Contains(Body, StringComparison.Ordinal) || report.Contains(subject, StringComparison.Ordinal) || arrival.Text.Contains(Lost, StringComparison.Ordinal);
        return (
            failed && tied && labelled && !returned,
            $"encrypted for its originator; openssl: decrypted, signature good, {(labelled ? "with the label" : "WITHOUT A LABEL")}; it says {(failed ? $"that {Lost} failed" : "SOMETHING ELSE")}{(tied ? ", of which octets" : ", NOT OF WHICH OCTETS")}, and {(returned ? "SHOWS something of the message" : "returns nothing of the message")}");
    }

    public async Task<(bool Good, string Actual)> RelayedReceiptAsync(CancellationToken cancellationToken)
    {
        const string subject = "Rendezvous";
        var (order, copy, forged, given, theirsAlone) = (Paths("order.eml"), Paths("copy.eml"), Paths("forged.eml"), Paths("given.eml"), Paths("theirs.der"));
        await File.WriteAllTextAsync(Paths("order.txt"), $"Content-Type: text/plain\r\n\r\n{Body}\r\n", cancellationToken);
        if (await OpenSslAsync(
            cancellationToken, "cms", "-sign", "-in", Paths("order.txt"), "-signer", People.Officer.Certificate, "-inkey", People.Officer.Key, "-md", "sha256", "-crlfeol",
            "-receipt_request_all", "-receipt_request_to", DemoSecurity.Officer, "-out", order) is { Length: > 0 } unsigned) return (false, unsigned);
        await SendFileAsync(stage.Endpoint, order, DemoSecurity.Officer, DemoCorrespondents.Captain, subject, cancellationToken);
        if (await ArrivalAsync(a => a.Recipients.Contains(DemoCorrespondents.Captain) && a.Subject == subject, cancellationToken) is not { } arrived) return (false, "it did not arrive at sea");
        await WriteAsync(copy, arrived.Text, cancellationToken);

        // Somebody else's receipt first: it changes nothing.
        if (await ReceiptAsync(copy, People.Officer, forged, cancellationToken) is { Length: > 0 } fault) return (false, fault);
        await SendFileAsync(People.Sea, forged, DemoCorrespondents.Captain, DemoCorrespondents.Gateway, "Receipt", cancellationToken);
        var refused = await DemoStories.ComesAsync(async () => await HeldAsync("SIGNER-MISMATCH", cancellationToken), 15, cancellationToken);
        var early = Receipts().Any();
        if (await ReceiptAsync(copy, People.CaptainSigning, given, cancellationToken) is { Length: > 0 } none) return (false, none);
        await SendFileAsync(People.Sea, given, DemoCorrespondents.Captain, DemoCorrespondents.Gateway, "Receipt", cancellationToken);
        await DemoStories.ComesAsync(() => Receipts().Any(), 15, cancellationToken);
        if (Receipts().FirstOrDefault() is not { } told) return (false, $"somebody else's receipt was {(refused ? "held" : "NOT HELD")}; no receipt came to the originator");

        using var octets = new MemoryStream(Encoding.Latin1.GetBytes(told.Text.ReplaceLineEndings("\r\n")));
        var parts = (await MimeMessage.LoadAsync(octets, cancellationToken)).BodyParts.OfType<MimePart>().Where(p => p.ContentType.IsMimeType("application", "pkcs7-mime")).ToArray();
        if (parts.Length is not 2) return (false, string.Create(CultureInfo.InvariantCulture, $"{parts.Length} receipts came to the originator where two were expected"));
        var relayed = Paths("relayed.der");
        await DecodeAsync(parts[0], relayed, cancellationToken);
        await DecodeAsync(parts[1], theirsAlone, cancellationToken);
        var original = await VerifyAsync(relayed, order, cancellationToken);
        var theirs = await VerifyAsync(theirsAlone, copy, cancellationToken);
        var without = await VerifyAsync(theirsAlone, order, cancellationToken);
        var grade = (await PrintAsync("DER", relayed, cancellationToken)).Contains("recipient-verified", StringComparison.Ordinal);
        return (
            refused && !early && original.Length is 0 && theirs.Length is 0 && without.Length > 0 && grade,
            $"somebody else's receipt was {(refused ? "held" : "NOT HELD")}; openssl: the domain's receipt {(original.Length is 0 ? "is good for what the officer sent" : "IS NOT GOOD: " + original)}, {(grade ? "recipient-verified under its signature" : "WITHOUT ITS GRADE")}; "
            + $"the captain's own {(theirs.Length is 0 ? "is good for the copy" : "IS NOT GOOD: " + theirs)}{(without.Length is 0 ? " AND for the original" : " alone")}");

        IEnumerable<DemoArrival> Receipts() => stage.Neighbour.Arrivals.Where(a => a.ReversePath.Length is 0 && a.Recipients.Contains(DemoSecurity.Officer) && a.Subject == "Receipt: recipient-verified");
    }

    private static async Task<string> ReceiptAsync(string copy, (string Key, string Certificate) signer, string to, CancellationToken cancellationToken) =>
        await OpenSslAsync(cancellationToken, "cms", "-sign_receipt", "-in", copy, "-signer", signer.Certificate, "-inkey", signer.Key, "-out", to);

    private async Task<string> VerifyAsync(string receipt, string sent, CancellationToken cancellationToken) =>
        await OpenSslAsync(cancellationToken, "cms", "-verify_receipt", receipt, "-rctform", "DER", "-in", sent, "-CAfile", stage.Security.Anchors);

    private async Task<string> PrintAsync(string form, string path, CancellationToken cancellationToken)
    {
        var printed = Paths("printed");
        await OpenSslAsync(cancellationToken, "cms", "-cmsout", "-print", "-noout", "-inform", form, "-in", path, "-out", printed);
        return File.Exists(printed) ? await File.ReadAllTextAsync(printed, cancellationToken) : "";
    }

    private static Task<string> OpenSslAsync(CancellationToken cancellationToken, params string[] arguments) => DemoBoundaryStories.OpenSslAsync(cancellationToken, arguments);

    private async Task<bool> HeldAsync(string because, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize(await stage.Switch.CommandAsync(cancellationToken, "queue", "list", "--state", "held", "--json"), ApiJson.Default.PageQueuedMessageView)!.Items
            .Any(m => m.Recipients.Any(r => r.Address == DemoCorrespondents.Gateway) && m.HeldBecause?.Contains(because, StringComparison.Ordinal) is true);

    private async Task<DemoArrival?> ArrivalAsync(Func<DemoArrival, bool> isThat, CancellationToken cancellationToken)
    {
        await DemoStories.ComesAsync(() => stage.Neighbour.Arrivals.Any(isThat), 20, cancellationToken);
        return stage.Neighbour.Arrivals.FirstOrDefault(isThat);
    }

    private string Paths(string name) => Path.Combine(People.Folder, name);

    private static Task WriteAsync(string path, string text, CancellationToken cancellationToken) =>
        File.WriteAllBytesAsync(path, Encoding.Latin1.GetBytes(text.ReplaceLineEndings("\r\n")), cancellationToken);

    private static async Task DecodeAsync(MimePart part, string path, CancellationToken cancellationToken)
    {
        await using var file = File.Create(path);
        await part.Content!.DecodeToAsync(file, cancellationToken);
    }

    private static string Head(string from, string to, string subject) =>
        $"From: {from}\r\nTo: {to}\r\nDate: {TimeProvider.System.GetUtcNow().ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000\r\n"
        + $"Message-ID: <{Guid.NewGuid():N}@{from[(from.IndexOf('@', StringComparison.Ordinal) + 1)..]}>\r\nSubject: {subject}\r\n";

    private static async Task SendFileAsync(IPEndPoint endpoint, string file, string from, string to, string subject, CancellationToken cancellationToken)
    {
        var entity = (await File.ReadAllTextAsync(file, Encoding.Latin1, cancellationToken)).ReplaceLineEndings("\r\n");
        await SendAsync(endpoint, Encoding.Latin1.GetBytes(Head(from, to, subject) + entity), from, to, cancellationToken);
    }

    // Whatever is not 250 throws.
    private static async Task SendAsync(IPEndPoint endpoint, byte[] message, string from, string to, CancellationToken cancellationToken)
    {
        await using var client = await DemoClient.ConnectAsync(endpoint, cancellationToken);
        await client.SendRawAsync(message, from, to, cancellationToken);
    }
}
