using System.Text.Json;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;
using MilSwitch.Switching.Boundaries.Steps;

namespace MilSwitch.Switching.Boundaries;

/// <content>Signed receipts (RFC 2634 §2): asked for on the way out, judged and answered on the way back.</content>
internal sealed partial class Crossing
{
    private static readonly PeerStep Peer = new();

    private readonly ReceiptWriter receipts = new(runtime);

    /// <summary>Judges what came to the address at which a boundary awaits receipts. It crosses by itself in no case: what its originator is told is written here.</summary>
    /// <param name="passage">At its beginning.</param>
    /// <param name="asking">The boundary that leads the other way and asked.</param>
    public async ValueTask<ReturnedReceipt> ReceiveAsync(Passage passage, BoundarySettings asking)
    {
        passage = passage.Changed(passage.Came, "accepted", "peer", "it came");
        var receipt = new ReturnedReceipt(passage with { Decisions = [Peer.Decide(passage)] });
        if (receipt.Passage.Decisions[^1].Outcome is StepOutcome.Hold) return receipt;
        StepDecision decision;
        try
        {
            receipt = await JudgeAsync(receipt, asking).ConfigureAwait(false);
            decision = receipt.Decide();
        }
        catch (Exception fault) when (fault is not (OutOfMemoryException or ObjectDisposedException or SpoolUnavailableException))
        {
            LogFailed(fault, passage.Id, ReturnedReceipt.Step);
            decision = Ruling.Hold(ReturnedReceipt.Step, 0, "this step failed inside the switch");
        }

        passage = receipt.Passage with { Decisions = receipt.Passage.Decisions.Add(decision) };
        return receipt with
        {
            Passage = receipt.Answer is { } answer ? passage.Changed(answer.Message, "answered", ReturnedReceipt.Step, $"it is {passage.Next} to the originator of {answer.About.Original}") : passage,
        };
    }

    private async ValueTask<ReturnedReceipt> JudgeAsync(ReturnedReceipt receipt, BoundarySettings asking)
    {
        var passage = receipt.Passage;
        var (boundary, level) = (passage.Boundary, passage.Envelope.Precedence);
        if (runtime.Receipts is not { } relay || passage.Configuration.EnvelopeTags is not { } keys) return receipt with { Claim = new ClaimedReceipt(ReceiptState.Unavailable, "", "nothing in this node carries receipts") };
        receipt = receipt with { Claim = await relay.TagAsync(passage.Came, boundary.Opening, level, CancellationToken.None).ConfigureAwait(false) };
        if (receipt.Claim.State is not ReceiptState.Good || !EnvelopeTag.TryRead(receipt.Claim.Tag, boundary.From.Name, keys, out var copy)) return receipt;
        var sent = await runtime.Spool.ReadAsync(copy).ConfigureAwait(false);
        if (sent is not { Parent: { } parent } || sent.Envelope.Domain != boundary.From.Name) return receipt;
        receipt = receipt with { Sent = sent, Original = await runtime.Spool.ReadAsync(parent).ConfigureAwait(false), Asked = await AskedAsync(runtime.Spool, copy).ConfigureAwait(false) };
        if (receipt is not { Asked: { } asked, Original: { } original } || original.Envelope.Domain != asking.From.Name) return receipt with { Original = null };
        string[] whom = [.. sent.Envelope.Recipients.Select(r => r.Address.Text).Where(asked.IsAsked)];
        var judged = await relay.JudgeAsync(passage.Came, asked, boundary.Opening, whom, level, CancellationToken.None).ConfigureAwait(false);
        receipt = receipt with { Judgement = judged };
        if (judged.State is not ReceiptState.Good) return receipt;
        var recipient = sent.Envelope.Recipients.First(r => r.Address.Text == judged.Recipient);
        receipt = receipt with { Recipient = sent.Envelope.Recipients.IndexOf(recipient) };
        receipt = receipt with { IsUnheard = judged.Grade is not AcknowledgmentGrade.RecipientVerified && !asking.Receipts!.Grades.Contains(judged.Grade) };
        if (receipt.IsAgain || receipt.IsUnheard) return receipt;
        var about = new ReceiptSubject(original.Id, original.Envelope, original.MessageIdField, copy, receipt.Recipient, recipient.Address);
        var (made, failed) = await receipts.WriteAsync(asking, asked, about, judged.Grade, judged.Grade is AcknowledgmentGrade.RecipientVerified ? judged : null).ConfigureAwait(false);
        return receipt with { Answer = made, Failed = failed, Passage = made is null ? passage : passage with { Notes = [.. passage.Notes, .. made.Notes] } };
    }

