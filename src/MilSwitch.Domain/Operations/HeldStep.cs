using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Domain.Operations;

/// <summary>A decision of a boundary that keeps recipients of a message back, and who approved that it goes on all the same. Immutable.</summary>
/// <param name="Boundary">The boundary.</param>
/// <param name="From">The security domain the message is in.</param>
/// <param name="To">The one its recipients are in.</param>
/// <param name="Decision">The decision.</param>
/// <param name="Since">When it was made.</param>
/// <param name="Recipients">Whom it keeps back: their numbers in the envelope.</param>
/// <param name="Approvals">Given so far for these reasons, each person once.</param>
public sealed record HeldStep(
    string Boundary, string From, string To, StepDecision Decision, DateTimeOffset Since, ImmutableArray<int> Recipients, ImmutableArray<BoundaryApproval> Approvals)
{
    /// <summary>What an approval is bound to.</summary>
    public string Digest { get; } = BoundaryApproval.DigestOf(Boundary, Decision.Reasons);

    /// <summary>What keeps held recipients back: of each, the last passage that it was part of.</summary>
    /// <param name="passages">Oldest first.</param>
    /// <param name="approvals">Oldest first.</param>
    /// <param name="held">Numbers of the recipients that are held; one of which no boundary says so is in no step.</param>
    public static ImmutableArray<HeldStep> Find(ImmutableArray<CrossingRecord> passages, ImmutableArray<BoundaryApproval> approvals, IEnumerable<int> held)
    {
        var by = new SortedDictionary<int, ImmutableArray<int>>();
        foreach (var recipient in held)
        {
            var last = passages.Length - 1;
            while (last >= 0 && !passages[last].Recipients.Contains(recipient)) last--;
            if (last < 0 || passages[last] is not { Outcome: StepOutcome.Hold, Decisions: [.., { Outcome: StepOutcome.Hold }] }) continue;
            by[last] = by.GetValueOrDefault(last, []).Add(recipient);
        }

        return
        [
            .. by.Select(b => (Passage: passages[b.Key], Recipients: b.Value)).Select(p => new HeldStep(
                p.Passage.Boundary, p.Passage.From, p.Passage.To, p.Passage.Decisions[^1], p.Passage.At, p.Recipients, Given(p.Passage.Boundary, p.Passage.Decisions[^1], approvals))),
        ];
    }

    /// <summary>Approvals that count for a decision: of its boundary, its step and its reasons, of each person the first.</summary>
    public static ImmutableArray<BoundaryApproval> Given(string boundary, StepDecision decision, ImmutableArray<BoundaryApproval> approvals)
    {
        var digest = BoundaryApproval.DigestOf(boundary, decision.Reasons);
        return [.. approvals.Where(a => a.Step == decision.Step && a.Reasons == digest).DistinctBy(a => a.Who, StringComparer.Ordinal)];
    }
}
