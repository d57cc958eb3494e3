using System.Text;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>What leaves over a route with protection leaves protected, or not at all.</summary>
public sealed class DepartureProtectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly DepartureProtection Signed = new() { Sign = new DepartureSigning("domain") };

    [Fact]
    public async Task Sends_the_protected_octets_below_its_trace_and_keeps_the_accepted_ones()
    {
        var protection = new FakeProtection { Departure = (text, _) => Made("X-Signed: yes\r\n" + text, new ProtectionNote(AuditKind.Signed, "domain: sha256")) };
        await using var harness = await SwitchHarness.StartAsync(WithProtection, protection: protection);
        var sent = await harness.SendAsync("Subject: one\r\n\r\ntext\r\n");

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var text = Encoding.UTF8.GetString(Assert.Single(await harness.Sink.WaitForAsync(1, Patience)).Content.Span);
        Assert.StartsWith("Received: ", text, StringComparison.Ordinal);
        Assert.EndsWith("\r\nX-Signed: yes\r\nSubject: one\r\n\r\ntext\r\n", text, StringComparison.Ordinal);
        var audit = await harness.Spool.ReadAuditAsync(sent.Id);
        Assert.Equal([AuditKind.Accepted, AuditKind.Signed, AuditKind.Delivered], audit.Select(a => a.Kind));
        Assert.Equal("domain: sha256", audit[1].Detail);
    }

    [Fact]
    public async Task Content_that_is_kept_in_a_file_is_protected_too()
    {
        var protection = new FakeProtection { Departure = (text, _) => Made("X-Length: " + text.Length + "\r\n" + text) };
        await using var harness = await SwitchHarness.StartAsync(WithProtection, protection: protection);
        var text = "Subject: long\r\n\r\n" + string.Concat(Enumerable.Range(0, 60_000).Select(i => $"line {i} of a message that is longer than what is kept in memory\r\n"));
        var sent = await harness.SendAsync(text);

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.EndsWith($"X-Length: {text.Length}\r\n{text}", Encoding.UTF8.GetString(Assert.Single(harness.Sink.Transactions).Content.Span), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "F28")]
    public async Task Waits_for_a_key_and_goes_at_once_when_it_is_back()
    {
        var protection = new FakeProtection();
        // With the real table the next attempt would come after minutes.
        await using var harness = await SwitchHarness.StartAsync(c => WithProtection(c) with { Precedences = PrecedenceTable.Default }, protection: protection);
        using var events = harness.Service<ISwitchEvents>().Subscribe(null);
        protection.TokenBecomes(TokenCondition.Lost, "it was pulled out");
        var sent = await harness.SendAsync();

        var waits = await harness.WaitForAsync(sent.Id, m => m.Recipients[0].Attempts is 1);
        Assert.Equal((RecipientState.Queued, 451), (waits.Recipients[0].State, waits.Recipients[0].Reply!.Code));
        // Who sent it hears nothing of tokens; the trail does.
        Assert.DoesNotContain("token", waits.Recipients[0].Reply!.Text, StringComparison.Ordinal);
        Assert.Contains("the token is away", Assert.Single(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Deferred).Detail, StringComparison.Ordinal);
        await Eventually.ComesTrueAsync(
            async () => (await harness.Operator.AlarmsAsync(default)).Any(a => a.Id == "token:hsm" && a.Text.Contains("pulled out", StringComparison.Ordinal)), Patience, "an alarm stands");
        Assert.Empty(harness.Sink.Transactions);

        protection.TokenBecomes(TokenCondition.Working);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Null(Assert.Single(harness.Sink.Transactions).Field("X-MilSwitch-Suspected-Duplicate"));
        await Eventually.ComesTrueAsync(
            async () => (await harness.Spool.ReadAuditAsync(default)).Count(a => a.Kind is AuditKind.TokenLost or AuditKind.TokenWorking) is 2, Patience, "both are in the trail");
        await Eventually.ComesTrueAsync(async () => !(await harness.Operator.AlarmsAsync(default)).Any(a => a.Id == "token:hsm"), Patience, "the alarm is cleared");
        var heard = new List<SwitchEvent>();
        events!.Read(heard, 1000);
        Assert.Equal(["token.lost", "token.working"], heard.Where(e => e.Subject == "hsm").Select(e => e.Type));
    }

    [Fact]
    [Trait("Threat", "F28")]
    public async Task Expires_with_a_report_when_the_key_does_not_come_back()
    {
        var protection = new FakeProtection();
        await using var harness = await SwitchHarness.StartAsync(
            c => WithProtection(c) with { Precedences = SwitchHarness.Expiring(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)) }, protection: protection);
        protection.TokenBecomes(TokenCondition.Refused, "the PIN was refused");
        var sent = await harness.SendAsync();

        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(RecipientState.Expired, done.Recipients[0].State);
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    public async Task Holds_those_whom_it_can_not_protect_and_sends_to_the_others()
    {
        var protection = new FakeProtection
        {
            Departure = (text, recipients) => recipients.ToList().FindIndex(r => r.LocalPart == "bare") is >= 0 and var at
                ? new DepartureOutcome.Impossible("no certificate for bare@dest.test", [at]) : Made(text),
        };
        await using var harness = await SwitchHarness.StartAsync(WithProtection, protection: protection);
        var sent = await harness.SendAsync(to: ["a@dest.test", "bare@dest.test", "c@dest.test"]);

        var held = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        Assert.Equal([RecipientState.Delivered, RecipientState.Held, RecipientState.Delivered], held.Recipients.Select(r => r.State));
        Assert.Equal("no certificate for bare@dest.test", Assert.Single(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Held).Detail);
        Assert.DoesNotContain("bare@", string.Concat(harness.Sink.Transactions.SelectMany(t => t.Recipients)), StringComparison.Ordinal);

        protection.Departure = (text, _) => Made(text);
        await harness.Operator.ActAsync(new MessageAct(MessageVerb.Release) { Ids = [sent.Id], Reason = "certificate is there" }, SwitchHarness.Somebody, default);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
    }

    [Fact]
    public async Task A_fault_inside_holds_the_message()
    {
        var protection = new FakeProtection { Departure = (_, _) => throw new InvalidOperationException("bug") };
        await using var harness = await SwitchHarness.StartAsync(WithProtection, protection: protection);
        var sent = await harness.SendAsync();

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        Assert.Contains(harness.Warnings, w => w.Contains("failed inside the switch", StringComparison.Ordinal));
        Assert.Empty(harness.Sink.Transactions);
    }

    [Theory]
    [InlineData("Subject: x\r\n\r\n.\nQUIT\r\n")]
    [InlineData("Subject: x\r\n\r\na\rb\r\n")]
    [InlineData("Subject: x\r\n\r\na\0b\r\n")]
    [InlineData("Subject: x\r\n\r\nends in CR\r")]
    [Trait("Threat", "S2")]
    public async Task What_was_opened_leaves_only_with_whole_line_ends(string opened)
    {
        var protection = new FakeProtection { Departure = (_, _) => Made(opened) };
        await using var harness = await SwitchHarness.StartAsync(WithProtection, protection: protection);
        var sent = await harness.SendAsync();

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    public async Task Nothing_leaves_unprotected_when_nothing_protects()
    {
        await using var harness = await SwitchHarness.StartAsync(WithProtection);
        var sent = await harness.SendAsync();

        await harness.WaitForAsync(sent.Id, m => m.Recipients[0].Attempts > 0);
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    public async Task What_was_made_ready_before_a_reload_leaves_as_the_new_configuration_says()
    {
        var protection = new FakeProtection { Departure = (text, _) => Made("X-Signed: yes\r\n" + text) };
        await using var harness = await SwitchHarness.StartAsync(c => One(c, null), protection: protection);
        using var gate = new ManualResetEventSlim(false);
        harness.Sink.Script = step =>
        {
            if (step.Phase == SinkPhase.FinalDot) gate.Wait(Patience);
            return null;
        };
        var first = await harness.SendAsync("Subject: first\r\n\r\n");
        await Eventually.ComesTrueAsync(async () => (await harness.Operator.LinksAsync(default)).Single().Busy is 1, Patience, "the first is being sent");
        var second = await harness.SendAsync("Subject: second\r\n\r\n");
        await harness.WaitForAsync(second.Id, m => m.Recipients[0].State == RecipientState.Armed);

        harness.Service<ISwitchControl>().Apply(One(harness.Service<ISwitchControl>().Current, Signed));
        gate.Set();
        await harness.WaitForAsync(first.Id, m => m.State == MessageState.Done);
        await harness.WaitForAsync(second.Id, m => m.State == MessageState.Done);
        Assert.Equal([("first", null), ("second", "yes")], harness.Sink.Transactions.Select(t => (t.Field("Subject"), t.Field("X-Signed"))));
    }

    [Fact]
    public async Task Another_attempt_is_protected_anew_and_another_host_gets_the_same_octets()
    {
        var number = 0;
        var protection = new FakeProtection { Departure = (text, _) => Made($"X-Signed: {Interlocked.Increment(ref number)}\r\n{text}") };
        await using var second = SinkServer.Start();
        await using var harness = await SwitchHarness.StartAsync(
            c => c with { Routes = new RouteTable([new Route { Match = "*", Link = c.Routes.Routes[0].Link! with { Protection = Signed, Targets = [.. c.Routes.Routes[0].Link!.Targets, new HopTarget("127.0.0.1", second.Port, 1)] } }]) },
            protection: protection);
        var refusals = 0;
        harness.Sink.Script = step => step.Phase == SinkPhase.FinalDot ? SinkAction.Say("451 4.3.0 not now") : null;
        second.Script = step => step.Phase == SinkPhase.FinalDot && Interlocked.Increment(ref refusals) is 1 ? SinkAction.Say("451 4.3.0 not now") : null;
        var sent = await harness.SendAsync();

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(["1", "2"], harness.Sink.Transactions.Select(t => t.Field("X-Signed")));
        Assert.Equal(["1", "2"], second.Transactions.Select(t => t.Field("X-Signed")));
    }

    [Fact]
    [Trait("Threat", "C8")]
    public async Task A_report_returns_what_was_accepted_and_not_what_was_opened_for_the_hop()
    {
        var protection = new FakeProtection { Departure = (_, _) => Made("Subject: opened\r\n\r\nSECRET\r\n") };
        await using var harness = await SwitchHarness.StartAsync(
            c => c with
            {
                Routes = new RouteTable(
                [
                    new Route { Match = "dest.test", Link = c.Routes.Routes[0].Link! with { Protection = new DepartureProtection { Keys = ["k"] }, Name = new LinkName("opening") } },
                    new Route { Match = "*", Link = c.Routes.Routes[0].Link },
                ]),
            },
            protection: protection);
        harness.Sink.Script = step => step.Phase == SinkPhase.Recipient && step.Line.Contains("dest.test", StringComparison.Ordinal) ? SinkAction.Say("550 5.1.1 no such user") : null;
        await harness.SendAsync("Subject: closed\r\n\r\nCIPHERTEXT\r\n", change: e => e with { Return = DsnReturn.Full });

        var report = Encoding.UTF8.GetString(Assert.Single(await harness.Sink.WaitForAsync(1, Patience)).Content.Span);
        Assert.Contains("CIPHERTEXT", report, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", report, StringComparison.Ordinal);
    }

    private static DepartureOutcome Made(string text, params ProtectionNote[] notes) => new DepartureOutcome.Protected(Encoding.UTF8.GetBytes(text), [.. notes]);

    private static SwitchConfiguration WithProtection(SwitchConfiguration configuration) =>
        configuration with { Routes = new RouteTable([new Route { Match = "*", Link = configuration.Routes.Routes[0].Link! with { Protection = Signed } }]) };

    private static SwitchConfiguration One(SwitchConfiguration configuration, DepartureProtection? protection) =>
        configuration with { Routes = new RouteTable([new Route { Match = "*", Link = configuration.Routes.Routes[0].Link! with { Protection = protection, Connections = 1 } }]) };
}
