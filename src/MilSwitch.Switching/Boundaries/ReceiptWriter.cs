using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Reports;
using MilSwitch.Switching.Reports;

namespace MilSwitch.Switching.Boundaries;

/// <summary>Asks for receipts on behalf of originators, and writes what they are told in place of those that they could not verify (RFC 2634 §2). Thread-safe.</summary>
internal sealed class ReceiptWriter(SwitchRuntime runtime)
{
    /// <summary>What is kept of a message that asks for a receipt; null: it does not, or nobody beyond is asked on its behalf.</summary>
    /// <param name="passage">Opened.</param>
    /// <param name="why">Why a request is left unanswered, for the trail; else null.</param>
    public ReceiptAsked? Asked(Passage passage, out string? why)
    {
        why = null;
        // A signature that goes on takes its own request along.
        if (passage.Opened is { Kept.Signed.IsEmpty: false }) return null;
        if (passage.Opened is not { Receipt: { } requested } || passage.Boundary is not { Receipts: not null, Sign: not null }) return null;
        if (passage.Configuration.EnvelopeTags is null || runtime.Receipts is not { } relay)
        {
            why = "a receipt was asked for, and nothing in this node carries it";
            return null;
        }

        // The originator hears of it, or the gateway before this one that asked in its place, and nobody else whom a request may name (threat S13).
        var asked = relay.Read(requested, address => Mailbox.TryParse(address, allowUtf8: true, out var to, out _) && passage.Boundary.From.Owns(to.Domain)
            && (requested.OnBehalf.Contains(address) || to == passage.Envelope.ReversePath.Mailbox || passage.Authors is { AreClear: true, Addresses: [var only] } && Mailbox.TryParse(only, allowUtf8: true, out var author, out _) && to == author));
        if (asked is null) why = "a receipt was asked for, and not for its originator";
        return asked;
    }

    /// <summary>How a copy is signed that asks for receipts.</summary>
    /// <param name="passage">Its passage.</param>
    /// <param name="asked">By the originator.</param>
    public DepartureSigning Asking(Passage passage, ReceiptAsked asked) => Asking(
        passage.Boundary.Sign!,
        runtime.Receipts!.Request(EnvelopeTag.Make(passage.Next, passage.Boundary.To.Name, passage.Configuration.EnvelopeTags!), passage.Boundary.Receipts!.Address, asked));

    // RFC 2634 §2.2: by the innermost signature.
    private static DepartureSigning Asking(DepartureSigning signing, ReadOnlyMemory<byte> request) =>
        signing.Around is { } before ? signing with { Around = Asking(before, request) } : signing with { ReceiptRequest = request };

    /// <summary>Writes one.</summary>
    /// <param name="asking">The boundary that asked.</param>
    /// <param name="asked">What was kept.</param>
    /// <param name="about">Whom it is about.</param>
    /// <param name="grade">No more than is known.</param>
    /// <param name="theirs">The recipient's own, for <see cref="AcknowledgmentGrade.RecipientVerified"/>; else null.</param>
    /// <returns>The receipt, or why there is none.</returns>
    public async ValueTask<(OriginatorReceipt? Made, DepartureOutcome? Failed)> WriteAsync(
        BoundarySettings asking, ReceiptAsked asked, ReceiptSubject about, AcknowledgmentGrade grade, ReceiptJudgement? theirs)
    {
        if (runtime.Receipts is not { } relay || asking.Receipts is not { } receipts) return (null, new DepartureOutcome.Impossible("nothing carries receipts here", []));
        if (!Mailbox.TryParse(asked.To, allowUtf8: true, out var to, out _)) return (null, new DepartureOutcome.Impossible("its originator has no address", []));
        var settings = new RelayedReceiptSettings(receipts.Sign, receipts.Address, about.Address.Text) { InReplyTo = about.MessageIdField };
        var outcome = await relay.MakeAsync(asked, grade, theirs, settings, about.Envelope.Precedence, CancellationToken.None).ConfigureAwait(false);
        if (outcome is not DepartureOutcome.Protected made) return (null, outcome);
        var message = about.Envelope.Label is { } label ? ReportActor.Labelled(made.Content.ToArray(), label) : made.Content;
        return (new OriginatorReceipt(about, grade, to, message, asked with { Given = asked.Given.Add(new ReceiptGiven(about.Recipient, grade)) }, made.Notes), null);
    }
}
