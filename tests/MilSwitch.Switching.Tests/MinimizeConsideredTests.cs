using System.Net;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>RFC 6477 §3.5: mail whose originator has considered the MINIMIZE of the recipients.</summary>
[Trait("Feature", "C-08")]
public sealed class MinimizeConsideredTests
{
    private const string Considered = "MMHS-Message-Instructions: MINIMIZE CONSIDERED\r\nSubject: considered\r\n\r\nhello\r\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly MtPriority Routine = MtPriority.From(Precedence.Routine);

    [Fact]
    public async Task Is_taken_at_entry_from_those_alone_who_may_say_so_and_do()
    {
        await using var harness = await SwitchHarness.StartAsync(Trusting);
        await MinimizeAsync(harness, "node", refuse: true);
        var client = new ClientIdentity { Listener = "test", Role = ListenerRole.Relay, Address = "127.0.0.1", MayRelay = true };
        var mail = new MailRequest(ReversePath.Null) { Priority = Routine };
        Assert.Null((await harness.Intake.MailAsync(client, mail, default)).Refusal);
        Assert.Null(await harness.Intake.RecipientAsync(client, mail, new Recipient(Mailbox.Parse("b@dest.test")), default));
        Assert.Equal(Refusal.PriorityTooLowForNow, (await harness.Intake.MailAsync(client with { Address = "192.0.2.1" }, mail, default)).Refusal);
        Assert.Equal(
            Refusal.PriorityTooLowForNow,
            await harness.Intake.RecipientAsync(client with { AuthenticatedAs = "somebody" }, mail, new Recipient(Mailbox.Parse("b@dest.test")), default));

        Assert.Null((await harness.SendAsync(Considered, priority: Routine)).Refusal);
        Assert.Equal(Refusal.PriorityTooLowForNow, (await harness.SendAsync(priority: Routine)).Refusal);
        Assert.Equal("considered", Assert.Single(await harness.Sink.WaitForAsync(1, Patience)).Field("Subject"));
    }

    [Theory]
    [InlineData("node")]
    [InlineData("link:hop")]
    [InlineData("domain:dest.test")]
    public async Task Passes_inside_while_other_mail_waits_and_says_so(string scope)
    {
        await using var harness = await SwitchHarness.StartAsync(Trusting);
        await MinimizeAsync(harness, scope);
        var usual = await harness.SendAsync();
        var exempt = await harness.SendAsync(Considered);
        await harness.WaitForAsync(exempt.Id, m => m.State == MessageState.Done);
        Assert.Equal("considered", Assert.Single(await harness.Sink.WaitForAsync(1, Patience)).Field("Subject"));
        Assert.Equal("MINIMIZE CONSIDERED", Assert.Single(await harness.Sink.WaitForAsync(1, Patience)).Field("MMHS-Message-Instructions"));
        Assert.Equal(MessageState.Queued, (await harness.Spool.ReadAsync(usual.Id))!.State);
        var detail = await harness.Operator.MessageAsync(exempt.Id, default);
        Assert.True(detail!.Message.Envelope.MinimizeConsidered);
        Assert.Equal("MINIMIZE CONSIDERED", Assert.Single(detail.Audit, a => a.Kind == AuditKind.Exempted).Detail);

        await harness.Operator.RemoveRuleAsync("m", "over", null, SwitchHarness.Somebody, default);
        await harness.WaitForAsync(usual.Id, m => m.State == MessageState.Done);
    }

    [Fact]
    public async Task Means_nothing_from_others_and_stays_in_the_header()
    {
        await using var harness = await SwitchHarness.StartAsync();
        await MinimizeAsync(harness, "node");
        var sent = await harness.SendAsync(Considered);
        var urgent = await harness.SendAsync(priority: MtPriority.From(Precedence.Flash));
        await harness.WaitForAsync(urgent.Id, m => m.State == MessageState.Done);
        var detail = await harness.Operator.MessageAsync(sent.Id, default);
        Assert.Equal((MessageState.Queued, false), (detail!.Message.State, detail.Message.Envelope.MinimizeConsidered));
        Assert.DoesNotContain(detail.Audit, a => a.Kind == AuditKind.Exempted);

        await harness.Operator.RemoveRuleAsync("m", "over", null, SwitchHarness.Somebody, default);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Contains(await harness.Sink.WaitForAsync(2, Patience), m => m.Field("MMHS-Message-Instructions") == "MINIMIZE CONSIDERED");
    }

    [Fact]
    public async Task Stays_exempt_after_a_restart()
    {
        await using var harness = await SwitchHarness.StartAsync(Trusting);
        await MinimizeAsync(harness, "node");
        harness.Sink.StopListening();
        var exempt = await harness.SendAsync(Considered);
        var usual = await harness.SendAsync();
        await harness.StopAsync();
        harness.Sink.StartListening();
        await harness.RestartAsync(Trusting);
        await harness.WaitForAsync(exempt.Id, m => m.State == MessageState.Done);
        Assert.Equal(MessageState.Queued, (await harness.Spool.ReadAsync(usual.Id))!.State);
    }

