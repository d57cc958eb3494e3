using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using MilSwitch.Host.Api;
using MilSwitch.Host.Commands;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Markings;
using MilSwitch.Smime.Making;

namespace MilSwitch.Host.Demo;

/// <summary>
/// The stories about the boundary between two security domains: a message goes from the switch at home over the network between to
/// the switch abroad. What travelled between them is judged by openssl, what arrived by the neighbour's copy, what stayed by the operator's commands.
/// </summary>
internal sealed class DemoBoundaryStories(DemoStage stage)
{
    private const string Clerk = "clerk@" + DemoBorder.MailDomain;
    private const string Body = "Across the border.";

    private DemoBorder Abroad => stage.Abroad;

    public async Task<(bool Good, string Actual)> PlainAsync(CancellationToken cancellationToken)
    {
        const string subject = "Ration returns";
        await SendAsync(stage.Endpoint, Compose(subject, Clerk, "RESTRICTED"), Clerk, cancellationToken);
        if (await ArrivalAsync(subject, cancellationToken) is not { } arrival) return (false, await WhyNotAsync(stage.Switch, cancellationToken));
        var plain = arrival.Text.Contains(Body, StringComparison.Ordinal);
        var role = Field(arrival, "X-MilSwitch-Signature-Role") ?? "nobody";
        var (between, opened) = await BetweenAsync(subject, cancellationToken);
        var hidden = !between.Contains(Body, StringComparison.Ordinal) && !between.Contains(subject, StringComparison.Ordinal);
        return (
            plain && hidden && opened.Length is 0 && role.Trim() is "domain",
            $"in clear at both ends{(plain ? "" : ": NOT IN CLEAR")}, told of as signed by {role.Trim()}; between them {(hidden ? "nothing of it is visible" : "IT WAS VISIBLE")}; openssl with the key abroad: {(opened.Length is 0 ? "decrypted, signature of the domain at home good" : opened)}");
    }

    public async Task<(bool Good, string Actual)> GatewayAsync(CancellationToken cancellationToken)
    {
        const string subject = "Bridge survey";
        await SendAsync(stage.Endpoint, await SealedAsync(subject, Clerk, "RESTRICTED", cancellationToken), Clerk, cancellationToken);
        if (await ArrivalAsync(subject, cancellationToken) is not { } arrival) return (false, await WhyNotAsync(stage.Switch, cancellationToken));
        var label = Field(arrival, SioLabel.FieldName) is { } body && SioLabel.Parse(body).Decode(stage.Policies.Set) is { } read && stage.Policies.Set.Find(read.Policy) is { } policy
            ? MarkingText.Generate(read, policy, MarkingPlace.Display) : "nothing";
        var (_, opened) = await BetweenAsync(subject, cancellationToken);
        return (
            opened.Length is 0 && label is "COALITION RESTRICTED",
            $"opened at the boundary, labelled {label}, signed for the domain and encrypted anew; openssl with the key abroad: {(opened.Length is 0 ? "decrypted, signature good" : opened)}");
    }

    public async Task<(bool Good, string Actual)> TamperedAsync(CancellationToken cancellationToken)
    {
        const string subject = "Guard rota";
        var message = Encoding.ASCII.GetString(await SealedAsync(subject, Clerk, "RESTRICTED", cancellationToken));
        // Somebody on the way puts another sender on the outside.
        var changed = message.Replace($"From: {DemoSecurity.Officer}", "From: commander@home.test", StringComparison.Ordinal);
        await SendAsync(stage.Endpoint, Encoding.ASCII.GetBytes(changed), Clerk, cancellationToken);
        var because = await HeldAsync(stage.Switch, Clerk, b => b.Contains("From", StringComparison.Ordinal) || b.Contains("SIGNER-MISMATCH", StringComparison.Ordinal), cancellationToken);
        return Judged(subject, because);
    }

    public async Task<(bool Good, string Actual)> ForwardedAsync(CancellationToken cancellationToken)
    {
        const string subject = "Your posting", other = "rival@" + DemoBorder.MailDomain;
        // Sealed for the clerk, and sent on to somebody whom its author does not name.
        await SendAsync(stage.Endpoint, await SealedAsync(subject, Clerk, "RESTRICTED", cancellationToken), other, cancellationToken);
        return Judged(subject, await HeldAsync(stage.Switch, other, b => b.Contains("does not name recipient", StringComparison.Ordinal), cancellationToken));
    }

