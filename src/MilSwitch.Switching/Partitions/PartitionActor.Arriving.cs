using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Cluster;

namespace MilSwitch.Switching.Partitions;

/// <summary>Takes over what a node without partitions accepted into this one.</summary>
internal sealed partial class PartitionActor
{
    private readonly HashSet<MessageId> arriving = [];

    // While it is being read it can't be finished, so that nothing finished is taken for new.
    private void OnArrived(MessageId id)
    {
        if (self is null || IsLeaving || arriving.Contains(id)) return;
        if (entries.ContainsKey(id))
        {
            _ = ForgetArrivalAsync(id);
            return;
        }

        arriving.Add(id);
        runtime.Spool.ReadAsync(id).AsTask().PipeTo(Self, success: stored => new ArrivalRead(id, stored, null), failure: cause => new ArrivalRead(id, null, cause));
    }

    private void OnArrivalRead(ArrivalRead read)
    {
        arriving.Remove(read.Id);
        // It is told again.
        if (self is null || IsLeaving || read.Cause is not null) return;
        if (read.Stored is { State: not MessageState.Done } stored && !entries.ContainsKey(read.Id))
        {
            var statuses = stored.Recipients.Select(r => new RecipientStatus(r.State, r.Attempts, r.Due, r.Warned)).ToImmutableArray();
            OnAccepted(new PartitionCommands.TakeOver(read.Id, stored.Envelope, stored.Size, statuses, null, null));
        }

        _ = ForgetArrivalAsync(read.Id);
    }

    private async Task ForgetArrivalAsync(MessageId id)
    {
        try
        {
            await runtime.Spool.RemoveDocumentAsync(ArrivalSweeper.Kind, id.ToString()).ConfigureAwait(false);
        }
        catch (SpoolUnavailableException)
        {
            // It is told again, and forgotten then.
        }
    }

    private sealed record ArrivalRead(MessageId Id, StoredMessage? Stored, Exception? Cause) : ILocalMessage;
}
