using System.Globalization;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using MilSwitch.Lookup.Service;
using MilSwitch.Lookup.Service.Zone;

namespace MilSwitch.Host.Api;

/// <summary>Certificates for recipients beyond a boundary, as a zone.</summary>
internal static class ProxyEndpoints
{
    private const int MaximumRecipients = 10_000;

    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public static void MapProxies(this IEndpointRouteBuilder api) =>
        api.MapPost("/boundaries/{name}/smimea-zone", ZoneAsync).Accepts<SmimeaZoneRequest>("application/json")
            .Describe<SmimeaZoneView>("smimeaZone", "Proxy certificates for recipients beyond a boundary as a zone with SMIMEA records (RFC 8162); they are issued where there are none yet").Once();

    private static async Task<IResult> ZoneAsync(string name, HttpContext context, ProxyCertificates proxies, TimeProvider time, CancellationToken cancellationToken)
    {
        ApiEndpoints.CallerOf(context).Identity.Demand(OperatorRight.ManageCertificates);
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.SmimeaZoneRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (proxies.Authority(name) is not { } authority) return Problems.NotFound($"There is no boundary '{name}' with proxy certificates.");
        if (request.Recipients is not { Count: > 0 and <= MaximumRecipients } wanted) return Problems.BadRequest(string.Create(CultureInfo.InvariantCulture, $"recipients must have from 1 to {MaximumRecipients} addresses."));
        var recipients = new List<Mailbox>(wanted.Count);
        foreach (var text in wanted)
        {
            if (!Mailbox.TryParse(text ?? "", allowUtf8: true, out var mailbox, out _) || mailbox.Domain.Length is 0) return Problems.BadRequest($"'{text}' is not a mail address with a domain.");
            recipients.Add(mailbox);
        }

        if (!TryRead(request, out var settings, out fault)) return Problems.BadRequest(fault);
        using var zone = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var made = await SmimeaZone.WriteAsync(zone, authority, recipients, settings, (uint)time.GetUtcNow().ToUnixTimeSeconds(), time, cancellationToken);
        return ApiEndpoints.Json(
            new SmimeaZoneView(zone.ToString(), made.Records, [.. made.LeftOut.Select(l => new LeftOutView(l.Recipient.Text, Why(l.Answer)))], made.RenewAt), ApiJson.Default.SmimeaZoneView);
    }

    private static bool TryRead(SmimeaZoneRequest request, out SmimeaZoneSettings settings, out string fault)
    {
        settings = new SmimeaZoneSettings { Origin = "", NameServer = "", HostMaster = "" };
        fault = "";
        SmimeaForm? form = request.Form switch { null or "zone" => SmimeaForm.Zone, "generic" => SmimeaForm.GenericZone, "local-data" => SmimeaForm.LocalData, _ => null };
        if (form is not { } known) fault = "form is zone, generic or local-data.";
        else if (!Name(request.Origin, out var origin)) fault = "origin is not a domain name.";
        // Local data has no head that would name them.
        else if (!Name(request.NameServer ?? (known is SmimeaForm.LocalData ? origin : null), out var server)) fault = "nameServer is not a domain name.";
        else if (!Name(request.HostMaster ?? "hostmaster." + origin, out var master)) fault = "hostMaster is not a name such as hostmaster.north.example.";
        else if (!Time(request.TimeToLive, out var keep)) fault = "timeToLive is not a time from 1m to 1d.";
        else settings = new SmimeaZoneSettings { Origin = origin, NameServer = server, HostMaster = master, Form = known, TimeToLive = keep };
        return fault.Length is 0;

        static bool Name(string? text, out string name)
        {
            name = "";
            if (text is null || !Mailbox.TryReadDomain(text, out var domain) || domain.StartsWith('[')) return false;
            name = domain;
            return true;
        }

        static bool Time(string? text, out TimeSpan value)
        {
            value = TimeSpan.FromHours(1);
            return text is null || (Notation.TryReadDuration(text, out value) && value >= Shortest && value <= Longest);
        }
    }

    private static string Why(ProxyAnswer answer) => answer switch
    {
        ProxyAnswer.Refused { Reason: ProxyRefusal.OptedOut } => "opted out",
        ProxyAnswer.Refused { Reason: ProxyRefusal.TooMany } => "too many certificates are asked for; later",
        ProxyAnswer.Refused { Reason: ProxyRefusal.KeyAway } => "the authority's key can't be used now; later",
        ProxyAnswer.Refused { Reason: ProxyRefusal.LogAway } => "the log can't be written now; later",
        ProxyAnswer.Refused => "the authority's certificate does not allow it",
        _ => "in no domain that is served, or not below the origin",
    };
}
