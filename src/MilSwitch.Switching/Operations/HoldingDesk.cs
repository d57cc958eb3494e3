using System.Collections.Immutable;
using System.Text.Json;
using Akka.Actor;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Releases;
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
        if (HeldMessage.Of(stored, passages, approvals, runtime.Configuration.Precedences) is not { } held) return null;
        if (held is { Reason: null, Steps.IsEmpty: true }) held = held with { Reason = await ReasonAsync(stored, cancellationToken).ConfigureAwait(false) };
        var draft = held.Steps.IsEmpty ? await DraftAsync(id, cancellationToken).ConfigureAwait(false) : null;
        return held with { Draft = draft, DraftRule = draft is null ? null : runtime.Configuration.Releases.Find(draft.Rule) };
    }

    private async ValueTask<ReleaseProgress?> DraftAsync(MessageId id, CancellationToken cancellationToken)
    {
        try
        {
            return await runtime.Spool.ReadDocumentAsync(ReleaseDocuments.Kind, id.ToString(), cancellationToken).ConfigureAwait(false) is { } json ? ReleaseDocuments.Read(json) : null;
        }
        catch (JsonException)
        {
            // The step that counts says the same.
            return null;
        }
    }

    // Where others of its recipients went on afterwards, the message as a whole has no reason: the trail has it.
    private async ValueTask<string?> ReasonAsync(StoredMessage stored, CancellationToken cancellationToken) =>
        (await runtime.Spool.ReadAuditAsync(stored.Id, cancellationToken).ConfigureAwait(false))
            .LastOrDefault(a => a.Kind is AuditKind.Held && a.Detail.Length > 0 && (a.Recipient < 0 || stored.Recipients[a.Recipient].State.IsHeld()))?.Detail;

    public async ValueTask<HoldingResult> DecideAsync(MessageId id, HoldingOrder order, OperatorIdentity who, CancellationToken cancellationToken)
    {
        try
        {
            var result = await runtime.Owners.JudgeAsync(id, order, who, order is HoldingOrder.Correct or HoldingOrder.Authorise ? LongPatience : Patience, cancellationToken).ConfigureAwait(false);
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
