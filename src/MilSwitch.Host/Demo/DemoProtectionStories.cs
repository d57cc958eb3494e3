using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Making;
using MimeKit;

namespace MilSwitch.Host.Demo;

/// <summary>The stories about signatures, encryption and the token that has the key. What arrives is judged by the program's own inspection.</summary>
internal sealed class DemoProtectionStories(DemoStage stage)
{
    private const string Partner = "partner@signed.test";
    private const string Body = "Sensitive, and to be proven.";

    private DemoSecurity Security => stage.Security;

    public async Task<(bool Good, string Actual)> SignedAsync(CancellationToken cancellationToken)
    {
        const string subject = "Order of the day";
        await SendAsync(subject, Partner, cancellationToken);
        if (await ArrivalAsync(subject, 10, cancellationToken) is not { } arrival) return (false, "did not arrive");
        using var result = await Security.InspectAsync(Octets(arrival), asLiaison: false, cancellationToken);
        var signer = result.Report.Layers.SelectMany(l => l.Signers).FirstOrDefault();
        return (
            result.Verdict is InspectionVerdict.Valid && signer is { SignatureType: "domain" },
            $"{Judged(result)}; signed by {signer?.Subject ?? "nobody"}, sender {result.Report.Identity.Match}");
    }

    public async Task<(bool Good, string Actual)> EncryptedAsync(CancellationToken cancellationToken)
    {
        const string subject = "Convoy timetable";
        await SendAsync(subject, DemoSecurity.Liaison, cancellationToken);
        // Its subject is hidden: the recipient tells it.
        var found = await DemoStories.ComesAsync(() => Hidden().Count is 1, 10, cancellationToken);
        if (!found) return (false, "did not arrive");
        var arrival = Hidden()[0];
        var visible = arrival.Text.Contains(subject, StringComparison.Ordinal) || arrival.Text.Contains(Body, StringComparison.Ordinal);
        using var closed = await Security.InspectAsync(Octets(arrival), asLiaison: false, cancellationToken);
        using var open = await Security.InspectAsync(Octets(arrival), asLiaison: true, cancellationToken);
        var inside = open.Report.HeaderProtection.Fields.FirstOrDefault(f => f.Name is "Subject")?.Protected;
        return (
            !visible && closed.Verdict is InspectionVerdict.Undecryptable && open.Verdict is InspectionVerdict.Valid && inside is subject,
            $"on the way {Judged(closed)}, subject \"{arrival.Subject}\"; with the recipient's key {Judged(open)}, subject \"{inside}\"{(visible ? "; TEXT WAS VISIBLE" : "")}");

        List<DemoArrival> Hidden() => [.. stage.Neighbour.Arrivals.Where(a => a.ReversePath.Length > 0 && a.Recipients.Contains(DemoSecurity.Liaison) && a.Subject == "[...]")];
    }

    public async Task<(bool Good, string Actual)> TripleAsync(CancellationToken cancellationToken)
    {
        const string subject = "Eyes only";
        var settings = new SignatureSettings { Signers = [Security.OfficerSigner], SigningTime = TimeProvider.System.GetUtcNow() };
        var sent = (await MessageProtector.WrapAsync(
            Compose(subject, "front@front.test"), settings, new EncryptionSettings { Recipients = [Security.ForLiaison()] }, settings, cancellationToken)).ToArray();
        await SendRawAsync(sent, "front@front.test", cancellationToken);
        if (await ArrivalAsync("[...]", 10, cancellationToken, "front@front.test") is not { } arrival) return (false, "did not arrive");
        var octets = Octets(arrival);
        var same = octets.AsSpan().EndsWith(sent);
        using var closed = await Security.InspectAsync(octets, asLiaison: false, cancellationToken);
        using var open = await Security.InspectAsync(octets, asLiaison: true, cancellationToken);
        var outer = closed.Report.Layers.FirstOrDefault()?.Verdict;
        return (
            same && outer is "valid" && closed.Verdict is InspectionVerdict.Undecryptable && open.Verdict is InspectionVerdict.Valid && open.Report.Layers.Length is 3,
            $"{(same ? "the same octets" : "CHANGED octets")}; without the key the outer signature is {outer ?? "not there"}, with it {Judged(open)}");
    }

