using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Partitions;

namespace MilSwitch.Switching.Operations;

/// <summary>The holding centre as persons see it: what is held, why, and what they decide about it. Thread-safe.</summary>
internal sealed class HoldingDesk(SwitchRuntime runtime)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Correcting a long content takes its time.</summary>
    private static readonly TimeSpan LongPatience = TimeSpan.FromMinutes(1);

    public async ValueTask<IReadOnlyList<HeldMessage>> ListAsync(MessageId? after, int limit, CancellationToken cancellationToken)
    {
        HeldPlace? from = null;
        if (after is { } last)
        {
            // It may be done by now: where it stood is known all the same.
            if (await runtime.Spool.ReadAsync(last, cancellationToken).ConfigureAwait(false) is not { } stored) return [];
            from = new HeldPlace(stored.Envelope.Precedence, stored.Envelope.ArrivedAt.UtcTicks, last);
        }

        var places = (await runtime.Owners.HeldAsync(from, limit, Patience, cancellationToken).ConfigureAwait(false)).Order();
        var found = new List<HeldMessage>();
        foreach (var place in places)
        {
            if (found.Count == limit) break;
            if (await FindAsync(place.Id, cancellationToken).ConfigureAwait(false) is { } message) found.Add(message);
        }

        return found;
    }

    public async ValueTask<HeldMessage?> FindAsync(MessageId id, CancellationToken cancellationToken)
    {
        if (await runtime.Spool.ReadAsync(id, cancellationToken).ConfigureAwait(false) is not { } stored) return null;
        var passages = await MessageEvidence.PassagesAsync(runtime.Spool, id, cancellationToken).ConfigureAwait(false);
        var approvals = await MessageEvidence.ApprovalsAsync(runtime.Spool, id, cancellationToken).ConfigureAwait(false);
        var held = HeldMessage.Of(stored, passages, approvals, runtime.Configuration.Precedences);
        return held is { Reason: null, Steps.IsEmpty: true } ? held with { Reason = await ReasonAsync(stored, cancellationToken).ConfigureAwait(false) } : held;
    }

    // Where others of its recipients went on afterwards, the message as a whole has no reason: the trail has it.
    private async ValueTask<string?> ReasonAsync(StoredMessage stored, CancellationToken cancellationToken) =>
        (await runtime.Spool.ReadAuditAsync(stored.Id, cancellationToken).ConfigureAwait(false))
            .LastOrDefault(a => a.Kind is AuditKind.Held && a.Detail.Length > 0 && (a.Recipient < 0 || stored.Recipients[a.Recipient].State.IsHeld()))?.Detail;

    public async ValueTask<HoldingResult> DecideAsync(MessageId id, HoldingOrder order, OperatorIdentity who, CancellationToken cancellationToken)
    {
        try
        {
            var result = await runtime.Owners.JudgeAsync(id, order, who, order is HoldingOrder.Correct ? LongPatience : Patience, cancellationToken).ConfigureAwait(false);
            // The partition knows what is pending and nothing else.
            return result.Outcome is HoldingOutcome.Conflict && await runtime.Spool.ReadAsync(id, cancellationToken).ConfigureAwait(false) is null
                ? new HoldingResult(HoldingOutcome.NotFound, "no such message")
                : result;
        }
        catch (AskTimeoutException)
        {
            return new HoldingResult(HoldingOutcome.Failed, "no answer in time; look what became of it before asking again");
        }
    }
}
