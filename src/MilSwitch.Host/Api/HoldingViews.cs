using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>A message in the holding centre.</summary>
/// <param name="Id">The message.</param>
/// <param name="Precedence">Of the most urgent recipient that is held.</param>
/// <param name="AcceptedAt">When it came.</param>
/// <param name="WarnsAt">When the originator is warned, or was.</param>
/// <param name="Deadline">The end of the time in which it should be delivered; it does not expire while it is held.</param>
/// <param name="Size">Octets.</param>
/// <param name="Sender">The reverse path.</param>
/// <param name="Domain">The security domain it is in; null: none.</param>
/// <param name="Reason">Why it was held last.</param>
/// <param name="Author">Who may neither approve nor correct it, because it is their own; null: nobody is known.</param>
/// <param name="Recipients">Who is held.</param>
/// <param name="Steps">What boundaries hold; empty: it can be released by <c>message release</c>.</param>
/// <param name="Corrections">Asked for, and waiting for another person to ask for the same.</param>
/// <param name="Draft">It waits for its release; null: it is no draft.</param>
public sealed record HeldMessageView(
    string Id, string Precedence, DateTimeOffset AcceptedAt, DateTimeOffset WarnsAt, DateTimeOffset Deadline, long Size, string Sender, string? Domain, string? Reason, string? Author,
    IReadOnlyList<string> Recipients, IReadOnlyList<HeldStepView> Steps, IReadOnlyList<ApprovalView> Corrections, DraftView? Draft)
{
    public static HeldMessageView Of(HeldMessage m) => new(
        m.Id.ToString(), Words.Of(m.Precedence), m.AcceptedAt, m.WarnsAt, m.Deadline, m.Size, m.Sender, m.Domain, m.Reason, m.Author, [.. m.Recipients.Values],
        [.. m.Steps.Select(s => HeldStepView.Of(s, m))], [.. m.Corrections.Select(ApprovalView.Of)], DraftView.Of(m));
}

/// <summary>A draft that waits for its release (RFC 7912).</summary>
/// <param name="Rule">That asks for it.</param>
/// <param name="Digest">SHA-256 of its content, in hexadecimal: what is released is this and nothing else.</param>
/// <param name="Required">How many have to; null: the rule is no longer in force.</param>
/// <param name="Given">Who has, in their order.</param>
/// <param name="Open">Who may yet, in the order of the rule.</param>
/// <param name="IsOrdered">In this order and no other.</param>
/// <param name="Words">What was said at the desk.</param>
public sealed record DraftView(string Rule, string Digest, int? Required, IReadOnlyList<string> Given, IReadOnlyList<string> Open, bool IsOrdered, IReadOnlyList<ReleaseWordView> Words)
{
    public static DraftView? Of(HeldMessage m) => m.Draft is not { } draft ? null : new(
        draft.Rule, draft.Digest, m.DraftRule?.Required, draft.By, [.. m.DraftRule?.Authorities.Select(a => a.Address.Text).Except(draft.By) ?? []], m.DraftRule?.IsOrdered ?? false,
        [.. draft.Given.Select(g => new ReleaseWordView(g.Address, g.Who, g.At, g.Evidence.Length > 0 ? g.Evidence : null, g.Reason))]);
}

/// <param name="Address">In whose name.</param>
/// <param name="Who">The person, as far as it is known.</param>
/// <param name="At">When.</param>
/// <param name="Evidence">Id of the signed message that says so; null: it was said to the switch.</param>
/// <param name="Reason">In that person's words.</param>
public sealed record ReleaseWordView(string Address, string Who, DateTimeOffset At, string? Evidence, string Reason);

/// <param name="Reason">Why; kept in the audit trail.</param>
/// <param name="As">The authority in whose name; null: the one for which the person may speak.</param>
/// <param name="Digest">Of the content that was seen, else 409; null: whatever it is.</param>
public sealed record ReleaseRequest(string? Reason, string? As = null, string? Digest = null);

