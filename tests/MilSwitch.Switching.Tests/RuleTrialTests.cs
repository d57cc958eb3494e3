using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Switching.Tests;

[Trait("Feature", "C-08")]
public sealed class RuleTrialTests
{
    [Fact]
    public async Task Counts_the_queued_messages_that_a_rule_would_treat_otherwise_and_changes_nothing()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.StopListening();
        await harness.SendAsync();
        await harness.SendAsync(to: ["c@other.test", "b@dest.test"]);
        await harness.SendAsync(priority: MtPriority.From(Precedence.Flash));
        var held = await harness.SendAsync();
        await harness.Operator.ActAsync(new MessageAct(MessageVerb.Hold) { Ids = [held.Id], Reason = "x" }, SwitchHarness.Somebody, default);

        var minimize = new OperatorRule { Id = "m", Kind = RuleKind.Minimize, Scope = "node", Level = Precedence.Immediate, Reason = "exercise" };
        var suspend = new OperatorRule { Id = "", Kind = RuleKind.Suspend, Scope = "domain:dest.test", Reason = "exercise" };
        var trial = await TryAsync(minimize);
        Assert.Equal((2, "tester"), (trial.Messages, trial.Rule.Author));
        Assert.Equal(3, (await TryAsync(suspend)).Messages);
        Assert.Equal(1, (await TryAsync(suspend with { Kind = RuleKind.Return, Scope = "domain:other.test" })).Messages);
        Assert.Empty(await harness.Operator.RulesAsync(default));

        await harness.Operator.AddRuleAsync(minimize, SwitchHarness.Somebody, default);
        Assert.Equal(1, (await TryAsync(suspend)).Messages);
        Assert.Equal(2, (await TryAsync(minimize with { Level = Precedence.Deferred })).Messages);
        Assert.Equal(0, (await TryAsync(minimize with { Level = Precedence.Flash })).Messages);
        Assert.Equal(2, (await TryAsync(minimize, remove: true)).Messages);
        Assert.Equal(Precedence.Immediate, Assert.Single(await harness.Operator.RulesAsync(default)).Level);

        async Task<RuleTrial> TryAsync(OperatorRule rule, bool remove = false) => await harness.Operator.TryRuleAsync(rule, remove, SwitchHarness.Somebody, default);
    }

    [Fact]
    public async Task Refuses_a_rule_that_could_not_be_given()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var rule = new OperatorRule { Id = "", Kind = RuleKind.Reroute, Scope = "node", Link = new Domain.Routing.LinkName("nowhere"), Reason = "x" };
        await Assert.ThrowsAsync<UnknownLinkException>(async () => await harness.Operator.TryRuleAsync(rule, false, SwitchHarness.Somebody, default));
    }
}
