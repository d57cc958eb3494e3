using System.Text;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Switching.Labelling;
using MilSwitch.Testing;
using static MilSwitch.Switching.Tests.LabelStage;

namespace MilSwitch.Switching.Tests;

/// <summary>Labelled messages on their way through the switch.</summary>
public sealed class LabelledJourneyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly SecurityLabel Secret = Label(Alfa, "SECRET");
    private static readonly SecurityLabel Restricted = Label(Alfa, "RESTRICTED");

    [Fact]
    public async Task Delivers_what_is_permitted_with_its_label()
    {
        await using var harness = await SwitchHarness.StartAsync(c => With(c, Listener(), Link(s => s with { Clearance = UpTo(Alfa, "RESTRICTED") })));
        var sent = await harness.SendAsync(Message(Restricted));

        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(Stored(Restricted), done.Envelope.Label);
        Assert.EndsWith(Message(Restricted), Encoding.UTF8.GetString(Assert.Single(harness.Sink.Transactions).Content.Span), StringComparison.Ordinal);
        Assert.Equal([AuditKind.Accepted, AuditKind.Labelled, AuditKind.Delivered], (await harness.Spool.ReadAuditAsync(sent.Id)).Select(a => a.Kind));
    }

    [Fact]
    public async Task Holds_what_is_above_the_link_with_the_explanation_and_again_when_it_is_released()
    {
        await using var harness = await SwitchHarness.StartAsync(c => With(c, Listener(), Link(s => s with { Clearance = UpTo(Alfa, "RESTRICTED") })));
        var sent = await harness.SendAsync(Message(Secret));

        Assert.Null(sent.Refusal);
        var held = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        Assert.Contains("needs SECRET; the clearance has RESTRICTED", held.HeldBecause, StringComparison.Ordinal);
        await harness.Operator.ActAsync(
            new MessageAct(MessageVerb.Release) { Ids = [sent.Id], Reason = "let it go" }, SwitchHarness.Somebody, default);
        await Eventually.ComesTrueAsync(async () => (await harness.Spool.ReadAuditAsync(sent.Id)).Count(a => a.Kind == AuditKind.Held) is 2, Patience, "it is held again");
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    public async Task Returns_what_is_above_the_link_with_a_text_that_says_nothing()
    {
        await using var harness = await SwitchHarness.StartAsync(
            c => With(c, Listener(), Link(s => s with { Clearance = UpTo(Alfa, "RESTRICTED"), Denied = LabelOutcome.Return, Unlabelled = LabelOutcome.Go })));
        var sent = await harness.SendAsync(Message(Secret));

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var audit = await harness.Spool.ReadAuditAsync(sent.Id);
        Assert.Contains("needs SECRET", Assert.Single(audit, a => a.Kind == AuditKind.Labelled && a.Detail.Contains("cleared", StringComparison.Ordinal)).Detail, StringComparison.Ordinal);
        Assert.Contains(audit, a => a.Kind == AuditKind.Returned && a.Detail == "554 5.7.1 not permitted by security policy");
        // The report is as secret as the message, so it may not go over this link either.
        var report = Assert.Single(await harness.Spool.QueryAsync(new MessageQuery { Parent = sent.Id }));
        Assert.Equal(Stored(Secret), report.Envelope.Label);
    }

    [Fact]
    public async Task The_others_of_a_message_go_on_without_the_one_who_may_not_see_it()
    {
        var authority = new LabelAuthority(Policies, new AddressClearances([("c@dest.test", UpTo(Alfa, "RESTRICTED"))]));
        await using var harness = await SwitchHarness.StartAsync(c => With(c, Listener(authority: authority), Link(s => s with { Unlabelled = LabelOutcome.Go }, authority)));
        var sent = await harness.SendAsync(Message(Secret), to: ["b@dest.test", "c@dest.test", "d@dest.test"]);

        var now = await harness.WaitForAsync(sent.Id, m => m.Recipients.Count(r => r.State == RecipientState.Delivered) is 2 && m.Recipients[1].State.IsHeld());
        Assert.Equal(MessageState.Held, now.State);
        Assert.Single(harness.Sink.Transactions);
    }

    [Fact]
    public async Task Keeps_what_the_listener_holds_and_refuses_what_it_refuses()
    {
        await using var harness = await SwitchHarness.StartAsync(c => With(c, Listener(s => s with { Unlabelled = LabelFaultAction.Hold, Invalid = LabelFaultAction.Refuse }), null));
        var sent = await harness.SendAsync("Subject: s\r\n\r\ntext\r\n");
        Assert.Null(sent.Refusal);
        var held = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        Assert.Equal("it has no label", held.HeldBecause);
        Assert.Equal(Refusal.LabelRefused, (await harness.SendAsync("SIO-Label: type=\":ess\"; label=\"MAA=\"\r\n\r\n")).Refusal);

        await harness.Operator.ActAsync(new MessageAct(MessageVerb.Release) { Ids = [sent.Id], Reason = "seen" }, SwitchHarness.Somebody, default);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Single(harness.Sink.Transactions);
    }

    [Fact]
    public async Task Leaves_translated_with_the_field_in_step_with_the_signature()
    {
        DepartureLabels? asked = null;
        var protection = new FakeProtection { Labels = l => asked = l };
        await using var harness = await SwitchHarness.StartAsync(
            c =>
            {
                return Signing(With(c, Listener(), Link(s => s with { Policy = Coalition, Writes = [LabelSource.SioLabel] })));
            },
            protection: protection);
        var sent = await harness.SendAsync(Message(Secret));

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var text = Encoding.UTF8.GetString(Assert.Single(harness.Sink.Transactions).Content.Span);
        Assert.Equal(Label(Coalition, "SECRET"), LabelOf(text));
        Assert.Equal(Label(Coalition, "SECRET"), EssLabel.Read(asked!.Label!.Value));
        Assert.Equal(Secret, EssLabel.Read(Assert.Single(asked.Equivalents)));
        Assert.Equal(Stored(Secret), (await harness.Spool.ReadAsync(sent.Id))!.Envelope.Label);
    }

    [Fact]
    public async Task The_signature_says_the_label_also_where_the_route_writes_nothing()
    {
        DepartureLabels? asked = null;
        var protection = new FakeProtection { Labels = l => asked = l };
        await using var harness = await SwitchHarness.StartAsync(c => Signing(With(c, Listener(), Link(s => s with { Clearance = UpTo(Alfa, "SECRET") }))), protection: protection);
        var sent = await harness.SendAsync(Message(Secret));

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(Secret, EssLabel.Read(asked!.Label!.Value));
        Assert.Empty(asked.Equivalents);
    }

    [Fact]
    public async Task Holds_what_can_not_be_written_for_a_fault_of_ours()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with
        {
            Routes = new(c.Routes.Routes.Select(r => r with { Link = r.Link is null ? null : r.Link with { Labels = new FailingLabels() } })),
        });
        var sent = await harness.SendAsync();

        var held = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        Assert.Equal("writing its label failed inside the switch", held.HeldBecause);
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    [Trait("Threat", "F30")]
    public async Task Another_policy_counts_for_what_waits_already()
    {
        await using var harness = await SwitchHarness.StartAsync(c => With(c, Listener(), Link(s => s with { Clearance = UpTo(Alfa, "RESTRICTED") })));
        var sent = await harness.SendAsync(Message(Secret));
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);

        Apply(harness, c => With(c, Listener(), Link(s => s with { Clearance = UpTo(Alfa, "SECRET") })));
        await harness.Operator.ActAsync(new MessageAct(MessageVerb.Release) { Ids = [sent.Id], Reason = "cleared now" }, SwitchHarness.Somebody, default);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);

        // And what was queued under the wider one is judged by the narrower one.
        // Of the message alone: a hop that turns connections away is left alone for longer than this test waits.
        harness.Sink.Script = step => step.Phase is SinkPhase.Recipient ? SinkAction.Say("451 4.3.0 later") : null;
        var second = await harness.SendAsync(Message(Secret));
        await harness.WaitForAsync(second.Id, m => m.Recipients[0].Attempts > 0);
        Apply(harness, c => With(c, Listener(), Link(s => s with { Clearance = UpTo(Alfa, "RESTRICTED") })));
        harness.Sink.Script = null;
        await harness.WaitForAsync(second.Id, m => m.State == MessageState.Held);
        Assert.Single(harness.Sink.Transactions, t => t.Content.Length > 0);
    }

    [Fact]
    [Trait("Feature", "H-13")]
    public async Task Waits_until_it_is_known_what_the_recipient_s_certificate_says_and_holds_what_is_above_it()
    {
        var found = new Found();
        var authority = new LabelAuthority(Policies, AddressClearances.None, found);
        await using var harness = await SwitchHarness.StartAsync(c => With(c, Listener(), Link(s => s with { FindIn = "blue" }, authority)), certificates: found);
        var sent = await harness.SendAsync(Message(Secret));
        var waiting = await harness.WaitForAsync(sent.Id, m => m.Recipients[0].Attempts > 0);
        Assert.Equal(MessageState.Queued, waiting.State);
        Assert.Contains(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Detail.Contains("clearances of recipients are not known: the directory is away", StringComparison.Ordinal));
        Assert.Empty(harness.Sink.Transactions);

        found.Clearance = UpTo(Alfa, "RESTRICTED");
        await harness.Operator.ActAsync(new MessageAct(MessageVerb.Try) { Ids = [sent.Id], Reason = "it is back" }, SwitchHarness.Somebody, default);
        var held = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        Assert.Contains("the recipient, by certificate, is not cleared for it", held.HeldBecause, StringComparison.Ordinal);
        var low = await harness.SendAsync(Message(Restricted));
        await harness.WaitForAsync(low.Id, m => m.State == MessageState.Done);
        Assert.Single(harness.Sink.Transactions);
        Assert.Equal(["blue"], found.Domains.Distinct());
    }

    // A directory that is away until it knows a clearance.
    private sealed class Found : ICertifiedClearances, IRecipientCertificates
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<string, MilSwitch.Labels.Decisions.CertifiedClearance> learnt = new();

        public MilSwitch.Labels.Decisions.Clearance? Clearance { get; set; }

        public System.Collections.Concurrent.ConcurrentQueue<string> Domains { get; } = new();

        public MilSwitch.Labels.Decisions.CertifiedClearance? Find(Domain.Addressing.Mailbox address, DateTimeOffset at) => learnt.GetValueOrDefault(address.Text);

        public bool IsOpen(Domain.Addressing.Mailbox address) => true;

        public void Learn(Domain.Addressing.Mailbox address, RecipientCertificateAnswer answer) => learnt.TryAdd(address.Text, new(Clearance, ""));

        public ValueTask<RecipientCertificateAnswer> FindAsync(string domain, Domain.Addressing.Mailbox recipient, CancellationToken cancellationToken)
        {
            Domains.Enqueue(domain);
            return new(Clearance is null ? new RecipientCertificateAnswer.Unavailable("the directory is away") : new RecipientCertificateAnswer.Found(default, "test", "test"));
        }
    }

    private static Domain.Configuration.SwitchConfiguration Signing(Domain.Configuration.SwitchConfiguration labelled) => labelled with
    {
        Routes = new(labelled.Routes.Routes.Select(
            r => r with { Link = r.Link is null ? null : r.Link with { Protection = new DepartureProtection { Sign = new DepartureSigning("domain") } } })),
    };

    private sealed class FailingLabels : ILinkLabelling
    {
        public bool Writes => true;

        public LabelVerdict Judge(MessageLabel? label, Domain.Addressing.Mailbox recipient) => LabelVerdict.Go;

        public DepartureLabels Write(ReadOnlyMemory<byte> message, MessageLabel? label, DateTimeOffset now) => throw new ArgumentException("the parentheses of a marking pair");
    }

    private static void Apply(SwitchHarness harness, Func<Domain.Configuration.SwitchConfiguration, Domain.Configuration.SwitchConfiguration> change)
    {
        var control = harness.Service<ISwitchControl>();
        control.Apply(change(control.Current));
    }
}