    public async Task<(bool Good, string Actual)> ForgedAsync(CancellationToken cancellationToken)
    {
        const string good = "Payroll", bad = "Payroll, changed on the way";
        var settings = new SignatureSettings { Signers = [Security.OfficerSigner], SigningTime = TimeProvider.System.GetUtcNow() };
        var genuine = (await MessageProtector.SignAsync(Compose(good, "front@front.test"), settings, cancellationToken)).ToArray();
        var changed = (await MessageProtector.SignAsync(Compose(bad, "front@front.test"), settings, cancellationToken)).ToArray();
        var at = changed.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Body));
        changed[at] = (byte)'s';
        await SendRawAsync(genuine, "front@front.test", cancellationToken);
        await SendRawAsync(changed, "front@front.test", cancellationToken);
        var first = await ArrivalAsync(good, 10, cancellationToken, exactly: true);
        var second = await ArrivalAsync(bad, 10, cancellationToken, exactly: true);
        var (passed, failed) = (Result(first), Result(second));
        return (
            passed.Contains("smime=pass", StringComparison.Ordinal) && failed.Contains("smime=fail", StringComparison.Ordinal),
            $"the genuine one: \"{passed}\"; the changed one: \"{failed}\"");

        string Result(DemoArrival? arrival)
        {
            if (arrival is null) return "did not arrive";
            using var octets = new MemoryStream(Octets(arrival));
            return MimeMessage.Load(octets, cancellationToken).Headers["Authentication-Results"] ?? "no Authentication-Results";
        }
    }

    public async Task<(bool Good, string Actual)> PulledOutAsync(CancellationToken cancellationToken)
    {
        const string subject = "While the token was out";
        Security.PullOut();
        bool alarmed, waited;
        try
        {
            await SendAsync(subject, Partner, cancellationToken, Precedence.Flash);
            alarmed = await DemoStories.ComesAsync(
                async () => (await stage.Switch.TryCommandAsync(cancellationToken, "alarm", "list")).Output.Contains("token:hsm", StringComparison.Ordinal), 20, cancellationToken);
            waited = await DemoStories.ComesAsync(
                async () => (await stage.Switch.TryCommandAsync(cancellationToken, "queue", "list", "--json")).Output.Contains("4.3.0", StringComparison.Ordinal), 20, cancellationToken)
                && stage.Neighbour.Arrivals.All(a => a.Subject != subject);
        }
        finally
        {
            Security.PutBack();
        }

        var watch = Stopwatch.StartNew();
        var arrival = await ArrivalAsync(subject, 30, cancellationToken);
        var taken = watch.Elapsed;
        if (arrival is null) return (false, $"the alarm {(alarmed ? "stood" : "did not stand")}; it never arrived");
        using var result = await Security.InspectAsync(Octets(arrival), asLiaison: false, cancellationToken);
        return (
            alarmed && waited && result.Verdict is InspectionVerdict.Valid,
            string.Create(CultureInfo.InvariantCulture, $"the alarm {(alarmed ? "stood" : "did not stand")} and FLASH {(waited ? "waited" : "did not wait")}; {taken.TotalSeconds:0.0} s after its return it arrived, {Judged(result)}"));
    }

    private static string Judged(InspectionResult result) =>
        $"{result.Report.Verdict} ({string.Join(", ", result.Report.Layers.Select(l => l.Type))}{(result.Report.Reasons.IsEmpty ? "" : ": " + string.Join(" ", result.Report.Reasons))})";

    private static byte[] Octets(DemoArrival arrival) => Encoding.Latin1.GetBytes(arrival.Text.ReplaceLineEndings("\r\n"));

    private async Task<DemoArrival?> ArrivalAsync(string subject, int seconds, CancellationToken cancellationToken, string? recipient = null, bool exactly = false)
    {
        await DemoStories.ComesAsync(() => Find() is not null, seconds, cancellationToken);
        return Find();

        DemoArrival? Find() => stage.Neighbour.Arrivals.FirstOrDefault(a =>
            a.ReversePath.Length > 0 && (exactly ? a.Subject == subject : a.Subject.StartsWith(subject, StringComparison.Ordinal)) && (recipient is null || a.Recipients.Contains(recipient)));
    }

    private static byte[] Compose(string subject, string to) => Encoding.ASCII.GetBytes(
        $"From: {DemoSecurity.Officer}\r\nTo: {to}\r\nDate: {TimeProvider.System.GetUtcNow().ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000\r\n"
        + $"Message-ID: <{Guid.NewGuid():N}@home.test>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{Body}\r\n");

    private async Task SendAsync(string subject, string to, CancellationToken cancellationToken, Precedence precedence = Precedence.Routine)
    {
        await using var client = await DemoClient.ConnectAsync(stage.Endpoint, cancellationToken);
        await client.SendAsync(DemoSecurity.Officer, [to], subject, Body, precedence, cancellationToken);
    }

    private async Task SendRawAsync(byte[] message, string to, CancellationToken cancellationToken)
    {
        await using var client = await DemoClient.ConnectAsync(stage.Border, cancellationToken);
        await client.SendRawAsync(message, DemoSecurity.Officer, to, cancellationToken);
    }
}