    public async Task<(bool Good, string Actual)> TwoPersonsAsync(CancellationToken cancellationToken)
    {
        const string subject = "Fleet position";
        await SendAsync(stage.Endpoint, await SealedAsync(subject, Clerk, "SECRET", cancellationToken), Clerk, cancellationToken);
        string? id = null;
        await DemoStories.ComesAsync(
            async () => (id = Held(await stage.Switch.CommandAsync(cancellationToken, "queue", "list", "--state", "held", "--json")).FirstOrDefault(m => m.HeldBecause?.StartsWith("label:", StringComparison.Ordinal) is true)?.Id) is not null,
            15, cancellationToken);
        if (id is null) return (false, await ArrivalAsync(subject, cancellationToken) is null ? "neither held nor arrived" : "it was NOT HELD");
        string[] approve = ["hold", "approve", id, "--step", "label", "--reason", "the coalition commander needs it"];
        var first = await stage.Switch.TryCommandAsync(cancellationToken, approve);
        var again = await stage.Switch.TryCommandAsync(cancellationToken, approve);
        var early = stage.Neighbour.Arrivals.Any(a => a.Subject == subject);
        var second = await stage.Switch.TryCommandAsync(cancellationToken, [.. approve, .. stage.AsAnother]);
        var arrived = await ArrivalAsync(subject, cancellationToken) is not null;
        return (
            first.ExitCode is ExitCodes.ApprovalNeeded && again.ExitCode is ExitCodes.Conflict && !early && second.ExitCode is ExitCodes.Done && arrived,
            string.Create(CultureInfo.InvariantCulture, $"held; the first approval ends with {first.ExitCode}, the same person again with {again.ExitCode}, another person with {second.ExitCode}; {(early ? "it LEFT EARLY" : arrived ? "then it arrived" : "it did NOT arrive")}"));
    }

    public async Task<(bool Good, string Actual)> VirusAsync(CancellationToken cancellationToken)
    {
        const string subject = "Please open";
        var text = $"{subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n{Body}\r\n--b\r\n"
            + $"Content-Type: application/octet-stream; name=report.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n{Convert.ToBase64String(DemoScanner.TestFile)}\r\n--b--\r\n";
        var plain = Encoding.ASCII.GetString(Compose(subject, Clerk, "RESTRICTED"));
        var message = plain[..(plain.IndexOf("Subject: ", StringComparison.Ordinal) + "Subject: ".Length)] + text;
        await SendAsync(stage.Endpoint, Encoding.ASCII.GetBytes(message), Clerk, cancellationToken);
        return Judged(subject, await HeldAsync(stage.Switch, Clerk, b => b.StartsWith("checks:", StringComparison.Ordinal) && b.Contains("virus", StringComparison.Ordinal), cancellationToken));
    }

    private static IReadOnlyList<QueuedMessageView> Held(string listed) => JsonSerializer.Deserialize(listed, ApiJson.Default.PageQueuedMessageView)!.Items;

    private (bool Good, string Actual) Judged(string subject, string because)
    {
        var left = stage.Neighbour.Arrivals.Any(a => a.Subject == subject);
        return (because.Length > 0 && !left, $"taken with 250, {(left ? "SENT" : "not sent")}; {(because.Length > 0 ? $"held, because {because}" : "NOT HELD for that reason")}");
    }

    /// <summary>What travelled between the switches, and what openssl says of it: nothing when all is well.</summary>
    internal async Task<(string Between, string Fault)> BetweenAsync(string subject, CancellationToken cancellationToken)
    {
        var listed = JsonSerializer.Deserialize(
            await Abroad.Switch.CommandAsync(cancellationToken, "track", "--recipient", Clerk, "--json"), ApiJson.Default.PageMessageView)!.Items.Where(m => m.Parent is not null);
        foreach (var copy in listed)
        {
            var came = await Abroad.Switch.CommandAsync(cancellationToken, "message", "raw", copy.Parent!);
            var path = Path.Combine(Path.GetDirectoryName(Abroad.Configuration)!, copy.Parent!);
            await File.WriteAllTextAsync(path + ".eml", came.ReplaceLineEndings("\r\n") + "\r\n", cancellationToken);
            var (key, certificate) = Abroad.ConfidentialityKey;
            if (await OpenSslAsync(cancellationToken, "cms", "-decrypt", "-in", path + ".eml", "-inkey", key, "-recip", certificate, "-out", path + ".inner") is { Length: > 0 } closed) return (came, closed);
            if (!(await File.ReadAllTextAsync(path + ".inner", cancellationToken)).Contains(subject, StringComparison.Ordinal)) continue;
            return (came, await OpenSslAsync(cancellationToken, "cms", "-verify", "-in", path + ".inner", "-CAfile", stage.Security.Anchors, "-purpose", "any", "-out", path + ".text"));
        }

        return ("", "it is not there");
    }

