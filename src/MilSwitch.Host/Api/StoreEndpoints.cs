using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Backup;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Api;

/// <summary>The store of the node, and whether what it keeps is what was accepted.</summary>
internal static class StoreEndpoints
{
    private const int Page = 200;

    public static void MapStore(this IEndpointRouteBuilder api)
    {
        api.MapGet("/store", InfoAsync).Describe<StoreView>("store", "What store the node has, and how it is");
        api.MapGet("/store/check", CheckAsync).Describe<StoreCheckView>("checkStore", "Reads contents, newest first, and holds them against their checksums; shows nothing of them")
            .Query("before", "Go on before this id").Query("all", "true: what is done too, as far as its content is kept", type: Microsoft.OpenApi.JsonSchemaType.Boolean)
            .Fails(503, "There is no store yet");
        api.MapGet("/store/backup", CopyState).Describe<StoreCopyView>("storeBackup", "The copy of the store that is being made, or the last one since the start");
        api.MapPost("/store/backup", CopyAsync).Accepts<StoreCopyRequest>("application/json")
            .Describe<StoreCopyView>("backUpStore", "Begins a copy of the store in a folder on the node's machine; audited").Once().Stored()
            .Fails(409, "The store is in PostgreSQL, or another copy is being made; or a request with this Idempotency-Key is under way");
    }

    private static async Task<IResult> InfoAsync(IOperatorActions actions, ConfigurationHolder configuration, HttpContext context, CancellationToken cancellationToken)
    {
        var status = await actions.StatusAsync(cancellationToken);
        var free = status.Usage.FreeOctets;
        return ApiEndpoints.Json(
            new StoreView(
                configuration.Current.Database is null ? "sqlite" : "postgres", Words.Of(status.Spool), context.RequestServices.GetService<ISpool>()?.Run ?? 0, status.Usage.UsedOctets,
                free == SpoolUsage.Unknown ? null : free, configuration.Current.SealKey is not null),
            ApiJson.Default.StoreView);
    }

    private static IResult CopyState(HttpContext context, StoreCopyDesk desk)
    {
        ApiEndpoints.CallerOf(context).Identity.Demand(OperatorRight.Configure);
        return ApiEndpoints.Json(StoreCopyView.Of(desk.State), ApiJson.Default.StoreCopyView);
    }

    private static async Task<IResult> CopyAsync(HttpContext context, StoreCopyDesk desk, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.StoreCopyRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        try
        {
            return ApiEndpoints.Json(StoreCopyView.Of(await desk.BeginAsync(request.Folder ?? "", request.Reason ?? "", ApiEndpoints.CallerOf(context).Identity)), ApiJson.Default.StoreCopyView);
        }
        catch (FormatException wrong)
        {
            return Problems.BadRequest(char.ToUpperInvariant(wrong.Message[0]) + wrong.Message[1..] + ".");
        }
        catch (StoreCopyException refused)
        {
            return Problems.Conflict(refused.Message + ".");
        }
    }

    private static async Task<IResult> CheckAsync(HttpContext context, CancellationToken cancellationToken)
    {
        ApiEndpoints.CallerOf(context).Identity.Demand(OperatorRight.Configure);
        var reader = new QueryReader(context.Request.Query);
        var (before, all) = (reader.Id("before"), reader.Flag("all"));
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        if (context.RequestServices.GetService<ISpool>() is not { } spool) return Problems.NotReady();
        var found = await spool.QueryAsync(new MessageQuery { Before = before, Limit = Page }, cancellationToken);
        var (read, damaged, unreadable) = (0, new List<string>(), new List<string>());
        var buffer = new byte[64 << 10];
        foreach (var message in found)
        {
            var isDone = message.State is MessageState.Done;
            if (isDone && !all) continue;
            try
            {
                await using var content = await spool.OpenContentAsync(message.Id, cancellationToken);
                if (content is not null)
                {
                    // Those in memory were verified when they were opened.
                    if (content.Inline is null) while (await content.ReadAsync(buffer, cancellationToken) > 0) continue;
                    read++;
                }
                // It may have left since it was listed.
                else if (!isDone && await spool.ReadAsync(message.Id, cancellationToken) is { State: not MessageState.Done })
                {
                    damaged.Add(message.Id.ToString());
                }
            }
            catch (ContentDamagedException)
            {
                damaged.Add(message.Id.ToString());
            }
            catch (Exception unread) when (unread is IOException or SpoolUnavailableException or InvalidOperationException)
            {
                unreadable.Add(message.Id.ToString());
            }
        }

        return ApiEndpoints.Json(new StoreCheckView(read, damaged, unreadable, found.Count == Page ? found[^1].Id.ToString() : null), ApiJson.Default.StoreCheckView);
    }
}

/// <param name="Provider">sqlite or postgres.</param>
/// <param name="Health">ready, full, unwritable or broken.</param>
/// <param name="Run">The number of this start.</param>
/// <param name="FreeOctets">Null: only its server knows.</param>
/// <param name="Sealed">Contents are encrypted at rest.</param>
public sealed record StoreView(string Provider, string Health, int Run, long UsedOctets, long? FreeOctets, bool Sealed);

/// <param name="Read">Contents that were read whole and are what was accepted.</param>
/// <param name="Damaged">Ids of messages whose content is not, or is gone.</param>
/// <param name="Unreadable">Ids of messages whose content can't be read now, such as sealed ones whose key is away.</param>
/// <param name="Next">For <c>before</c> of the next request; null at the end.</param>
public sealed record StoreCheckView(int Read, IReadOnlyList<string> Damaged, IReadOnlyList<string> Unreadable, string? Next);

/// <param name="Folder">Full path on the node's machine; empty, or not there.</param>
/// <param name="Reason">Why; kept in the audit trail.</param>
public sealed record StoreCopyRequest(string? Folder, string? Reason);

/// <param name="State"><c>none</c>, <c>running</c>, <c>made</c> or <c>failed</c>.</param>
/// <param name="Folder">Where; null: there was none.</param>
/// <param name="Since">When it began.</param>
/// <param name="DoneOctets">Octets that were written.</param>
/// <param name="AllOctets">Octets there are, about.</param>
/// <param name="Problem">Why it failed.</param>
public sealed record StoreCopyView(string State, string? Folder, DateTimeOffset? Since, long DoneOctets, long AllOctets, string? Problem)
{
    public static StoreCopyView Of(StoreCopyState? copy) => copy is null ? new("none", null, null, 0, 0, null) : new(copy.State, copy.Folder, copy.Since, copy.DoneOctets, copy.AllOctets, copy.Problem);
}
