using System.Buffers;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using MilSwitch.Host.Api;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Making;
using MimeKit;

namespace MilSwitch.Host.Demo;

/// <summary>The stories about formal messages: draft and release, and lists. Who releases signs by openssl, as any client would.</summary>
internal sealed class DemoFormalStories
{
    private const string Chief = "chief@home.test";
    private const string Desk = "release@home.test";
    private const string Ally = "liaison@released.test";
    private const string Profiler = "profiler@profiled.test";
    private const string Logistics = "logistics@sink.test";
    private const string Body = "The convoy leaves at dawn.";

    private readonly DemoStage stage;
    private readonly string folder;
    private readonly (string Key, string Certificate) chief;
    private readonly (string Key, string Certificate) desk;
    private string? released;

    /// <param name="stage">Where they are played; certifies their keys.</param>
    /// <param name="folder">Made by this.</param>
    public DemoFormalStories(DemoStage stage, string folder)
    {
        (this.stage, this.folder) = (stage, folder);
        Directory.CreateDirectory(folder);
        chief = stage.Security.MakeKey(Path.Combine(folder, "chief"), "CN=Chief of staff", Chief, X509KeyUsageFlags.DigitalSignature);
        desk = stage.Security.MakeKey(Path.Combine(folder, "desk"), "CN=review-authority", Desk, X509KeyUsageFlags.DigitalSignature);
        File.WriteAllText(Plans, $"plan: day\nplans: [day]\nrules:\n  - {{ name: convoys, sic: [KA*], action: [{DemoCorrespondents.Captain}], info: [{Logistics}] }}\n");
        Drafts = new IPEndPoint(IPAddress.Loopback, DemoPorts.From(DemoPorts.Drafts));
    }

    private string Plans => Path.Combine(folder, "plans.yaml");

    /// <summary>Where the switch takes drafts.</summary>
    public IPEndPoint Drafts { get; }

    /// <summary>An item of <c>listeners</c>.</summary>
    public string Listener => $"{{ name: drafts, endpoint: \"{Drafts}\", domain: home, clients: [127.0.0.0/8] }}";

    /// <summary>An item of <c>keys</c>.</summary>
    public string Key => $"{{ name: desk, file: {desk.Key}, certificate: {desk.Certificate} }}";

    /// <summary>The section <c>release</c>.</summary>
    public static string Release =>
        $"{{ domain: home, desk: {Desk}, protection: {{ sign: {{ key: desk, countersign: true }} }}, rules: [{{ name: abroad, listeners: [drafts], to: [\"*@released.test\"], authorizers: [{Chief}] }}, "
        + $"{{ name: border, listeners: [border], to: [\"*@released.test\"], authorizers: [{Desk}], otherwise: return }}] }}";

    /// <summary>The section <c>lists</c>.</summary>
    public static string Lists => $"[{{ address: watch@lists.test, domain: home, members: [pilot@cleared.test, mate@limited.test], owner: {DemoSecurity.Officer}, post: [anyone] }}]";

    /// <summary>The section <c>profiling</c>.</summary>
    public string Profiling => $"{{ plans: {Plans}, addresses: [{Profiler}], domain: home, owner: {DemoSecurity.Officer} }}";

