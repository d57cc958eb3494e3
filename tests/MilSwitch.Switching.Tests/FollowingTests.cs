using System.Collections.Immutable;
using System.Net;
using System.Text;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>Messages that stay in one domain, followed until what was asked for has come back.</summary>
[Trait("Feature", "L-04")]
[Trait("Feature", "L-06")]
public sealed class FollowingTests
{
    private const string Asking = "Message-ID: <1@origin.test>\r\nDisposition-Notification-To: a@origin.test\r\nSubject: order\r\n\r\nact now\r\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_report_and_a_notification_settle_what_was_asked_for()
    {
        await using var harness = await StartAsync();
        var sent = await SendAsync(harness);
        var awaited = await FollowedAsync(harness, sent, a => a.AcceptedAt is not null);
        Assert.Equal((ExpectedEvidence.Report | ExpectedEvidence.Disposition, "duty@dest.test"), (awaited.Expected, awaited.ActionPoint));

        await harness.SendAsync(Report("Original-Envelope-Id: env-1@origin.test"), from: "", to: ["a@origin.test"]);
        Assert.Equal(ExpectedEvidence.Disposition, (await FollowedAsync(harness, sent, a => a.DeliveredAt is not null)).Missing);
        await harness.SendAsync(Notification, from: "", to: ["a@origin.test"]);
        await Eventually.ComesTrueAsync(async () => await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Settled, sent.ToString()) is not null, Patience, "it is settled");
        Assert.Empty(await harness.Operator.AlarmsAsync(default));
    }

    [Fact]
    public async Task Without_an_envelope_id_the_message_id_in_what_came_back_leads_to_it()
    {
        await using var harness = await StartAsync();
        var sent = await SendAsync(harness);
        await FollowedAsync(harness, sent, _ => true);
        await harness.SendAsync(Report("X-Nothing: here"), from: "", to: ["a@origin.test"]);
        await FollowedAsync(harness, sent, a => a.DeliveredAt is not null);
    }

    [Fact]
    [Trait("Threat", "S13")]
    public async Task A_report_from_anybody_else_changes_nothing()
    {
        await using var harness = await StartAsync(c => Following(c, "192.0.2.0/24"));
        var sent = await SendAsync(harness);
        await FollowedAsync(harness, sent, _ => true);
        var report = await harness.SendAsync(Report("Original-Envelope-Id: env-1@origin.test"), from: "", to: ["a@origin.test"]);
        await harness.WaitForAsync(report.Id, m => m.State == MessageState.Done);
        Assert.Null((await FollowedAsync(harness, sent, _ => true)).DeliveredAt);
    }

    [Fact]
    public async Task When_nothing_comes_the_action_point_gets_a_copy_that_is_not_followed_itself()
    {
        await using var harness = await StartAsync(c => Hurried(Following(c, "127.0.0.0/8")));
        var sent = await SendAsync(harness);
        var all = await harness.Sink.WaitForAsync(2, Patience);
        var copy = Assert.Single(all, t => t.Recipients[0].Contains("duty@dest.test", StringComparison.Ordinal));
        Assert.EndsWith("act now\r\n", Encoding.UTF8.GetString(copy.Content.Span), StringComparison.Ordinal);
        await FollowedAsync(harness, sent, a => a.AlternateSentAt is not null && a.Alarms.HasFlag(AcknowledgmentAlarms.ReceiptMissing));
        var made = Assert.Single(await harness.Spool.QueryAsync(new MessageQuery { Parent = sent }));
        Assert.Null(await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, made.Id.ToString()));
    }

    [Fact]
    public async Task A_recipient_who_is_refused_by_the_next_hop_is_a_case_for_the_action_point_at_once()
    {
        await using var harness = await StartAsync();
        harness.Sink.Script = step => step.Phase is SinkPhase.Recipient && step.Line.Contains("b@dest.test", StringComparison.Ordinal) ? SinkAction.Say("550 5.1.1 no such user") : null;
        var sent = await SendAsync(harness);
        await FollowedAsync(harness, sent, a => a is { Refusal: "not delivered", AlternateSentAt: not null });
    }

    [Fact]
    public async Task Nobody_is_followed_who_was_not_asked_or_whose_link_does_not_say_so()
    {
        await using var harness = await StartAsync();
        var quiet = await harness.SendAsync();
        await harness.WaitForAsync(quiet.Id, m => m.State == MessageState.Done);
        Assert.Null(await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, quiet.Id.ToString()));
        await using var other = await SwitchHarness.StartAsync();
        var sent = await SendAsync(other);
        await other.WaitForAsync(sent, m => m.State == MessageState.Done);
        Assert.Null(await other.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, sent.ToString()));
    }

    private const string Notification = "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\nSubject: read\r\n\r\n--b\r\n\r\nread\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        + "Final-Recipient: rfc822; b@dest.test\r\nOriginal-Message-ID: <1@origin.test>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--b--\r\n";

    private static string Report(string field) =>
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\nSubject: delivered\r\n\r\n--b\r\n\r\ndelivered\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        + $"Reporting-MTA: dns; mail.dest.test\r\n{field}\r\n\r\nFinal-Recipient: rfc822; b@dest.test\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\n"
        + "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <1@origin.test>\r\nSubject: order\r\n\r\n--b--\r\n";

    private static Task<SwitchHarness> StartAsync(Func<SwitchConfiguration, SwitchConfiguration>? change = null) => SwitchHarness.StartAsync(change ?? (c => Following(c, "127.0.0.0/8")));

    private static SwitchConfiguration Following(SwitchConfiguration c, string network) => c with
    {
        Routes = new RouteTable(c.Routes.Routes.Select(r => r.Link is null ? r : r with { Link = r.Link with { Follow = new RouteFollowing([IPNetwork.Parse(network)], "duty@dest.test") } }), [c.HostName]),
    };

    private static SwitchConfiguration Hurried(SwitchConfiguration c) => c with
    {
        Acknowledgments = new AcknowledgmentDeadlines
        {
            Levels = [.. AcknowledgmentDeadlines.Default.Levels.Select(_ => new AcknowledgmentDeadline(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300)))],
        },
    };

    private static async Task<MessageId> SendAsync(SwitchHarness harness) =>
        (await harness.SendAsync(Asking, notify: NotifyOptions.Success, change: e => e with { EnvelopeId = "env-1@origin.test" })).Id;

    private static async Task<Acknowledgment> FollowedAsync(SwitchHarness harness, MessageId id, Func<Acknowledgment, bool> condition)
    {
        Acknowledgment? found = null;
        await Eventually.ComesTrueAsync(
            async () => await harness.Spool.ReadDocumentAsync(AcknowledgmentDocuments.Kind, id.ToString()) is { } json && AcknowledgmentDocuments.Read(json) is [var one] && condition(found = one),
            Patience, $"{id} is followed: {found}");
        return found!;
    }
}
