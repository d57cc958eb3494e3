using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>What who watches hears of the running core.</summary>
public sealed class EventsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Tells_of_messages_links_and_alarms_after_the_commit()
    {
        await using var harness = await SwitchHarness.StartAsync();
        using var watch = harness.Service<ISwitchEvents>().Subscribe(null)!;
        var heard = new List<SwitchEvent>();
        var good = await harness.SendAsync(priority: MtPriority.From(Precedence.Flash));
        await HearsAsync("message.delivered");
        Assert.Equal(["message.accepted", "message.delivered"], heard.Where(e => e.Message == good.Id).Select(e => e.Type));
        Assert.All(heard, e => Assert.Equal(Precedence.Flash, e.Precedence));

        harness.Sink.StopListening();
        harness.Sink.DropConnections();
        await harness.SendAsync();
        await HearsAsync("link.down");
        await HearsAsync("alarm.raised");
        Assert.Equal("hop", heard.Single(e => e.Type == "link.down").Subject);
        Assert.Equal("link:hop", heard.Single(e => e.Type == "alarm.raised").Subject);
        Assert.Equal("link:hop", Assert.Single(await harness.Operator.AlarmsAsync(default)).Id);

        harness.Sink.StartListening();
        Assert.True(await harness.Operator.TryLinkAsync(new LinkName("hop"), SwitchHarness.Somebody, default));
        await HearsAsync("link.up");
        await HearsAsync("alarm.cleared");
        Assert.Equal("tester", heard.Single(e => e.Type == "link.tried").Actor);

        Task HearsAsync(string type) => Eventually.ComesTrueAsync(
            () =>
            {
                Assert.False(watch.Read(heard, 1000));
                return heard.Any(e => e.Type == type);
            },
            Patience, type);
    }

    [Fact]
    [Trait("Feature", "C-08")]
    public async Task Replaces_a_rule_in_one_step_and_only_the_one_that_was_seen()
    {
        await using var harness = await SwitchHarness.StartAsync();
        using var watch = harness.Service<ISwitchEvents>().Subscribe(null)!;
        var minimize = new OperatorRule { Id = "m", Kind = RuleKind.Minimize, Scope = "node", Level = Precedence.Immediate, Reason = "exercise" };
        await harness.Operator.AddRuleAsync(minimize, SwitchHarness.Somebody, default);

        Assert.Equal(RuleChange.Unexpected, (await ReplaceAsync("m", seen: false)).Change);
        Assert.Equal(Precedence.Immediate, Assert.Single(await harness.Operator.RulesAsync(default)).Level);
        Assert.Equal(RuleChange.NotFound, (await ReplaceAsync("other", seen: true)).Change);
        Assert.Equal(RuleChange.Done, (await ReplaceAsync("m", seen: true)).Change);
        await harness.RestartAsync();
        var kept = Assert.Single(await harness.Operator.RulesAsync(default));
        Assert.Equal((Precedence.Flash, "tester"), (kept.Level, kept.Author));
        Assert.Equal(RuleChange.Unexpected, await harness.Operator.RemoveRuleAsync("m", "over", _ => false, SwitchHarness.Somebody, default));
        Assert.Equal(RuleChange.Done, await harness.Operator.RemoveRuleAsync("m", "over", null, SwitchHarness.Somebody, default));

        var heard = new List<SwitchEvent>();
        watch.Read(heard, 100);
        Assert.Equal(["rule.added", "rule.replaced"], heard.Select(e => e.Type));

        ValueTask<(RuleChange Change, OperatorRule Rule)> ReplaceAsync(string id, bool seen) => harness.Operator.ReplaceRuleAsync(
            minimize with { Id = id, Level = Precedence.Flash }, _ => seen, SwitchHarness.Somebody, default);
    }

    [Fact]
    public async Task Refuses_a_rule_over_a_link_that_does_not_exist_and_knows_links_that_carried_nothing()
    {
        await using var harness = await SwitchHarness.StartAsync();
        await Assert.ThrowsAsync<UnknownLinkException>(() => harness.Operator.AddRuleAsync(
            new OperatorRule { Id = "", Kind = RuleKind.Reroute, Scope = "node", Link = new LinkName("nowhere"), Reason = "x" }, SwitchHarness.Somebody, default).AsTask());
        Assert.Equal("hop", Assert.Single(await harness.Operator.LinksAsync(default)).Name.Value);
        Assert.Null(await harness.Operator.LinkAsync(new LinkName("nowhere"), default));
    }

    [Fact]
    [Trait("Feature", "B-12")]
    public async Task Tells_of_a_duplicate_that_was_taken_and_dropped()
    {
        await using var harness = await SwitchHarness.StartAsync();
        using var watch = harness.Service<ISwitchEvents>().Subscribe(null)!;
        await harness.SendAsync("Message-ID: <1@origin.test>\r\n\r\n");
        var again = await harness.SendAsync("Message-ID: <1@origin.test>\r\n\r\n");
        var heard = new List<SwitchEvent>();
        watch.Read(heard, 100);
        var duplicate = Assert.Single(heard, e => e.Type == "message.duplicate");
        Assert.Equal((again.Id, 0), (duplicate.Message, duplicate.Recipient));
    }

    [Fact]
    public async Task Says_that_a_message_is_not_held_and_lets_it_go_on()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.StopListening();
        var sent = await harness.SendAsync();
        foreach (var dryRun in new[] { true, false })
        {
            var outcome = Assert.Single((await harness.Operator.ActAsync(
                new MessageAct(MessageVerb.Release) { Ids = [sent.Id], Reason = "x", DryRun = dryRun }, SwitchHarness.Somebody, default)).Outcomes);
            Assert.Equal((false, "not held", ActFailure.Conflict), (outcome.Done, outcome.Text, outcome.Failure));
        }

        harness.Sink.StartListening();
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
    }

    [Fact]
    public async Task Says_why_an_act_was_not_done()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var done = await harness.SendAsync();
        await harness.WaitForAsync(done.Id, m => m.State == MessageState.Done);
        foreach (var dryRun in new[] { false, true })
        {
            Assert.Equal(ActFailure.Conflict, await ActAsync(done.Id, dryRun));
            Assert.Equal(ActFailure.NotFound, await ActAsync(MessageId.Create(1, 999_999, 3), dryRun));
        }

        async Task<ActFailure> ActAsync(MessageId id, bool dryRun) => Assert.Single((await harness.Operator.ActAsync(
            new MessageAct(MessageVerb.Hold) { Ids = [id], Reason = "x", DryRun = dryRun }, SwitchHarness.Somebody, default)).Outcomes).Failure;
    }
}
