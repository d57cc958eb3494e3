using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Host.Backup;

/// <summary>Makes copies of the node's store while it runs, one at a time. Thread-safe.</summary>
/// <param name="spool">Null: the node has no store of its own.</param>
internal sealed partial class StoreCopyDesk(ISpool? spool, ISwitchControl control, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<StoreCopyDesk> logger)
{
    private const int LongestReason = 1_000;

    private readonly Lock gate = new();
    private StoreCopyState? state;

    /// <summary>The copy that is being made, or the last one; null: there was none since the start.</summary>
    public StoreCopyState? State
    {
        get
        {
            lock (gate) return state;
        }
    }

    /// <summary>Begins one, which is recorded before.</summary>
    /// <param name="folder">Full path of a folder that is empty or not there.</param>
    /// <param name="reason">Why.</param>
    /// <param name="who">Asks.</param>
    /// <exception cref="FormatException">Something is wrong with what was asked for.</exception>
    /// <exception cref="StoreCopyException">It can't be made now, or here.</exception>
    public async ValueTask<StoreCopyState> BeginAsync(string folder, string reason, OperatorIdentity who)
    {
        who.Demand(OperatorRight.Configure);
        if (!Path.IsPathFullyQualified(folder) || folder.Contains('\0', StringComparison.Ordinal)) throw new FormatException("folder must be a full path on the node's machine");
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > LongestReason) throw new FormatException("a reason is missing, or longer than 1000 characters");
        if (spool is not IStoreCopier copier)
            throw new StoreCopyException("The store is in PostgreSQL, which makes its own copies: pg_dump or pg_basebackup, see docs/operations/backup.md#postgresql");
        StoreCopyState begun;
        lock (gate)
        {
            if (state is { State: StoreCopyState.Running } other) throw new StoreCopyException($"A copy is being made into {other.Folder}");
            state = begun = new StoreCopyState(folder, StoreCopyState.Running, time.GetUtcNow(), 0, 0, null);
        }

        try
        {
            if (!await control.RecordAsync(AuditKind.StoreCopied, $"{folder}: {reason}", who.Name)) throw new SpoolUnavailableException(spool.Health);
        }
        catch
        {
            lock (gate) state = null;
            throw;
        }

        _ = CopyAsync(copier, begun, who);
        return begun;
    }

    private async Task CopyAsync(IStoreCopier copier, StoreCopyState begun, OperatorIdentity who)
    {
        string? problem = null;
        try
        {
            await copier.CopyAsync(begun.Folder, [StoreCopies.Suspension(begun.Since, who.Name)], new Listener(this, begun), lifetime.ApplicationStopping);
        }
        catch (OperationCanceledException)
        {
            problem = "the node stopped";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or SpoolUnavailableException)
        {
            problem = fault is SpoolUnavailableException refused ? $"{refused.Reason}: {refused.InnerException?.Message}" : fault.Message;
        }
        catch (Exception fault)
        {
            LogFailed(fault);
            problem = "internal fault; see the log of the node";
        }

        lock (gate) state = state! with { State = problem is null ? StoreCopyState.Made : StoreCopyState.Failed, Problem = problem };
        if (problem is null) LogMade(begun.Folder);
        else LogNotMade(begun.Folder, problem);
    }

    private void Tell(StoreCopyState begun, StoreCopyProgress progress)
    {
        lock (gate) state = begun with { DoneOctets = progress.Done, AllOctets = progress.All };
    }

    [LoggerMessage(5971, LogLevel.Information, "A copy of the store was made in {Folder}")]
    private partial void LogMade(string folder);

    [LoggerMessage(5972, LogLevel.Warning, "No copy of the store was made in {Folder}: {Problem}")]
    private partial void LogNotMade(string folder, string problem);

    [LoggerMessage(5973, LogLevel.Error, "A copy of the store could not be made")]
    private partial void LogFailed(Exception fault);

    // Unlike Progress<T>, in the order in which it is told.
    private sealed class Listener(StoreCopyDesk desk, StoreCopyState begun) : IProgress<StoreCopyProgress>
    {
        public void Report(StoreCopyProgress value) => desk.Tell(begun, value);
    }
}

/// <summary>A copy of the store.</summary>
/// <param name="Folder">Where.</param>
/// <param name="State"><c>running</c>, <c>made</c> or <c>failed</c>.</param>
/// <param name="Since">When it began.</param>
/// <param name="DoneOctets">Octets that were written.</param>
/// <param name="AllOctets">Octets there are, about.</param>
/// <param name="Problem">Why it failed; null: it did not.</param>
public sealed record StoreCopyState(string Folder, string State, DateTimeOffset Since, long DoneOctets, long AllOctets, string? Problem)
{
    /// <summary>It is being made.</summary>
    public const string Running = "running";

    /// <summary>It is there, whole.</summary>
    public const string Made = "made";

    /// <summary>There is none.</summary>
    public const string Failed = "failed";
}

/// <summary>No copy can be made now, or of this store.</summary>
internal sealed class StoreCopyException(string message) : Exception(message);
