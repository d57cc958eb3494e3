using System.Collections.Immutable;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;
using MilSwitch.Switching.Partitions;

namespace MilSwitch.Switching.Acknowledgments;

/// <summary>Sends a copy of a message that nobody acknowledged to the action point, in one commit with the record of it.</summary>
internal sealed class AlternateCopy(SwitchRuntime runtime)
{
    /// <param name="due">The one who did not answer.</param>
    /// <param name="after">All recipients of the message that are followed, as they are once the copy is on its way.</param>
    /// <exception cref="SpoolUnavailableException">The store does not take it now.</exception>
    public async Task<AlternateOutcome> SendAsync(Acknowledgment due, ImmutableArray<Acknowledgment> after)
    {
        var message = due.Message;
        if (runtime.Partitions.Find(message.Partition) is not { } partition) return AlternateOutcome.Later;
        if (!Mailbox.TryParse(due.ActionPoint!, allowUtf8: true, out var to, out _)) return AlternateOutcome.Impossible;
        try
        {
            if (await runtime.Spool.ReadAsync(message).ConfigureAwait(false) is not { } stored || due.Recipient >= stored.Envelope.Recipients.Length) return AlternateOutcome.Impossible;
            await using var content = await runtime.Spool.OpenContentAsync(message).ConfigureAwait(false);
            if (content is null) return AlternateOutcome.Impossible;
            await using var writer = runtime.Spool.CreateContent();
            var buffer = new byte[64 << 10];
            while (await content.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count) await writer.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
            await using var copied = await writer.CompleteAsync().ConfigureAwait(false);
            return await CommitAsync(due, after, partition, stored, to, copied).ConfigureAwait(false);
        }
        catch (ContentDamagedException)
        {
            return AlternateOutcome.Impossible;
        }
    }

    private async Task<AlternateOutcome> CommitAsync(Acknowledgment due, ImmutableArray<Acknowledgment> after, OwnedPartition partition, StoredMessage stored, Mailbox to, StagedContent content)
    {
        var now = runtime.Now;
        var id = runtime.NextId(partition.Epoch.Partition);
        var before = stored.Envelope.Recipients[due.Recipient];
        var envelope = stored.Envelope with
        {
            Recipients = [new Recipient(to) { Precedence = before.Precedence, Priority = before.Priority, OriginalRecipient = before.OriginalRecipient }],
            Precedence = before.Precedence, EnvelopeId = null, Tracking = null, DeliverBy = null, HoldUntil = null, SmtpUtf8 = stored.Envelope.SmtpUtf8 || to.NeedsUtf8,
            ArrivedAt = now, Origin = new Origin { Listener = Origin.Switch },
        };
        byte[] trace = [.. ResentFields.Write(runtime.Configuration.HostName, to, id, now), .. stored.Trace.Span];
        var operation = new SpoolOperation(partition.Epoch)
        {
            Accept = [new NewMessage(id, envelope, trace, content, stored.MessageIdField, RecipientState.Queued, due.Message)],
            Documents = [AcknowledgmentDocuments.Write(due.Message, after)],
            Audit = [new AuditEvent(now, AuditKind.Rerouted, due.Message, due.Recipient, $"not acknowledged in time: copy {id} to the action point")],
        };
        var result = await runtime.Spool.CommitAsync(operation, before.Precedence).ConfigureAwait(false);
        if (result.Status is CommitStatus.Fenced) return AlternateOutcome.Later;
        if (!result.IsCommitted) throw new SpoolUnavailableException(result.Status is CommitStatus.Full ? SpoolHealth.Full : SpoolHealth.Unwritable);
        runtime.Events.Committed(operation.Audit, before.Precedence);
        partition.Actor.Tell(new PartitionCommands.TakeOver(id, envelope, trace.Length + content.Length, [RecipientStatus.Initial(RecipientState.Queued)], null, null), Akka.Actor.ActorRefs.NoSender);
        return AlternateOutcome.Sent;
    }
}

internal enum AlternateOutcome : byte
{
    Sent,

    /// <summary>Another node may have the partition, or this one will again.</summary>
    Later,

    /// <summary>Nothing is left of the message, or nobody is there to send it to.</summary>
    Impossible,
}
