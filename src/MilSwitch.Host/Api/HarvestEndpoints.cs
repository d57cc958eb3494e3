using System.Globalization;
using Microsoft.OpenApi;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Running;
using MilSwitch.Lookup.Finding.Harvest;
using MilSwitch.Switching;

namespace MilSwitch.Host.Api;

/// <summary>Certificates that came with mail, and what persons decide about them.</summary>
internal static class HarvestEndpoints
{
    private const int MaximumPage = 10_000;
    private const int MaximumText = 1_000;

    public static void MapHarvest(this IEndpointRouteBuilder api)
    {
        api.MapGet("/harvest", ListAsync).Describe<Page<HarvestedView>>("harvest", "Certificates that came with mail, the last one first")
            .Query("domain", "Of this security domain").Query("state", "waiting, allowed or forbidden").Query("address", "With this in the address")
            .Query("limit", "At most so many; 100 when absent", type: JsonSchemaType.Integer);
        Decides(api, "allow", "Use it for mail to its address, whoever issued it", HarvestState.Approved);
        Decides(api, "forbid", "Never use it", HarvestState.Refused);
    }

    private static void Decides(IEndpointRouteBuilder api, string verb, string summary, HarvestState state) => api
        .MapPost("/harvest/" + verb, (HttpContext context, ISwitchControl control, CancellationToken cancellationToken) => DecideAsync(state, context, control, cancellationToken))
        .Accepts<HarvestRequest>("application/json").Describe<HarvestedView>(verb + "Harvested", summary).Once().Stored();

    private static async Task<IResult> ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var query = new QueryReader(context.Request.Query);
        var (domain, state, address, limit) = (query.Text("domain"), query.Text("state"), query.Text("address"), query.Number("limit", 1, MaximumPage) ?? 100);
        if (query.Finish() is { } fault) return Problems.BadRequest(fault);
        if (state is not (null or "waiting" or "allowed" or "forbidden")) return Problems.BadRequest("state is waiting, allowed or forbidden.");
        var all = new List<HarvestedView>();
        foreach (var one in Domains(context).Where(d => domain is null || d == domain))
        {
            var store = await StoreAsync(context, one, cancellationToken);
            all.AddRange(store.Entries.Select(e => HarvestedView.Of(one, e))
                .Where(v => (state is null || v.State == state) && (address is null || v.Address.Contains(address, StringComparison.OrdinalIgnoreCase))));
        }

        return ApiEndpoints.Json(new Page<HarvestedView>([.. all.OrderByDescending(v => v.Seen).Take(limit)], null), ApiJson.Default.PageHarvestedView);
    }

    private static async Task<IResult> DecideAsync(HarvestState state, HttpContext context, ISwitchControl control, CancellationToken cancellationToken)
    {
        ApiEndpoints.CallerOf(context).Identity.Demand(OperatorRight.ManageCertificates);
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.HarvestRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        if (request is not { Domain.Length: > 0, Id.Length: > 0 and <= MaximumText }) return Problems.BadRequest("domain or id is missing.");
        if (string.IsNullOrWhiteSpace(request.Reason)) return Problems.BadRequest("reason is missing.");
        if (request.Reason.Length > MaximumText) return Problems.BadRequest(string.Create(CultureInfo.InvariantCulture, $"reason has more than {MaximumText} characters."));
        if (!Domains(context).Contains(request.Domain, StringComparer.Ordinal)) return Problems.NotFound("There is no security domain of this name that keeps what comes with mail.");
        var store = await StoreAsync(context, request.Domain, cancellationToken);
        if (store.Entries.FirstOrDefault(e => e.Id == request.Id) is not { } entry) return Problems.NotFound("There is no certificate with this id.");
        var who = ApiEndpoints.CallerOf(context).Identity.Name;
        var detail = $"{request.Domain}: {entry.Id}: {request.Reason}";
        if (!await control.RecordAsync(state is HarvestState.Approved ? AuditKind.CertificateAllowed : AuditKind.CertificateForbidden, detail, who))
            return Problems.Answer(507, "The store is full or can't be written", "Nothing was done.");
        try
        {
            // It may have made room for another meanwhile.
            if (!await store.DecideAsync(request.Id, state, who, cancellationToken)) return Problems.NotFound("There is no certificate with this id.");
        }
        catch (IOException)
        {
            return Problems.Answer(507, "The store is full or can't be written", "Nothing was done.");
        }

        return ApiEndpoints.Json(HarvestedView.Of(request.Domain, entry with { State = state, DecidedBy = who }), ApiJson.Default.HarvestedView);
    }

    private static async ValueTask<HarvestStore> StoreAsync(HttpContext context, string domain, CancellationToken cancellationToken)
    {
        try
        {
            return await context.RequestServices.GetRequiredService<HarvestDesk>().OfAsync(domain, cancellationToken);
        }
        catch (IOException fault) when (fault.InnerException is SpoolUnavailableException unavailable)
        {
            throw unavailable;
        }
    }

    // A node without a store of its own finds nothing.
    private static IEnumerable<string> Domains(HttpContext context) => context.RequestServices.GetService<CertificateFinding>()?.Harvesting ?? [];
}
