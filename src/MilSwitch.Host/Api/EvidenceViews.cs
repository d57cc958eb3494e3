using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>Why a message is where it is.</summary>
/// <param name="Id">The message.</param>
/// <param name="Domain">The security domain it is in; null: none.</param>
/// <param name="Passages">Through boundaries, oldest first.</param>
/// <param name="Approvals">All that persons said, oldest first.</param>
public sealed record DecisionsView(string Id, string? Domain, IReadOnlyList<PassageView> Passages, IReadOnlyList<ApprovalView> Approvals)
{
    public static DecisionsView Of(MessageDecisions d) => new(
        d.Id.ToString(), d.Envelope.Domain, [.. d.Passages.Select(p => PassageView.Of(p, d))], [.. d.Approvals.Select(ApprovalView.Of)]);
}

/// <summary>One passage through a boundary.</summary>
/// <param name="Boundary">Its name.</param>
/// <param name="From">The domain the message was in.</param>
/// <param name="To">The one its recipients are in.</param>
/// <param name="At">When.</param>
/// <param name="Recipients">Whom it was about.</param>
/// <param name="Outcome">go, skip, hold, return or later.</param>
/// <param name="Released">Id of the message that crossed; null: none did.</param>
/// <param name="Steps">In the order in which they were decided, up to the one that ended it.</param>
public sealed record PassageView(
    string Boundary, string From, string To, DateTimeOffset At, IReadOnlyList<string> Recipients, string Outcome, string? Released, IReadOnlyList<StepView> Steps)
{
    public static PassageView Of(CrossingRecord p, MessageDecisions of) => new(
        p.Boundary, p.From, p.To, p.At, [.. p.Recipients.Where(i => i >= 0 && i < of.Envelope.Recipients.Length).Select(i => of.Envelope.Recipients[i].Address.Text)],
        Words.Of(p.Outcome), p.Released.Length > 0 ? p.Released : null, [.. p.Decisions.Select(d => StepView.Of(d, p.Boundary, of))]);
}

/// <summary>One decision.</summary>
/// <param name="Step">The step.</param>
/// <param name="Outcome">As of passages.</param>
/// <param name="Reasons">In sentences.</param>
/// <param name="Inputs">By what it was decided.</param>
/// <param name="ApprovalsNeeded">Persons who have to approve before it goes on all the same; 0: nobody can, or there is nothing to approve.</param>
/// <param name="Approvals">Given for these reasons.</param>
/// <param name="ApprovedBy">Because of whose word it went on.</param>
public sealed record StepView(
    string Step, string Outcome, IReadOnlyList<string> Reasons, IReadOnlyList<InputView> Inputs, int ApprovalsNeeded, IReadOnlyList<ApprovalView> Approvals, IReadOnlyList<string> ApprovedBy)
{
    public static StepView Of(StepDecision d, string boundary, MessageDecisions of) => new(
        d.Step, Words.Of(d.Outcome), d.Reasons, [.. d.Inputs.Select(i => new InputView(i.Name, i.Value))], d.Approvals,
        d.Outcome is StepOutcome.Hold || !d.ApprovedBy.IsEmpty ? [.. of.Given(boundary, d).Select(ApprovalView.Of)] : [], d.ApprovedBy);
}

public sealed record InputView(string Name, string Value);

/// <summary>What a person said.</summary>
/// <param name="Step">About which step; <c>correct</c>: asked for a correction.</param>
/// <param name="Reasons">Digest of the boundary and the reasons, or of the correction.</param>
/// <param name="Who">The person.</param>
/// <param name="At">When.</param>
/// <param name="Why">In their words.</param>
public sealed record ApprovalView(string Step, string Reasons, string Who, DateTimeOffset At, string Why)
{
    public static ApprovalView Of(BoundaryApproval a) => new(a.Step, a.Reasons, a.Who, a.At, a.Why);
}

/// <summary>The chain of custody of a message.</summary>
/// <param name="Id">The message.</param>
/// <param name="FirstFault">Number of the first record that does not follow from the one before it; null: all do.</param>
/// <param name="Records">Oldest first.</param>
public sealed record CustodyView(string Id, int? FirstFault, IReadOnlyList<CustodyRecordView> Records)
{
    public static CustodyView Of(MessageCustody c) => new(
        c.Id.ToString(), c.FirstFault,
        [.. c.Chain.Select(r => new CustodyRecordView(r.Number, r.At, r.Message, r.Act, r.Before, r.After, r.Rule, r.Reason, r.Who, r.Previous))]);
}

/// <summary>One change of a message. Digests are SHA-384 in hexadecimal.</summary>
/// <param name="Number">From 1.</param>
/// <param name="At">When.</param>
/// <param name="Message">Id of the message it was done to.</param>
/// <param name="Act">accepted, stripped, decrypted, relabelled, disclosed, signed, encrypted, released or corrected.</param>
/// <param name="Before">Digest of the whole message before it; empty: it begins here.</param>
/// <param name="After">The same after it.</param>
/// <param name="Rule">By which rule.</param>
/// <param name="Reason">Why.</param>
/// <param name="Who">Who approved it, else the switch.</param>
/// <param name="Previous">Digest of the record before this one.</param>
public sealed record CustodyRecordView(
    int Number, DateTimeOffset At, string Message, string Act, string Before, string After, string Rule, string Reason, string Who, string Previous);