    [Fact]
    public async Task Other_mail_that_was_ready_already_waits_when_the_order_comes()
    {
        await using var harness = await SwitchHarness.StartAsync(c => Trusting(c) with { Routes = new([new() { Match = "*", Link = c.Routes.Routes[0].Link! with { Connections = 1 } }]) });
        using var go = new ManualResetEventSlim();
        harness.Sink.Script = step =>
        {
            if (step.Phase == SinkPhase.Mail) go.Wait(Patience);
            return null;
        };
        var first = await harness.SendAsync();
        await Eventually.ComesTrueAsync(async () => (await harness.Operator.LinksAsync(default)).Any(l => l.Busy == 1), Patience, "the first is under way");
        var ready = await harness.SendAsync();
        await harness.WaitForAsync(ready.Id, m => m.Recipients[0].State == RecipientState.Armed);
        await MinimizeAsync(harness, "node");
        await Eventually.ComesTrueAsync(async () => (await harness.Operator.LinksAsync(default)).Any(l => l.Deferred == 1), Patience, "what was ready is kept back");
        var exempt = await harness.SendAsync(Considered);
        go.Set();
        await harness.WaitForAsync(first.Id, m => m.State == MessageState.Done);
        await harness.WaitForAsync(exempt.Id, m => m.State == MessageState.Done);
        Assert.NotEqual(MessageState.Done, (await harness.Spool.ReadAsync(ready.Id))!.State);
        Assert.Equal(2, harness.Sink.Accepted);

        await harness.Operator.RemoveRuleAsync("m", "over", null, SwitchHarness.Somebody, default);
        await harness.WaitForAsync(ready.Id, m => m.State == MessageState.Done);
        Assert.DoesNotContain(await harness.Sink.WaitForAsync(3, Patience), m => m.Field("X-MilSwitch-Suspected-Duplicate") is not null);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Other_mail_waits_also_when_the_order_comes_while_it_is_being_accepted(bool mayBeExempt)
    {
        await using var harness = await SwitchHarness.StartAsync(mayBeExempt ? Trusting : null);
        await harness.WaitForAsync((await harness.SendAsync()).Id, m => m.State == MessageState.Done);
        using var accepting = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        harness.Refusing.Refuses = operation =>
        {
            if (operation is not { Accept.IsEmpty: false }) return null;
            accepting.Set();
            go.Wait(Patience);
            return null;
        };
        var sending = Task.Run(() => harness.SendAsync());
        Assert.True(accepting.Wait(Patience));
        await MinimizeAsync(harness, "node");
        go.Set();
        var usual = await sending;
        var exempt = mayBeExempt ? await harness.SendAsync(Considered) : await harness.SendAsync(priority: MtPriority.From(Precedence.Flash));
        await harness.WaitForAsync(exempt.Id, m => m.State == MessageState.Done);
        Assert.NotEqual(MessageState.Done, (await harness.Spool.ReadAsync(usual.Id))!.State);
        Assert.Equal(2, harness.Sink.Accepted);

        await harness.Operator.RemoveRuleAsync("m", "over", null, SwitchHarness.Somebody, default);
        await harness.WaitForAsync(usual.Id, m => m.State == MessageState.Done);
        Assert.DoesNotContain(await harness.Sink.WaitForAsync(3, Patience), m => m.Field("X-MilSwitch-Suspected-Duplicate") is not null);
    }

    [Fact]
    public async Task What_an_attempt_puts_back_while_the_order_comes_goes_once()
    {
        await using var harness = await SwitchHarness.StartAsync(c => Trusting(c) with { Routes = new([new() { Match = "*", Link = c.Routes.Routes[0].Link! with { Connections = 1 } }]) });
        var answers = 0;
        harness.Sink.Script = step => step.Phase == SinkPhase.Recipient && Interlocked.Increment(ref answers) is 1 ? SinkAction.Say("451 4.2.0 try later") : null;
        using var recording = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        harness.Refusing.Refuses = operation =>
        {
            if (operation is null || !operation.Recipients.Any(r => r.Reply is not null) || recording.IsSet) return null;
            recording.Set();
            go.Wait(Patience);
            return null;
        };
        var sent = await harness.SendAsync();
        Assert.True(recording.Wait(Patience));
        await MinimizeAsync(harness, "node");
        go.Set();
        await Eventually.ComesTrueAsync(async () => (await harness.Operator.LinksAsync(default)).Any(l => l.Deferred > 0), Patience, "it is kept back");
        await harness.Operator.RemoveRuleAsync("m", "over", null, SwitchHarness.Somebody, default);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        // Behind it on the only connection: whatever is left of it would go first.
        await harness.WaitForAsync((await harness.SendAsync()).Id, m => m.State == MessageState.Done);
        Assert.Equal(2, harness.Sink.Accepted);
    }

    private static SwitchConfiguration Trusting(SwitchConfiguration configuration) => configuration with
    {
        MinimizeExemptions = new MinimizeExemptions { Clients = [("test", IPNetwork.Parse("127.0.0.0/8"), true)] },
    };

    private static async Task MinimizeAsync(SwitchHarness harness, string scope, bool refuse = false) => await harness.Operator.AddRuleAsync(
        new OperatorRule { Id = "m", Kind = RuleKind.Minimize, Scope = scope, Level = Precedence.Immediate, RefuseAtEntry = refuse, Reason = "exercise" },
        SwitchHarness.Somebody, default);
}