/// <param name="Reason">Why; kept in the audit trail.</param>
/// <param name="Text">What the report to the author says; null: only that it was rejected. Up to 400 printable characters.</param>
/// <param name="As">As above.</param>
/// <param name="Digest">As above.</param>
public sealed record RejectDraftRequest(string? Reason, string? Text = null, string? As = null, string? Digest = null);

/// <summary>A step that holds.</summary>
/// <param name="Step">Its name.</param>
/// <param name="Boundary">Of which boundary.</param>
/// <param name="From">The domain the message is in.</param>
/// <param name="To">The one its recipients are in.</param>
/// <param name="Since">When it was decided.</param>
/// <param name="Reasons">In sentences.</param>
/// <param name="Digest">Of the boundary and the reasons: what an approval is bound to.</param>
/// <param name="ApprovalsNeeded">Persons; 0: nobody can lift it.</param>
/// <param name="Approvals">Given so far.</param>
/// <param name="NotBy">Operators who may not approve it: who did already, and whose message it is. Every other operator may.</param>
/// <param name="Recipients">Whom it keeps back.</param>
public sealed record HeldStepView(
    string Step, string Boundary, string From, string To, DateTimeOffset Since, IReadOnlyList<string> Reasons, string Digest, int ApprovalsNeeded, IReadOnlyList<ApprovalView> Approvals,
    IReadOnlyList<string> NotBy, IReadOnlyList<string> Recipients)
{
    public static HeldStepView Of(HeldStep s, HeldMessage of) => new(
        s.Decision.Step, s.Boundary, s.From, s.To, s.Since, s.Decision.Reasons, s.Digest, s.Decision.Approvals, [.. s.Approvals.Select(ApprovalView.Of)],
        [.. s.Approvals.Select(a => a.Who).Concat(of.Author is { } author ? [author] : []).Distinct(StringComparer.Ordinal)], [.. s.Recipients.Select(i => of.Recipients[i])]);
}

/// <param name="Step">The step that holds it.</param>
/// <param name="Reasons">Digest of the reasons that were seen; null: those that are there now.</param>
/// <param name="Reason">Why; kept in the audit trail.</param>
public sealed record ApproveRequest(string? Step, string? Reason, string? Reasons = null);

/// <param name="Reason">Why; kept in the audit trail.</param>
/// <param name="Text">What the report to the originator says; null: only that it was rejected. Up to 400 printable characters.</param>
public sealed record RejectRequest(string? Reason, string? Text = null);

/// <summary>At least one change.</summary>
/// <param name="Reason">Why; kept in the audit trail.</param>
/// <param name="Recipients">Who gets another address.</param>
/// <param name="DropParts">Numbers of parts to leave out: <c>1.1</c>, <c>1.2</c> and so on.</param>
/// <param name="Label">An ESSSecurityLabel in base64.</param>
/// <param name="SubjectCodes">Subject indicator codes (RFC 6477 §3.3) in place of those it has; an empty list takes them away.</param>
public sealed record CorrectRequest(
    string? Reason, IReadOnlyList<RecipientChangeView>? Recipients = null, IReadOnlyList<string>? DropParts = null, string? Label = null, IReadOnlyList<string>? SubjectCodes = null);

public sealed record RecipientChangeView(string? Old, string? New);

/// <summary>What became of an order.</summary>
/// <param name="Outcome">done, or approval-needed: it is recorded, and another person has to agree.</param>
/// <param name="Text">For people.</param>
/// <param name="Needed">Persons who have to agree.</param>
/// <param name="Given">Who does.</param>
/// <param name="Made">Id of the message that took the corrected one's place; null: none did.</param>
public sealed record HoldingResultView(string Outcome, string Text, int Needed, IReadOnlyList<string> Given, string? Made)
{
    public static HoldingResultView Of(HoldingResult r) => new(Words.Of(r.Outcome), r.Text, r.Needed, r.Given, r.Made?.ToString());
}
