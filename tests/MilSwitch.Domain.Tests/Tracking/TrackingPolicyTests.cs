using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Domain.Tests.Tracking;

[Trait("Feature", "A-15")]
public sealed class TrackingPolicyTests
{
    private static readonly DateTimeOffset Noon = new(2030, 4, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly MessageId Id = MessageId.Create(1, 1, 0);
    private static readonly Reply Later = new(451, new EnhancedStatusCode(4, 4, 1), "why is nobody's business");
    private static readonly Reply Gone = new(550, new EnhancedStatusCode(5, 1, 1), "no");

    public static TheoryData<RecipientState, Reply?, string> States => new()
    {
        { RecipientState.Queued, null, "Delayed 4.0.0 until" },
        { RecipientState.Armed, Later, "Delayed 4.4.1 hop.test until" },
        { RecipientState.Held, null, "Delayed 4.0.0 until" },
        { RecipientState.HeldSuspect, Later, "Delayed 4.4.1 hop.test until" },
        { RecipientState.Delivered, new Reply(250, null, "ok"), "Relayed 2.1.9 hop.test" },
        { RecipientState.Failed, Gone, "Failed 5.1.1 hop.test" },
        { RecipientState.Failed, null, "Failed 5.0.0" },
        { RecipientState.Returned, new Reply(0, null, "returned"), "Failed 5.0.0 hop.test" },
        { RecipientState.Expired, Later, "Failed 5.4.7 hop.test" },
        { RecipientState.Crossed, null, "Relayed 2.1.9" },
        { RecipientState.Corrected, null, "Relayed 2.1.9" },
        { RecipientState.Expanded, null, "Expanded 2.1.5" },
        { RecipientState.Deleted, null, "Opaque 2.0.0" },
        { RecipientState.Duplicate, null, "Opaque 2.0.0" },
    };

    [Theory]
    [MemberData(nameof(States))]
    public void Every_state_has_its_action(RecipientState state, Reply? reply, string expected)
    {
        ImmutableArray<AuditEvent> trail = reply is null ? [] : [new AuditEvent(Noon.AddMinutes(1), AuditKind.Deferred, Id, 0, "hop.test:25: 451")];
        var told = Assert.Single(Of(new StoredRecipient(state, 1, null, reply, reply is null ? null : "hop.test:25", false), trail).Recipients);
        Assert.Equal(expected, string.Join(' ', new[] { told.Action.ToString(), told.Status.ToString(), told.RemoteMta, told.WillRetryUntil is null ? null : "until" }.OfType<string>()));
        Assert.Equal(told.RemoteMta is null, told.LastAttempt is null);
    }

    [Fact]
    public void What_waits_and_what_is_held_look_alike() =>
        Assert.Equal(
            Of(new StoredRecipient(RecipientState.Queued, 0, null, null, null, false), []).Recipients.AsEnumerable(),
            Of(new StoredRecipient(RecipientState.Held, 0, null, null, null, true), [new AuditEvent(Noon, AuditKind.Held, Id, -1, "label")]).Recipients.AsEnumerable());

    [Fact]
    public void Who_took_the_tracking_over_can_be_asked_next()
    {
        var delivered = new StoredRecipient(RecipientState.Delivered, 1, null, new Reply(250, null, "ok"), "[2001:db8::1]:25", false);
        AuditEvent at = new(Noon.AddMinutes(2), AuditKind.Delivered, Id, 0), transferred = at with { Kind = AuditKind.Transferred };
        var told = Assert.Single(Of(delivered, [at, transferred]).Recipients);
        Assert.Equal((TrackingAction.Transferred, "2.4.0", "2001:db8::1", at.At), (told.Action, told.Status.ToString(), told.RemoteMta, told.LastAttempt!.Value));
        // Of another recipient.
        Assert.Equal(TrackingAction.Relayed, Of(delivered, [at, transferred with { Recipient = 1 }]).Recipients[0].Action);
    }

    [Fact]
    public void A_transfer_is_recorded_where_the_hop_tracks()
    {
        var envelope = Envelope();
        var plan = OutcomePolicy.AfterAttempt(
            Id, envelope, [RecipientStatus.Initial(RecipientState.Armed)], [0], HopAnswer.ForAll(1, new Reply(250, null, "ok"), new HopOutcome(Tracks: true), "hop:25"), PrecedenceTable.Default, Noon);
        Assert.Equal([AuditKind.Delivered, AuditKind.Transferred], plan.Audit.Select(a => a.Kind));
        plan = OutcomePolicy.AfterAttempt(
            Id, envelope, [RecipientStatus.Initial(RecipientState.Armed)], [0], HopAnswer.ForAll(1, Later, new HopOutcome(Tracks: true), "hop:25"), PrecedenceTable.Default, Noon);
        Assert.Equal([AuditKind.Deferred], plan.Audit.Select(a => a.Kind));
    }

    [Fact]
    public void Seconds_left_fall_and_end_at_nothing()
    {
        var tracking = new TrackingRequest(TrackingCertifier.Of("s"u8), Noon.AddSeconds(10.9));
        Assert.Equal(10, tracking.SecondsLeft(Noon));
        Assert.Equal(0, tracking.SecondsLeft(Noon.AddSeconds(10)));
        Assert.Equal(0, tracking.SecondsLeft(Noon.AddDays(1)));
        Assert.Equal(TrackingRequest.LongestTimeout, (tracking with { Until = DateTimeOffset.MaxValue }).SecondsLeft(Noon));
    }

    private static Envelope Envelope() => new()
    {
        ReversePath = new ReversePath(Mailbox.Parse("a@origin.test")), Recipients = [new Recipient(Mailbox.Parse("b@dest.test"))], EnvelopeId = "x@y",
        ArrivedAt = Noon, Origin = new Origin { Listener = "test" },
    };

    private static TrackingStatus Of(StoredRecipient recipient, IReadOnlyList<AuditEvent> trail) => TrackingPolicy.Of(
        new StoredMessage(Id, Envelope(), default, MessageState.Queued, 1, default) { Recipients = [recipient] }, trail, PrecedenceTable.Default, "switch.test", Noon.AddMinutes(5));
}