    // Empty when it ended well.
    internal static async Task<string> OpenSslAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        try
        {
            using var tool = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = tool.StandardError.ReadToEndAsync(cancellationToken);
            await tool.StandardOutput.ReadToEndAsync(cancellationToken);
            await tool.WaitForExitAsync(cancellationToken);
            return tool.ExitCode is 0 ? "" : $"openssl {arguments[0]} {arguments[1]} failed: {(await said).Split('\n')[0]}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "openssl is missing: install Debian's package openssl";
        }
    }

    // Empty: nothing for this recipient is held for such a reason.
    internal static async Task<string> HeldAsync(DemoSwitch at, string recipient, Func<string, bool> isThat, CancellationToken cancellationToken)
    {
        var because = "";
        await DemoStories.ComesAsync(
            async () =>
            {
                var listed = await at.CommandAsync(cancellationToken, "queue", "list", "--state", "held", "--json");
                because = JsonSerializer.Deserialize(listed, ApiJson.Default.PageQueuedMessageView)!.Items
                    .Where(m => m.Recipients.Any(r => r.Address == recipient)).Select(m => m.HeldBecause ?? "").FirstOrDefault(isThat) ?? "";
                return because.Length > 0;
            },
            15, cancellationToken);
        return because;
    }

    internal async Task<string> WhyNotAsync(DemoSwitch first, CancellationToken cancellationToken)
    {
        var here = await HeldAsync(first, Clerk, _ => true, cancellationToken);
        var there = await HeldAsync(Abroad.Switch, Clerk, _ => true, cancellationToken);
        return here.Length > 0 ? $"held at home, because {here}" : there.Length > 0 ? $"held abroad, because {there}" : "did not arrive";
    }

    internal async Task<DemoArrival?> ArrivalAsync(string subject, CancellationToken cancellationToken)
    {
        await DemoStories.ComesAsync(() => Find() is not null, 15, cancellationToken);
        return Find();

        DemoArrival? Find() => stage.Neighbour.Arrivals.FirstOrDefault(a => a.ReversePath.Length > 0 && a.Subject == subject && a.Recipients.Contains(Clerk));
    }

    private async Task<byte[]> SealedAsync(string subject, string to, string classification, CancellationToken cancellationToken)
    {
        var signature = new SignatureSettings { Signers = [stage.Security.OfficerSigner], SigningTime = TimeProvider.System.GetUtcNow(), Label = stage.Policies.Label(classification) };
        var encryption = new EncryptionSettings { Recipients = [DemoSecurity.For(Abroad.GatewayKey.Certificate)] };
        return (await MessageProtector.SignAndEncryptAsync(Compose(subject, to, null), signature, encryption, cancellationToken)).ToArray();
    }

    private byte[] Compose(string subject, string to, string? classification) => Encoding.ASCII.GetBytes(
        (classification is null ? "" : $"{SioLabel.FieldName}: {SioLabel.Of(stage.Policies.Label(classification)).Format()}\r\n")
        + $"From: {DemoSecurity.Officer}\r\nTo: {to}\r\nDate: {TimeProvider.System.GetUtcNow().ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000\r\n"
        + $"Message-ID: <{Guid.NewGuid():N}@home.test>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{Body}\r\n");

    private static string? Field(DemoArrival arrival, string name)
    {
        using var octets = new MemoryStream(Encoding.Latin1.GetBytes(arrival.Text.ReplaceLineEndings("\r\n")));
        return MimeKit.MimeMessage.Load(octets).Headers.FirstOrDefault(h => h.Field.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } header
            ? Encoding.ASCII.GetString(header.RawValue).TrimEnd()
            : null;
    }

    // Whatever is not 250 throws.
    private static async Task SendAsync(IPEndPoint endpoint, byte[] message, string to, CancellationToken cancellationToken)
    {
        await using var client = await DemoClient.ConnectAsync(endpoint, cancellationToken);
        await client.SendRawAsync(message, DemoSecurity.Officer, to, cancellationToken);
    }
}