    /// <summary>What was kept of the request of a copy's originator; null: nothing.</summary>
    public static async ValueTask<ReceiptAsked?> AskedAsync(ISpool spool, MessageId copy)
    {
        try
        {
            return await spool.ReadDocumentAsync(ReceiptAsked.Kind, copy.ToString()).ConfigureAwait(false) is { } json ? ReceiptAsked.Read(json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // The copy is signed, so what a receipt for it must have is known.
    private async ValueTask<Passage> AskedForAsync(Passage passage, ReceiptAsked asked)
    {
        passage = passage with { Asked = asked, Notes = [.. passage.Notes, new ProtectionNote(AuditKind.Signed, $"asks for receipts to {passage.Boundary.Receipts!.Address}")] };
        if (!passage.Boundary.Receipts!.Grades.Contains(AcknowledgmentGrade.GatewayAccepted)) return passage;
        for (var i = 0; i < passage.Recipients.Length; i++)
        {
            var address = passage.Envelope.Recipients[passage.Recipients[i]].Address;
            if (!asked.IsAsked(address.Text)) continue;
            var about = new ReceiptSubject(passage.Id, passage.Envelope, passage.MessageIdField, passage.Next, i, address);
            passage = await AnswerAsync(passage, passage.Boundary, passage.Asked!, about, AcknowledgmentGrade.GatewayAccepted).ConfigureAwait(false);
            if (passage.AnswerFault is { } fault) return passage with { Departure = fault };
            passage = passage with { Asked = passage.Answers[^1].Asked };
        }

        return passage;
    }

    // A report that is believed says that it is in a mailbox beyond: so much and no more the originator may hear.
    private async ValueTask<Passage> TellDeliveredAsync(Passage passage)
    {
        if (passage.Report is not { Decision.IsBelieved: true, Read.Delivery: { } delivery, Sent: { } sent, Original: { } original, Asked: { } asked }) return passage;
        if (passage.Configuration.Boundaries.Find(original.Envelope.Domain, sent.Envelope.Domain) is not { Receipts: { } settings } asking || !settings.Grades.Contains(AcknowledgmentGrade.DomainDelivered)) return passage;
        foreach (var matched in ReportMatch.Of(delivery, sent.Envelope))
        {
            var address = sent.Envelope.Recipients[matched.Index].Address;
            if (matched.Action is not ReportAction.Delivered || !asked.IsAsked(address.Text) || asked.Given.Contains(new ReceiptGiven(matched.Index, AcknowledgmentGrade.DomainDelivered))) continue;
            var about = new ReceiptSubject(original.Id, original.Envelope, original.MessageIdField, sent.Id, matched.Index, address);
            passage = await AnswerAsync(passage, asking, asked, about, AcknowledgmentGrade.DomainDelivered).ConfigureAwait(false);
            if (passage.AnswerFault is not null) return passage;
            asked = passage.Answers[^1].Asked;
        }

        return passage;
    }

    private async ValueTask<Passage> AnswerAsync(Passage passage, BoundarySettings asking, ReceiptAsked asked, ReceiptSubject about, AcknowledgmentGrade grade)
    {
        var (made, failed) = await receipts.WriteAsync(asking, asked, about, grade, null).ConfigureAwait(false);
        return made is null ? passage with { AnswerFault = failed } : passage with { Answers = passage.Answers.Add(made), Notes = [.. passage.Notes, .. made.Notes] };
    }
}
