using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Tracking;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>Messages with a certifier (RFC 3885) through the whole core and a real store, asked for by their secret.</summary>
[Trait("Feature", "A-15")]
public sealed class TrackingTests
{
    private const string Envid = "1@origin.test";

    private static readonly TrackingCertifier Certifier = TrackingCertifier.Of("secret"u8);
    private static readonly SinkOptions WithTracking = new() { Extensions = [.. SinkOptions.Everything, "MTRK"] };

    [Fact]
    public async Task A_hop_that_tracks_gets_the_certifier_and_is_named()
    {
        await using var harness = await SwitchHarness.StartAsync(sink: WithTracking);
        var sent = await SendAsync(harness);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var mail = Assert.Single(await harness.Sink.WaitForAsync(1, TimeSpan.FromSeconds(15))).Mail;
        Assert.Matches($" ENVID={Envid} .*MTRK={System.Text.RegularExpressions.Regex.Escape(Certifier.Text)}:(3600|359[0-9])", mail);

        var told = Assert.Single((await FindAsync(harness)).Found);
        Assert.Equal(Envid, told.EnvelopeId);
        var recipient = Assert.Single(told.Recipients);
        Assert.Equal((TrackingAction.Transferred, "127.0.0.1", "b@dest.test"), (recipient.Action, recipient.RemoteMta, recipient.Final.Address));
        Assert.NotNull(recipient.LastAttempt);
        Assert.Single(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Transferred);
    }

    [Fact]
    public async Task Those_who_took_it_over_are_asked_for_a_person_who_has_the_secret_and_that_is_recorded_without_it()
    {
        var onward = new FakeOnward();
        await using var harness = await SwitchHarness.StartAsync(sink: WithTracking, onward: onward);
        var sent = await SendAsync(harness);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal("nobody was asked: the secret is not the one of this message", (await AskAsync("other"))!.NotAsked);
        Assert.Empty(onward.Asked);
        await Assert.ThrowsAsync<NotPermittedException>(async () => await harness.Operator.AskOnwardAsync(sent.Id, "secret"u8.ToArray(), new OperatorIdentity("viewer", "test") { Roles = OperatorRoles.Viewer }, default));

        var told = await AskAsync("secret");
        Assert.Null(told!.NotAsked);
        Assert.Equal(OnwardOutcome.NoInformation, Assert.Single(told.Hosts).Outcome);
        var (known, envelopeId, secret) = Assert.Single(onward.Asked);
        Assert.Equal((Envid, "secret", TrackingAction.Transferred), (envelopeId, secret, known.Recipients[0].Action));
        var recorded = Assert.Single(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Asked);
        Assert.Equal(("tester", "test"), (recorded.Actor, recorded.Detail));
        Assert.Null(await harness.Operator.AskOnwardAsync(MessageId.Create(99, 1, 1), "secret"u8.ToArray(), SwitchHarness.Somebody, default));

        ValueTask<OnwardAnswer?> AskAsync(string secret) => harness.Operator.AskOnwardAsync(sent.Id, System.Text.Encoding.ASCII.GetBytes(secret), SwitchHarness.Somebody, default);
    }

    [Fact]
    public async Task Nobody_is_asked_about_what_came_without_tracking_or_went_on_without_it()
    {
        var onward = new FakeOnward();
        await using var harness = await SwitchHarness.StartAsync(onward: onward);
        var (untracked, sent) = (await harness.SendAsync("Subject: x\r\n\r\nx\r\n", to: ["b@dest.test"]), await SendAsync(harness));
        foreach (var id in (MessageId[])[untracked.Id, sent.Id]) await harness.WaitForAsync(id, m => m.State == MessageState.Done);
        Assert.StartsWith("nobody can be asked: it came without MTRK", (await harness.Operator.AskOnwardAsync(untracked.Id, "secret"u8.ToArray(), SwitchHarness.Somebody, default))!.NotAsked, StringComparison.Ordinal);
        var told = await harness.Operator.AskOnwardAsync(sent.Id, "secret"u8.ToArray(), SwitchHarness.Somebody, default);
        Assert.StartsWith("nobody can be asked: the message went to no host", told!.NotAsked, StringComparison.Ordinal);
        Assert.Equal(("127.0.0.1", OnwardOutcome.NotAsked, "it took the message without its tracking (no MTRK)"), (told.Hosts[0].Host, told.Hosts[0].Outcome, told.Hosts[0].Detail));
        Assert.Empty(onward.Asked);
        Assert.DoesNotContain(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Asked);
    }

