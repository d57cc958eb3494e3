using System.Text;
using Akka.Actor;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Acknowledgments;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

[Trait("Feature", "L-04")]
[Trait("Feature", "L-05")]
public sealed class AcknowledgmentTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Raises_an_alarm_when_nothing_comes_and_clears_it_when_it_does()
    {
        await using var harness = await SwitchHarness.StartAsync(Hurried);
        harness.Sink.Script = PutOff;
        using var events = harness.Service<ISwitchEvents>().Subscribe(null);
        var sent = await harness.SendAsync();
        await ExpectAsync(harness, sent.Id, ExpectedEvidence.Report, null);

        await AlarmAsync(harness, stands: true);
        Tell(harness, sent.Id, new AcknowledgmentInput.Reported(ReportAction.Delivered, TimeProvider.System.GetUtcNow()));
        await AlarmAsync(harness, stands: false);
        await Eventually.ComesTrueAsync(async () => await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Settled, sent.Id.ToString()) is not null, Patience, "it is settled");
        await Eventually.ComesTrueAsync(async () => await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, sent.Id.ToString()) is null, Patience, "nobody waits for it");
        var known = Assert.Single(AcknowledgmentDocuments.Read((await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Settled, sent.Id.ToString()))!));
        Assert.True(known.Has(AcknowledgmentGrade.DomainDelivered));
        Assert.False(known.Has(AcknowledgmentGrade.RecipientVerified));
        var heard = new List<SwitchEvent>();
        events!.Read(heard, 1000);
        Assert.Equal(["acknowledgment.overdue", "acknowledgment.cleared", "acknowledgment.settled"], heard.Where(e => e.Message == sent.Id && e.Topic is "acknowledgment").Select(e => e.Type));
    }

    [Fact]
    [Trait("Feature", "L-06")]
    public async Task Sends_a_copy_to_the_action_point_once()
    {
        await using var harness = await SwitchHarness.StartAsync(Hurried);
        harness.Sink.Script = PutOff;
        var sent = await harness.SendAsync("Subject: urgent\r\n\r\nact now\r\n");
        await ExpectAsync(harness, sent.Id, ExpectedEvidence.Receipt, "duty@dest.test");

        var copy = Assert.Single(await harness.Sink.WaitForAsync(1, Patience));
        Assert.Contains("<duty@dest.test>", Assert.Single(copy.Recipients), StringComparison.Ordinal);
        Assert.Equal("<duty@dest.test>", copy.Field("Resent-To"));
        Assert.EndsWith("Subject: urgent\r\n\r\nact now\r\n", Encoding.UTF8.GetString(copy.Content.Span), StringComparison.Ordinal);
        var known = Assert.Single(AcknowledgmentDocuments.Read((await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, sent.Id.ToString()))!));
        Assert.NotNull(known.AlternateSentAt);
        Assert.Contains(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Rerouted && a.Detail.StartsWith("not acknowledged in time", StringComparison.Ordinal));

        await harness.RestartAsync(Hurried);
        await AlarmAsync(harness, stands: true);
        Assert.Single(harness.Sink.Transactions);
    }

    [Fact]
    public async Task Goes_on_after_a_restart()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.Script = PutOff;
        var sent = await harness.SendAsync();
        await ExpectAsync(harness, sent.Id, ExpectedEvidence.Report, null);
        await Eventually.ComesTrueAsync(async () => await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, sent.Id.ToString()) is not null, Patience, "it is stored");
        await AlarmAsync(harness, stands: false);

        await harness.RestartAsync(Hurried);
        await AlarmAsync(harness, stands: true);
    }

    [Fact]
    public async Task A_message_without_content_is_told_of_and_not_tried_for_ever()
    {
        await using var harness = await SwitchHarness.StartAsync(Hurried);
        using var events = harness.Service<ISwitchEvents>().Subscribe(null);
        var sent = await harness.SendAsync();
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        await ExpectAsync(harness, sent.Id, ExpectedEvidence.Receipt, "duty@dest.test");
        var heard = new List<SwitchEvent>();
        await Eventually.ComesTrueAsync(
            () =>
            {
                events!.Read(heard, 1000);
                return Task.FromResult(heard.Any(e => e.Type == "acknowledgment.stuck"));
            },
            Patience, "it is told");
        Assert.Single(harness.Sink.Transactions);
    }

    [Fact]
    public async Task Refuses_more_recipients_than_it_keeps()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var id = MessageId.Create(1, 1, 1);
        var many = Enumerable.Range(0, AcknowledgmentDocuments.MostRecipients + 1).Select(i => new Acknowledgment(id, i, Precedence.Routine, default, ExpectedEvidence.Report));
        var answer = await Actor(harness).Ask<AcknowledgmentEvents.Expected>(new AcknowledgmentCommands.Expect(id, [.. many], false), Patience);
        Assert.False(answer.IsFollowed);
    }

    // Nobody takes what is for b, so that the message stays.
    private static SinkAction? PutOff(SinkStep step) =>
        step.Phase is SinkPhase.Recipient && step.Line.Contains("b@dest.test", StringComparison.Ordinal) ? SinkAction.Say("450 4.2.1 not now") : null;

    private static SwitchConfiguration Hurried(SwitchConfiguration configuration) => configuration with
    {
        Acknowledgments = new AcknowledgmentDeadlines
        {
            Levels = [.. AcknowledgmentDeadlines.Default.Levels.Select(_ => new AcknowledgmentDeadline(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300)))],
        },
    };

    private static async Task ExpectAsync(SwitchHarness harness, MessageId id, ExpectedEvidence expected, string? actionPoint)
    {
        var one = new Acknowledgment(id, 0, Precedence.Flash, TimeProvider.System.GetUtcNow(), expected) { ActionPoint = actionPoint };
        Assert.True((await Actor(harness).Ask<AcknowledgmentEvents.Expected>(new AcknowledgmentCommands.Expect(id, [one], false), Patience)).IsFollowed);
    }

    private static void Tell(SwitchHarness harness, MessageId id, AcknowledgmentInput input) => Actor(harness).Tell(new AcknowledgmentCommands.Note(id, 0, input));

    private static Task AlarmAsync(SwitchHarness harness, bool stands) => Eventually.ComesTrueAsync(
        async () => (await harness.Operator.AlarmsAsync(default)).Any(a => a.Id == "unacknowledged:flash") == stands, Patience, stands ? "an alarm stands" : "no alarm stands");

    private static IActorRef Actor(SwitchHarness harness) => harness.Service<SwitchRuntime>().Acknowledgments.Actor;
}
