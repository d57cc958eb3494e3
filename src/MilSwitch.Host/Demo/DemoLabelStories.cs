using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MilSwitch.Host.Api;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Markings;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Making;
using MimeKit;

namespace MilSwitch.Host.Demo;

/// <summary>
/// The stories about security labels. What leaves is judged by what the neighbour took, what stays by the operator's own commands.
/// </summary>
internal sealed class DemoLabelStories(DemoStage stage)
{
    private const string Body = "Handle as labelled.";

    private DemoPolicies Policies => stage.Policies;

    public async Task<(bool Good, string Actual)> PermittedAsync(CancellationToken cancellationToken)
    {
        const string subject = "Harbour chart";
        var label = Policies.Label("RESTRICTED");
        await SendAsync(Compose(subject, "pilot@cleared.test", label), "pilot@cleared.test", cancellationToken);
        if (await ArrivalAsync(subject, cancellationToken) is not { } arrival) return (false, await NotThereAsync("pilot@cleared.test", cancellationToken));
        var arrived = Field(arrival)?.Decode(Policies.Set);
        return (arrived == label, $"arrived, labelled {Named(arrived)}");
    }

    public async Task<(bool Good, string Actual)> AboveAsync(CancellationToken cancellationToken)
    {
        const string subject = "Minefield chart", recipient = "pilot@limited.test";
        await SendAsync(Compose(subject, recipient, Policies.Label("SECRET", "GRANITE")), recipient, cancellationToken);
        var because = await HeldAsync(recipient, cancellationToken);
        return Judged(
            subject, because, because.Contains("the link is not cleared", StringComparison.Ordinal) && because.Contains("SECRET", StringComparison.Ordinal)
                && because.Contains("RESTRICTED", StringComparison.Ordinal) && because.Contains("GRANITE", StringComparison.Ordinal));
    }

    public async Task<(bool Good, string Actual)> TranslatedAsync(CancellationToken cancellationToken)
    {
        const string subject = "Combined patrol", recipient = "watch@coalition.test";
        var label = Policies.Label("SECRET", "GRANITE");
        await SendAsync(Compose(subject, recipient, label), recipient, cancellationToken);
        if (await ArrivalAsync(subject, cancellationToken) is not { } arrival) return (false, await NotThereAsync(recipient, cancellationToken));
        var arrived = Field(arrival)?.Decode(Policies.Set);
        var history = Header(arrival, SioLabelHistory.FieldName) is { } trace ? SioLabelHistory.Parse(trace) : null;
        var told = history is { Change: SioLabelChange.Replace } && history.Before?.Decode(Policies.Set) == label && history.After?.Decode(Policies.Set) == arrived;
        using var result = await stage.Security.InspectAsync(Octets(arrival), asLiaison: false, cancellationToken);
        var signed = result.SignedLabels is [var only] ? only : null;
        var inside = signed is null ? null : EssLabel.Read(signed.Encoded);
        var original = signed is { Equivalents: [var equivalent] } ? EssLabel.Read(equivalent) : null;
        return (
            Named(arrived) == "COALITION SECRET SPECIAL ACCESS AMBER" && told && result.Verdict is InspectionVerdict.Valid && inside == arrived && original == label,
            $"field: {Named(arrived)}, history {(told ? "tells what it was" : "DOES NOT TELL what it was")}; signature {result.Report.Verdict}: {Named(inside)}, equivalent to {Named(original)}");
    }

    public async Task<(bool Good, string Actual)> DisagreeingAsync(CancellationToken cancellationToken)
    {
        const string subject = "Fuel depots", recipient = "supply@sink.test";
        var settings = new SignatureSettings { Signers = [stage.Security.OfficerSigner], SigningTime = TimeProvider.System.GetUtcNow(), Label = Policies.Label("SECRET") };
        var signed = await MessageProtector.SignAsync(Compose(subject, recipient, null), settings, cancellationToken);
        // As if somebody on the way had lowered it: the field stands outside of the signature.
        byte[] lowered = [.. Encoding.ASCII.GetBytes(FieldOf(Policies.Label("RESTRICTED"))), .. signed.ToArray()];
        await SendAsync(lowered, recipient, cancellationToken);
        var because = await HeldAsync(recipient, cancellationToken);
        return Judged(subject, because, because is "ess and sio-label differ in the classification");
    }

