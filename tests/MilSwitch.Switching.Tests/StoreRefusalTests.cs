using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>What an operator sees and can do when the store has no room or takes no writes.</summary>
[Trait("Threat", "F6")]
public sealed class StoreRefusalTests
{
    private const string Short = "spool: short of space";

    [Fact]
    public async Task Raises_an_alarm_while_clients_hear_452_for_want_of_room()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with { Budgets = new Budgets { MinimumFreeSpace = long.MaxValue } });
        var client = new ClientIdentity { Listener = "test", Role = ListenerRole.Relay, Address = "127.0.0.1", Helo = "origin.test", MayRelay = true };
        var mail = new MailRequest(ReversePath.Null);
        Assert.Equal(Refusal.StoreFull, (await harness.Intake.MailAsync(client, mail, default)).Refusal);
        var status = await harness.Operator.StatusAsync(default);
        Assert.Contains(Short, status.Alarms);
        Assert.True(status.Ready);

        var control = harness.Service<ISwitchControl>();
        control.Apply(control.Current with { Budgets = new Budgets() });
        Assert.Null((await harness.Intake.MailAsync(client, mail, default)).Refusal);
        Assert.DoesNotContain(Short, (await harness.Operator.StatusAsync(default)).Alarms);
    }

    [Theory]
    [InlineData(MessageVerb.Return)]
    [InlineData(MessageVerb.Hold)]
    [InlineData(MessageVerb.Delete)]
    public async Task Says_at_once_that_the_store_is_full_and_does_not_do_it_later(MessageVerb verb)
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.StopListening();
        var sent = await harness.SendAsync();
        harness.Refusing.Refuses = _ => SpoolHealth.Full;
        var fault = await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await ActAsync(harness, verb, sent.Id));
        Assert.Equal(SpoolHealth.Full, fault.Health);

        harness.Refusing.Refuses = null;
        harness.Sink.StartListening();
        var stored = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(RecipientState.Delivered, stored.Recipients[0].State);
    }

    [Fact]
    [Trait("Threat", "F7")]
    public async Task Nobody_sees_what_could_not_be_recorded_as_seen()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.StopListening();
        var sent = await harness.SendAsync();
        harness.Refusing.Refuses = _ => SpoolHealth.Full;
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await harness.Operator.RawAsync(sent.Id, SwitchHarness.Somebody, default));
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await harness.Operator.ExportCustodyAsync(sent.Id, SwitchHarness.Somebody, default));

        harness.Refusing.Refuses = null;
        var raw = await harness.Operator.RawAsync(sent.Id, SwitchHarness.Somebody, default);
        await raw!.Content.DisposeAsync();
        Assert.Single(await harness.Spool.ReadAuditAsync(sent.Id), e => e.Kind is AuditKind.Viewed);
    }

    [Fact]
    [Trait("Threat", "F2")]
    public async Task A_store_that_goes_away_in_the_middle_of_a_content_costs_nothing_but_time()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var asked = 0;
        // Twice in the middle, each on another connection.
        harness.Refusing.RefusesReading = () => Interlocked.Increment(ref asked) is 2 or 4 ? SpoolHealth.Unwritable : null;
        // It waits, so that it is read from the store and not from memory.
        var rule = await harness.Operator.AddRuleAsync(new OperatorRule { Id = "", Kind = RuleKind.Suspend, Scope = "node", Reason = "test" }, SwitchHarness.Somebody, default);
        var sent = await harness.SendAsync("From: <a@one.test>\r\nSubject: large\r\n\r\n" + string.Concat(Enumerable.Repeat("a line of many\r\n", 300_000)));
        await harness.Operator.RemoveRuleAsync(rule.Id, "test", null, SwitchHarness.Somebody, default);
        var stored = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(RecipientState.Delivered, stored.Recipients[0].State);
        Assert.Null(Assert.Single(await harness.Sink.WaitForAsync(1, TimeSpan.FromSeconds(15))).Field("X-MilSwitch-Suspected-Duplicate"));
        Assert.True(Volatile.Read(ref asked) > 4);
    }

    [Fact]
    public async Task Says_that_the_store_is_full_when_it_did_not_take_what_became_of_the_last_attempt()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var (answered, refused) = (0, 0);
        harness.Sink.Script = step =>
        {
            if (step.Phase != SinkPhase.Recipient) return null;
            Volatile.Write(ref answered, 1);
            return SinkAction.Say("451 4.2.0 try later");
        };
        harness.Refusing.Refuses = operation =>
            operation is { Recipients.IsEmpty: false } && Volatile.Read(ref answered) > 0 && Interlocked.Increment(ref refused) > 0 ? SpoolHealth.Full : null;
        var sent = await harness.SendAsync();
        await Eventually.ComesTrueAsync(() => Volatile.Read(ref refused) > 0, TimeSpan.FromSeconds(15), "the attempt has ended");
        var fault = await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await ActAsync(harness, MessageVerb.Hold, sent.Id));
        Assert.Equal(SpoolHealth.Full, fault.Health);
    }

    [Fact]
    public async Task Tells_what_was_done_before_the_store_refused()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.StopListening();
        MessageId[] ids = [(await harness.SendAsync()).Id, (await harness.SendAsync()).Id, (await harness.SendAsync()).Id];
        harness.Refusing.Refuses = operation => operation is not null && operation.Recipients.Any(r => r.Id == ids[1]) ? SpoolHealth.Unwritable : null;
        var result = await ActAsync(harness, MessageVerb.Hold, ids);
        Assert.Equal(
            [(true, "held"), (false, "the store can't be written"), (false, "the store can't be written")], result.Outcomes.Select(o => (o.Done, o.Text)));
    }

    [Fact]
    public async Task A_rule_that_the_store_refuses_is_not_in_force()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Refusing.Refuses = _ => SpoolHealth.Full;
        var rule = new OperatorRule { Id = "", Kind = RuleKind.Suspend, Scope = "node", Reason = "exercise" };
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await harness.Operator.AddRuleAsync(rule, SwitchHarness.Somebody, default));
        Assert.Empty(await harness.Operator.RulesAsync(default));
    }

    [Fact]
    [Trait("Threat", "F7")]
    public async Task No_rule_changes_without_its_record()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var rule = new OperatorRule { Id = "r", Kind = RuleKind.Suspend, Scope = "node", Reason = "exercise" };
        harness.Refusing.Refuses = operation => operation is { Audit.IsEmpty: false } ? SpoolHealth.Full : null;
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await harness.Operator.AddRuleAsync(rule, SwitchHarness.Somebody, default));
        Assert.Empty(await harness.Operator.RulesAsync(default));
        Assert.Empty(await harness.Spool.ListDocumentsAsync("rule"));

        harness.Refusing.Refuses = null;
        await harness.Operator.AddRuleAsync(rule, SwitchHarness.Somebody, default);
        harness.Refusing.Refuses = operation => operation is { Audit.IsEmpty: false } ? SpoolHealth.Full : null;
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await harness.Operator.RemoveRuleAsync("r", "over", null, SwitchHarness.Somebody, default));
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await harness.Operator.ReplaceRuleAsync(rule with { Scope = "link:hop" }, null, SwitchHarness.Somebody, default));
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await harness.Operator.TryLinkAsync(new LinkName("hop"), SwitchHarness.Somebody, default));
        Assert.Equal("node", Assert.Single(await harness.Operator.RulesAsync(default)).Scope);
        await harness.RestartAsync();
        Assert.Equal("node", Assert.Single(await harness.Operator.RulesAsync(default)).Scope);
    }

    [Fact]
    [Trait("Threat", "F7")]
    public async Task The_trail_says_that_a_recorded_rule_was_refused_after_all()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var rule = new OperatorRule { Id = "r", Kind = RuleKind.Suspend, Scope = "node", Reason = "exercise" };
        harness.Refusing.Refuses = operation => operation is null ? SpoolHealth.Full : null;
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await harness.Operator.AddRuleAsync(rule, SwitchHarness.Somebody, default));
        Assert.Equal(
            ["r Suspend node  exercise", "r not done: the store is full"],
            (await harness.Spool.ReadAuditAsync(default)).Where(a => a.Kind == AuditKind.RuleAdded).Select(a => a.Detail));
    }

    [Fact]
    public async Task A_refused_reroute_leaves_nothing_that_a_restart_would_find()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.StopListening();
        var sent = await harness.SendAsync();
        var remembered = false;
        harness.Refusing.Refuses = operation =>
        {
            if (operation is null || !operation.Audit.Any(a => a.Kind == AuditKind.Rerouted)) return null;
            remembered = true;
            return SpoolHealth.Full;
        };
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await harness.Operator.ActAsync(
            new MessageAct(MessageVerb.Reroute) { Ids = [sent.Id], Link = new LinkName("hop"), Reason = "exercise" }, SwitchHarness.Somebody, default));
        Assert.True(remembered);
        await Eventually.ComesTrueAsync(
            async () => (await harness.Spool.ListDocumentsAsync("reroute")).Count is 0, TimeSpan.FromSeconds(15), "the order is forgotten");
        harness.Sink.StartListening();
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
    }

    [Fact]
    public async Task A_rule_that_ends_while_the_store_is_full_is_removed_later()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var soon = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(1);
        await harness.Operator.AddRuleAsync(
            new OperatorRule { Id = "", Kind = RuleKind.Suspend, Scope = "node", Reason = "exercise", Expires = soon }, SwitchHarness.Somebody, default);
        var refused = 0;
        harness.Refusing.Refuses = operation => operation is null && Interlocked.Increment(ref refused) > 0 ? SpoolHealth.Full : null;
        await Eventually.ComesTrueAsync(() => Volatile.Read(ref refused) > 1, TimeSpan.FromSeconds(15), "housekeeping tries again");
        harness.Refusing.Refuses = null;
        await Eventually.ComesTrueAsync(
            async () => (await harness.Operator.RulesAsync(default)).Count is 0, TimeSpan.FromSeconds(15), "the rule is removed");
        var ended = Assert.Single(await harness.Spool.ReadAuditAsync(default), a => a.Kind == AuditKind.RuleRemoved);
        Assert.Equal((null, soon.ToUnixTimeMilliseconds()), (ended.Actor, ended.At.ToUnixTimeMilliseconds()));
        Assert.EndsWith("ended by itself: suspend node", ended.Detail, StringComparison.Ordinal);
    }

    private static async Task<ActResult> ActAsync(SwitchHarness harness, MessageVerb verb, params MessageId[] ids) =>
        await harness.Operator.ActAsync(new MessageAct(verb) { Ids = [.. ids], Reason = "exercise" }, SwitchHarness.Somebody, default);
}
