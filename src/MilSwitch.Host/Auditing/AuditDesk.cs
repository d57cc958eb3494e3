using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Running;
using MilSwitch.Smime.Keys;
using MilSwitch.Storage;
using MilSwitch.Switching;

namespace MilSwitch.Host.Auditing;

/// <summary>What persons ask of the audit trails. Thread-safe.</summary>
internal sealed class AuditDesk(IAuditStore store, AuditKeeper keeper, AuditSigner signer, ConfigurationHolder configuration, ISwitchControl control, TimeProvider time) : IAuditDesk, IDisposable
{
    private const int MaximumPage = 1000;

    /// <summary>What tells who saw something.</summary>
    private static readonly ImmutableArray<AuditKind> Seeing = [AuditKind.Viewed, AuditKind.AuditExported];

    private readonly SemaphoreSlim verifying = new(1, 1);
    private Box? progress;

    public AuditProgress? Verifying => Volatile.Read(ref progress)?.Value;

    public AuditReport? LastCheck => keeper.LastCheck;

    public async ValueTask<AuditPage> SearchAsync(AuditQuery query, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ReadAudit);
        var limit = Math.Clamp(query.Limit, 1, MaximumPage);
        if (query.Message is not { } message) return await new AuditSearch(store, query.Filter, limit).FindAsync(query.After, cancellationToken);
        // A message has as many records as its recipients have attempts: they are few enough to be sorted each time.
        var skip = 0;
        if (query.After is { } after && !int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out skip)) throw new FormatException("It is no place that a page gave.");
        var all = (await store.ReadTrailsOfAsync(message, cancellationToken)).Where(query.Filter.Matches).Reverse().ToArray();
        var page = all.Skip(skip).Take(limit).ToImmutableArray();
        return new AuditPage(page, skip + page.Length < all.Length ? (skip + page.Length).ToString(CultureInfo.InvariantCulture) : null);
    }

    public async ValueTask<IReadOnlyList<AuditRecord>> SeenAsync(MessageId message, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ReadAudit);
        return [.. (await store.ReadTrailsOfAsync(message, cancellationToken)).Where(r => Seeing.Contains(r.Event.Kind))];
    }

    public ValueTask<AuditPage> SeenByAsync(string person, string? after, int limit, OperatorIdentity who, CancellationToken cancellationToken) =>
        SearchAsync(new AuditQuery { Filter = new AuditFilter { Kinds = Seeing, Actor = person }, After = after, Limit = limit }, who, cancellationToken);

    public async ValueTask<IReadOnlyList<AuditCheckpointEntry>> CheckpointsAsync(int? trail, string? after, int limit, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ReadAudit);
        (int Trail, long Number)? place = null;
        if (after is not null)
        {
            place = after.Length is 24 && int.TryParse(after.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var lastTrail)
                && long.TryParse(after.AsSpan(8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var lastNumber)
                    ? (lastTrail, lastNumber)
                    : throw new FormatException("It is no id of a checkpoint.");
        }

        var found = new List<AuditCheckpointEntry>();
        limit = Math.Clamp(limit, 1, MaximumPage);
        foreach (var number in (await store.TrailsAsync(cancellationToken)).Select(t => t.Number).Where(n => (trail is null || n == trail) && !(n > place?.Trail)).OrderDescending())
        {
            if (found.Count == limit) break;
            if (await keeper.Book.RangeAsync(number, cancellationToken) is not { } range) continue;
            for (var next = number == place?.Trail ? place.Value.Number - 1 : range.Last; next >= range.First && found.Count < limit; next--)
            {
                if (await keeper.Book.ReadAsync(number, next, cancellationToken) is { } one) found.Add(new AuditCheckpointEntry(one.Checkpoint, one.Kept.Signature is not null));
            }
        }

        return found;
    }

    public async ValueTask<AuditReport> VerifyAsync(OperatorIdentity who, IProgress<AuditProgress>? told, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ReadAudit);
        if (!await verifying.WaitAsync(TimeSpan.Zero, cancellationToken)) throw new AuditBusyException();
        try
        {
            Volatile.Write(ref progress, new Box(default));
            await RecordAsync(AuditKind.AuditVerified, "asked for", who);
            await keeper.CheckpointAsync(store.OwnTrail, AuditCheckpointKind.Asked, cancellationToken);
            return await keeper.WalkAsync(
                () => new AuditVerifier(store)
                {
                    Judge = AuditJudge.Unanchored(time),
                    Pace = (at, _) =>
                    {
                        Volatile.Write(ref progress, new Box(at));
                        told?.Report(at);
                        return default;
                    },
                },
                cancellationToken);
        }
        finally
        {
            Volatile.Write(ref progress, null);
            verifying.Release();
        }
    }

    public async ValueTask ExportAsync(DateTimeOffset from, DateTimeOffset until, Func<Stream> open, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ReadAudit);
        await RecordAsync(AuditKind.AuditExported, string.Create(CultureInfo.InvariantCulture, $"{from.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ} to {until.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}, {who.Via}"), who);
        try
        {
            // Other nodes' trails end at their own checkpoints, at most a minute ago.
            await keeper.Book.WriteAsync(store.OwnTrail, AuditCheckpointKind.Asked, null, cancellationToken);
            await new AuditExportWriter(store, keeper.Book, signer, configuration.Current.Switch.Node, time).WriteAsync(from, until, open, cancellationToken);
        }
        catch (KeyUnavailableException fault)
        {
            throw new AuditKeyException(fault);
        }
        catch (BrokenTrailException)
        {
            // What is broken is exported too: whoever verifies it sees where.
            await new AuditExportWriter(store, keeper.Book, signer, configuration.Current.Switch.Node, time).WriteAsync(from, until, open, cancellationToken);
        }
    }

    public void Dispose() => verifying.Dispose();

    // Recorded before it is done, or not done.
    private async ValueTask RecordAsync(AuditKind kind, string detail, OperatorIdentity who)
    {
        if (!await control.RecordAsync(kind, detail, who.Name)) throw new SpoolUnavailableException(SpoolHealth.Unwritable);
    }

    private sealed record Box(AuditProgress Value);
}