    public async Task<(bool Good, string Actual)> ReleaseAsync(CancellationToken cancellationToken)
    {
        const string subject = "Convoy orders";
        await SendAsync(Drafts, DemoSecurity.Officer, Ally, await SignedAsync(subject, Ally, cancellationToken), cancellationToken);
        if (await FindAsync(a => a.Recipients.Contains(Chief) && a.Text.Contains(Body, StringComparison.Ordinal), cancellationToken) is not { } request) return (false, "the chief of staff was not asked");
        var early = Sent(Ally) > 0;
        var lines = request.Text.Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("Draft: ", StringComparison.Ordinal) || l.StartsWith("Digest: ", StringComparison.Ordinal));
        var (text, answer) = (Path.Combine(folder, "answer.txt"), Path.Combine(folder, "answer.eml"));
        await File.WriteAllTextAsync(text, $"Content-Type: text/plain\r\n\r\nRELEASE seen\r\n\r\n{string.Concat(lines.Select(l => $"> {l}\r\n"))}", cancellationToken);
        if (await DemoBoundaryStories.OpenSslAsync(cancellationToken, "cms", "-sign", "-in", text, "-signer", chief.Certificate, "-inkey", chief.Key, "-md", "sha256", "-crlfeol", "-out", answer) is { Length: > 0 } fault) return (false, fault);
        var signed = (await File.ReadAllTextAsync(answer, cancellationToken)).ReplaceLineEndings("\r\n");
        await SendAsync(stage.Endpoint, Chief, Desk, Encoding.ASCII.GetBytes(Header(Chief, Desk, "Re: For release") + signed), cancellationToken);
        if (await FindAsync(a => a.Recipients.Contains(Ally) && a.Subject == subject, cancellationToken) is not { } arrival) return (false, "released, and did not arrive");
        released = arrival.Text;
        var (authorised, time) = (Field(arrival, "MMHS-Authorizing-Users"), Field(arrival, "MMHS-Extended-Authorisation-Info"));
        using var result = await stage.Security.InspectAsync(Encoding.Latin1.GetBytes(arrival.Text.ReplaceLineEndings("\r\n")), asLiaison: false, cancellationToken);
        var signer = result.Report.Layers.FirstOrDefault()?.Signers.FirstOrDefault();
        var counter = signer?.Countersigners.FirstOrDefault();
        var good = result.Verdict is InspectionVerdict.Valid && signer?.Addresses.Contains(DemoSecurity.Officer) is true && counter is { Verdict: "valid" } && counter.Addresses.Contains(Desk);
        return (
            !early && authorised == Desk && time is not null && good,
            $"{(early ? "SENT BEFORE IT WAS RELEASED; " : "")}the chief's signed answer released it; it names {authorised}, released {time}; signature {result.Report.Verdict} of {signer?.Addresses.FirstOrDefault()}, countersigned by {counter?.Addresses.FirstOrDefault() ?? "NOBODY"}");
    }

    public async Task<(bool Good, string Actual)> BorderAsync(CancellationToken cancellationToken)
    {
        const string subject = "Not for everybody";
        if (released is null) return (false, "there is nothing released: see the story before");
        await SendAsync(stage.Border, DemoSecurity.Officer, Ally, Encoding.ASCII.GetBytes($"MMHS-Authorizing-Users: {Desk}\r\n" + Encoding.ASCII.GetString(await SignedAsync(subject, Ally, cancellationToken))), cancellationToken);
        var report = await FindAsync(a => a.ReversePath.Length is 0 && a.Recipients.Contains(DemoSecurity.Officer) && Unfolded(a.Text).Contains($"no good signature of {Desk}", StringComparison.Ordinal), cancellationToken);
        var (passed, before) = (stage.Neighbour.Arrivals.Any(a => a.Subject == subject && a.Recipients.Contains(Ally)), Sent(Ally));
        var at = released.IndexOf("MMHS-", StringComparison.Ordinal);
        await SendAsync(stage.Border, DemoSecurity.Officer, Ally, Encoding.Latin1.GetBytes(released[at..].ReplaceLineEndings("\r\n")), cancellationToken);
        var arrived = await DemoStories.ComesAsync(() => Sent(Ally) > before, 15, cancellationToken);
        return (
            report is not null && !passed && arrived,
            $"with the field alone {(passed ? "SENT" : "not sent")}, {(report is null ? "NO REPORT" : "its author hears that nobody signed it")}; what was released {(arrived ? "passes" : "DID NOT PASS")}");
    }

    public async Task<(bool Good, string Actual)> ListAsync(CancellationToken cancellationToken)
    {
        const string subject = "Watch orders", list = "watch@lists.test", cleared = "pilot@cleared.test", limited = "mate@limited.test";
        var label = SioLabel.Of(stage.Policies.Label("SECRET")).Format();
        await SendAsync(stage.Labelled, DemoSecurity.Officer, list, Encoding.ASCII.GetBytes($"{SioLabel.FieldName}: {label}\r\n{Header(DemoSecurity.Officer, list, subject)}Content-Type: text/plain\r\n\r\n{Body}\r\n"), cancellationToken);
        var arrival = await FindAsync(a => a.Subject == subject && a.Recipients.Contains(cleared), cancellationToken);
        var because = await DemoBoundaryStories.HeldAsync(stage.Switch, limited, b => b.Contains("not cleared", StringComparison.Ordinal), cancellationToken);
        var leaked = stage.Neighbour.Arrivals.Any(a => a.Subject == subject && a.Recipients.Contains(limited));
        var known = (await stage.Switch.CommandAsync(cancellationToken, "track", "--recipient", list, "--json")).Contains("expanded", StringComparison.Ordinal);
        return (
            arrival is not null && because.Length > 0 && !leaked && known,
            $"{cleared} {(arrival is null ? "got NOTHING" : "has it")}; {limited} {(leaked ? "HAS IT, TOO" : "has nothing")}: {(because.Length > 0 ? $"held, because {because}" : "NOT HELD")}; of the list the log says {(known ? "expanded" : "NOTHING")}");
    }

    public async Task<(bool Good, string Actual)> ProfileAsync(CancellationToken cancellationToken)
    {
        const string subject = "Convoy sighted";
        var fields = $"MMHS-Primary-Precedence: flash\r\nMMHS-Subject-Indicator-Codes: KAA\r\nDisposition-Notification-To: {DemoSecurity.Officer}\r\n";
        await SendAsync(stage.Endpoint, DemoSecurity.Officer, Profiler, Encoding.ASCII.GetBytes($"{fields}{Header(DemoSecurity.Officer, Profiler, subject)}Content-Type: text/plain\r\n\r\n{Body}\r\n"), cancellationToken);
        var action = await FindAsync(a => a.Subject == subject && a.Recipients.Contains(DemoCorrespondents.Captain), cancellationToken);
        var information = await FindAsync(a => a.Subject == subject && a.Recipients.Contains(Logistics), cancellationToken);
        // The captain says nothing.
        var alternate = await FindAsync(a => a.Subject == subject && a.Recipients.Contains(DemoCorrespondents.Mate), cancellationToken);
        var waited = action is null || alternate is null ? 0 : (alternate.At - action.At).TotalSeconds;
        return (
            action is not null && information is not null && waited > 1,
            action is null ? "the action officer got NOTHING"
                : $"{DemoCorrespondents.Captain} has it for action, {Logistics} {(information is null ? "has NOTHING" : "for information")}; {(alternate is null ? $"{DemoCorrespondents.Mate} got NOTHING" : string.Create(CultureInfo.InvariantCulture, $"{DemoCorrespondents.Mate} got it {waited:0.0} s later"))}");
    }

    private int Sent(string to) => stage.Neighbour.Arrivals.Count(a => a.Recipients.Contains(to));

    private async Task<DemoArrival?> FindAsync(Func<DemoArrival, bool> which, CancellationToken cancellationToken)
    {
        DemoArrival? found = null;
        await DemoStories.ComesAsync(() => (found = stage.Neighbour.Arrivals.FirstOrDefault(which)) is not null, 15, cancellationToken);
        return found;
    }

    private async Task<byte[]> SignedAsync(string subject, string to, CancellationToken cancellationToken)
    {
        var settings = new SignatureSettings { Signers = [stage.Security.OfficerSigner], SigningTime = TimeProvider.System.GetUtcNow() };
        var text = Encoding.ASCII.GetBytes($"{Header(DemoSecurity.Officer, to, subject)}MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{Body}\r\n");
        return (await MessageProtector.SignAsync(text, settings, cancellationToken)).ToArray();
    }

    private static string Header(string from, string to, string subject) =>
        $"From: {from}\r\nTo: {to}\r\nDate: {TimeProvider.System.GetUtcNow().ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000\r\nMessage-ID: <{Guid.NewGuid():N}@home.test>\r\nSubject: {subject}\r\n";

    private static string? Field(DemoArrival arrival, string name)
    {
        using var octets = new MemoryStream(Encoding.Latin1.GetBytes(arrival.Text.ReplaceLineEndings("\r\n")));
        return MimeMessage.Load(octets).Headers[name]?.Trim();
    }

    // Reports break their lines where they like.
    private static string Unfolded(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    // Whatever is not 250 throws.
    private static async Task SendAsync(IPEndPoint endpoint, string from, string to, byte[] message, CancellationToken cancellationToken)
    {
        await using var client = await DemoClient.ConnectAsync(endpoint, cancellationToken);
        await client.SendRawAsync(message, from, to, cancellationToken);
    }
}