    public async Task<(bool Good, string Actual)> UnlabelledAsync(CancellationToken cancellationToken)
    {
        const string subject = "No label on it", recipient = "registry@labelled.test";
        await SendAsync(Compose(subject, recipient, null), recipient, cancellationToken);
        var because = await HeldAsync(recipient, cancellationToken);
        return Judged(subject, because, because.StartsWith("it has no label", StringComparison.Ordinal));
    }

    private (bool Good, string Actual) Judged(string subject, string because, bool isExpected)
    {
        var left = stage.Neighbour.Arrivals.Any(a => a.Subject == subject);
        return (isExpected && !left, $"taken with 250, {(left ? "SENT" : "not sent")}; {(because.Length > 0 ? $"held, because {because}" : "NOT HELD")}");
    }

    // Empty: nothing for this recipient is held.
    private async Task<string> HeldAsync(string recipient, CancellationToken cancellationToken)
    {
        string? id = null;
        await DemoStories.ComesAsync(
            async () =>
            {
                var listed = await stage.Switch.CommandAsync(cancellationToken, "queue", "list", "--state", "held", "--json");
                id = JsonSerializer.Deserialize(listed, ApiJson.Default.PageQueuedMessageView)!.Items.FirstOrDefault(m => m.Recipients.Any(r => r.Address == recipient))?.Id;
                return id is not null;
            },
            10, cancellationToken);
        if (id is null) return "";
        var shown = await stage.Switch.CommandAsync(cancellationToken, "message", "show", id, "--json");
        return JsonSerializer.Deserialize(shown, ApiJson.Default.MessageView)!.HeldBecause ?? "";
    }

    private async Task<string> NotThereAsync(string recipient, CancellationToken cancellationToken) =>
        await HeldAsync(recipient, cancellationToken) is { Length: > 0 } because ? $"held, because {because}" : "did not arrive";

    private async Task<DemoArrival?> ArrivalAsync(string subject, CancellationToken cancellationToken)
    {
        await DemoStories.ComesAsync(() => Find() is not null, 10, cancellationToken);
        return Find();

        DemoArrival? Find() => stage.Neighbour.Arrivals.FirstOrDefault(a => a.ReversePath.Length > 0 && a.Subject == subject);
    }

    private string Named(SecurityLabel? label) => label switch
    {
        null => "nothing",
        _ when Policies.Set.Find(label.Policy) is { } policy => MarkingText.Generate(label, policy, MarkingPlace.Display),
        _ => label.Policy,
    };

    private static SioLabel? Field(DemoArrival arrival) => Header(arrival, SioLabel.FieldName) is { } body ? SioLabel.Parse(body) : null;

    private static string? Header(DemoArrival arrival, string name)
    {
        using var octets = new MemoryStream(Octets(arrival));
        return MimeMessage.Load(octets).Headers.FirstOrDefault(h => h.Field.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } header
            ? Encoding.ASCII.GetString(header.RawValue).TrimEnd()
            : null;
    }

    private static byte[] Octets(DemoArrival arrival) => Encoding.Latin1.GetBytes(arrival.Text.ReplaceLineEndings("\r\n"));

    private string FieldOf(SecurityLabel label) => $"{SioLabel.FieldName}: {SioLabel.Of(label, Named(label)).Format()}\r\n";

    private byte[] Compose(string subject, string to, SecurityLabel? label) => Encoding.ASCII.GetBytes(
        (label is null ? "" : FieldOf(label))
        + $"From: {DemoSecurity.Officer}\r\nTo: {to}\r\nDate: {TimeProvider.System.GetUtcNow().ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000\r\n"
        + $"Message-ID: <{Guid.NewGuid():N}@home.test>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{Body}\r\n");

    // Whatever is not 250 throws.
    private async Task SendAsync(byte[] message, string to, CancellationToken cancellationToken)
    {
        await using var client = await DemoClient.ConnectAsync(stage.Labelled, cancellationToken);
        await client.SendRawAsync(message, DemoSecurity.Officer, to, cancellationToken);
    }
}
