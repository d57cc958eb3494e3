using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Domain.Tests;

public sealed class HeldStepTests
{
    private static readonly StepDecision Label = new("label", StepOutcome.Hold, ["above"]) { Approvals = 2 };
    private static readonly StepDecision Check = new("checks", StepOutcome.Hold, ["words"]) { Approvals = 1 };

    [Fact]
    public void Of_each_recipient_the_last_passage_counts()
    {
        ImmutableArray<CrossingRecord> passages = [Passage("blue", Label, 0, 1), Passage("blue", Check, 1), Passage("green", Label, 2), Passage("green", new StepDecision("route", StepOutcome.Go, []), 2)];
        var steps = HeldStep.Find(passages, [], [0, 1, 2, 3]);
        Assert.Equal([("label", 0), ("checks", 1)], steps.Select(s => (s.Decision.Step, Assert.Single(s.Recipients))));
        Assert.Equal([1], Assert.Single(HeldStep.Find(passages, [], [1])).Recipients.AsEnumerable());
        Assert.Empty(HeldStep.Find([], [], [0]));
    }

    [Fact]
    public void Approvals_count_for_boundary_step_and_reasons_and_once_for_each_person()
    {
        var digest = BoundaryApproval.DigestOf("b", Label.Reasons);
        ImmutableArray<BoundaryApproval> approvals = [By("label", digest, "anna"), By("label", digest, "anna"), By("label", "other", "bert"), By("checks", digest, "carl"), By("label", digest, "dora")];
        Assert.Equal(["anna", "dora"], HeldStep.Given("b", Label, approvals).Select(a => a.Who));
        Assert.Empty(HeldStep.Given("other", Label, approvals));
    }

    [Fact]
    public void A_chain_begins_anew_with_what_was_there_and_with_nothing_else()
    {
        ImmutableArray<CustodyRecord> chain = [];
        foreach (var (before, after) in new[] { ("", "a"), ("a", "b"), ("", "a"), ("a", "c") }) chain = CustodyChain.Append(chain, Record(before, after));
        Assert.Null(CustodyChain.FirstFault(chain));
        Assert.Equal(5, CustodyChain.FirstFault(CustodyChain.Append(chain, Record("", "x"))));
        Assert.Equal(5, CustodyChain.FirstFault(CustodyChain.Append(chain, Record("b", "d"))));
        Assert.Equal(2, CustodyChain.FirstFault(chain.SetItem(0, chain[0] with { Reason = "other" })));
    }

    private static CustodyRecord Record(string before, string after) => new(0, default, "", "accepted", before, after, "", "", "", "");

    private static BoundaryApproval By(string step, string reasons, string who) => new(step, reasons, who, default, "seen");

    private static CrossingRecord Passage(string to, StepDecision decision, params int[] recipients) => new("b", "red", to, default, [.. recipients], decision.Outcome, [decision], "");
}