    [Fact]
    public async Task A_hop_that_does_not_track_ends_the_path()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var sent = await SendAsync(harness);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.DoesNotContain("MTRK", Assert.Single(await harness.Sink.WaitForAsync(1, TimeSpan.FromSeconds(15))).Mail, StringComparison.Ordinal);
        var recipient = Assert.Single(Assert.Single((await FindAsync(harness)).Found).Recipients);
        Assert.Equal((TrackingAction.Relayed, "2.1.9"), (recipient.Action, recipient.Status.ToString()));
    }

    [Fact]
    public async Task What_waits_is_known_across_a_restart_and_beyond_its_time()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.Script = step => step.Phase == SinkPhase.Recipient ? SinkAction.Say("451 4.2.1 later") : null;
        var sent = await SendAsync(harness, lives: TimeSpan.Zero);
        await harness.WaitForAsync(sent.Id, m => m.Recipients[0].Attempts > 0);
        await harness.RestartAsync();
        var recipient = Assert.Single(Assert.Single((await FindAsync(harness)).Found).Recipients);
        Assert.Equal((TrackingAction.Delayed, "4.2.1", "127.0.0.1"), (recipient.Action, recipient.Status.ToString(), recipient.RemoteMta));
        Assert.NotNull(recipient.WillRetryUntil);
    }

    [Fact]
    public async Task What_is_done_is_forgotten_with_its_time()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var sent = await SendAsync(harness, lives: TimeSpan.Zero);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Empty((await FindAsync(harness)).Found);
    }

    [Fact]
    public async Task Nothing_is_told_without_the_secret_or_the_id()
    {
        await using var harness = await SwitchHarness.StartAsync();
        await SendAsync(harness);
        Assert.Single((await FindAsync(harness)).Found);
        Assert.Equal(TrackingAnswer.Nothing, await FindAsync(harness, proof: TrackingCertifier.Of("other"u8)));
        Assert.Equal(TrackingAnswer.Nothing, await FindAsync(harness, envelopeId: "2@origin.test"));
        // Somebody else's message under the same id opens with his secret and shows nothing of the first.
        await SendAsync(harness, certifier: TrackingCertifier.Of("other"u8), to: "c@dest.test");
        Assert.Equal("b@dest.test", Assert.Single(Assert.Single((await FindAsync(harness)).Found).Recipients).Final.Address);
        Assert.Equal("c@dest.test", Assert.Single(Assert.Single((await FindAsync(harness, proof: TrackingCertifier.Of("other"u8))).Found).Recipients).Final.Address);
    }

    [Fact]
    public async Task Transactions_of_one_message_are_told_together()
    {
        await using var harness = await SwitchHarness.StartAsync();
        await SendAsync(harness);
        await SendAsync(harness, to: "c@dest.test");
        Assert.Equal(["b@dest.test", "c@dest.test"], (await FindAsync(harness)).Found.SelectMany(f => f.Recipients).Select(r => r.Final.Address).Order());
    }

    [Fact]
    public async Task Members_of_a_list_get_no_certifier_and_nobody_hears_of_them()
    {
        var list = new MailingList { Address = Mailbox.Parse("watch@hq.test"), Members = [Mailbox.Parse("m1@dest.test"), Mailbox.Parse("m2@dest.test")] };
        await using var harness = await SwitchHarness.StartAsync(c => c with { Lists = new MailingListMap([list]) }, WithTracking);
        var sent = await SendAsync(harness, to: "watch@hq.test");
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var copy = Assert.Single(await harness.Sink.WaitForAsync(1, TimeSpan.FromSeconds(15)));
        Assert.DoesNotContain("MTRK", copy.Mail, StringComparison.Ordinal);
        var recipient = Assert.Single(Assert.Single((await FindAsync(harness)).Found).Recipients);
        Assert.Equal((TrackingAction.Expanded, "watch@hq.test", null), (recipient.Action, recipient.Final.Address, recipient.RemoteMta));
    }

    [Fact]
    public async Task What_is_over_is_swept_and_what_is_not_stays()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.Script = step => step.Phase == SinkPhase.Recipient && step.Line.Contains("later@", StringComparison.Ordinal) ? SinkAction.Say("451 4.2.1 later") : null;
        var over = await SendAsync(harness, lives: TimeSpan.Zero);
        await SendAsync(harness);
        await SendAsync(harness, lives: TimeSpan.Zero, to: "later@dest.test");
        await harness.WaitForAsync(over.Id, m => m.State == MessageState.Done);
        await harness.Spool.PutDocumentAsync(TrackingDocuments.Kind, new string('f', 80), "nonsense");
        // More than a page of what is over, of messages that are gone.
        for (var i = 0; i < 600; i++) await harness.Spool.PutDocumentAsync(TrackingDocuments.Kind, new string('a', 60) + i.ToString("x20", System.Globalization.CultureInfo.InvariantCulture), "1");
        Assert.Equal(604, (await harness.Spool.ListDocumentsAsync(TrackingDocuments.Kind)).Count);

        await harness.Services<Microsoft.Extensions.Hosting.IHostedService>().OfType<Tracking.TrackingSweeper>().Single().SweepAsync(default);
        Assert.Equal(2, (await harness.Spool.ListDocumentsAsync(TrackingDocuments.Kind)).Count);
        Assert.Equal(["b@dest.test", "later@dest.test"], (await FindAsync(harness)).Found.SelectMany(f => f.Recipients).Select(r => r.Final.Address).Order());
    }

    private static Task<IntakeResult> SendAsync(SwitchHarness harness, TrackingCertifier? certifier = null, TimeSpan? lives = null, string to = "b@dest.test") => harness.SendAsync(
        $"Message-ID: <{Guid.NewGuid()}@origin.test>\r\nSubject: x\r\n\r\nx\r\n", to: [to],
        change: e => e with { EnvelopeId = Envid, Tracking = new TrackingRequest(certifier ?? Certifier, e.ArrivedAt + (lives ?? TimeSpan.FromHours(1))) });

    private static ValueTask<TrackingAnswer> FindAsync(SwitchHarness harness, string envelopeId = Envid, TrackingCertifier? proof = null) =>
        harness.Service<ITrackingDesk>().FindAsync(envelopeId, proof ?? Certifier, default);

    private sealed class FakeOnward : IOnwardTracker
    {
        public List<(TrackingStatus Known, string EnvelopeId, string Secret)> Asked { get; } = [];

        public ValueTask<ImmutableArray<OnwardHost>> AskAsync(ImmutableArray<TrackingStatus> known, string envelopeId, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken)
        {
            Asked.Add((known[0], envelopeId, System.Text.Encoding.ASCII.GetString(secret.Span)));
            return new([new OnwardHost("127.0.0.1", "127.0.0.1:1038", OnwardOutcome.NoInformation, "-ERR/noinfo", false, [])]);
        }
    }
}
