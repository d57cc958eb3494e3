using System.Globalization;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Statistics;

namespace MilSwitch.Domain.Tests.Statistics;

[Trait("Feature", "L-12")]
public sealed class StatisticsCounterTests
{
    private static readonly DateTimeOffset Noon = new(2030, 4, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_recipient_counts_at_its_own_level_and_against_its_own_speed_of_service()
    {
        var counter = new StatisticsCounter(StatisticsBy.Precedence, PrecedenceTable.Default);
        // Flash has two minutes, Routine two hours.
        Add(counter, (Precedence.Flash, RecipientState.Delivered, 119), (Precedence.Routine, RecipientState.Delivered, 119));
        Add(counter, (Precedence.Flash, RecipientState.Delivered, 121));
        Add(counter, (Precedence.Flash, RecipientState.Failed, null), (Precedence.Flash, RecipientState.Held, null), (Precedence.Flash, RecipientState.Crossed, null), (Precedence.Deferred, RecipientState.Delivered, 5));
        var rows = counter.Rows();
        Assert.Equal(["override", "flash", "immediate", "priority", "routine", "deferred"], rows.Select(r => r.Key));
        var flash = rows[1];
        Assert.Equal((2L, 0.5, TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(121), 1L, 1L), (flash.Delivered, flash.Within, flash.SpeedOfService, flash.Worst, flash.Failed, flash.Waiting));
        Assert.InRange(flash.Median.TotalSeconds, 119, 120.2);
        Assert.Equal((1L, 1.0), (rows[4].Delivered, rows[4].Within));
        // Nothing is asked of Deferred.
        Assert.Equal((1L, null, null), (rows[5].Delivered, rows[5].Within, rows[5].SpeedOfService));
        Assert.Equal((0L, null), (rows[0].Delivered, rows[0].Within));
        Assert.Equal(3, counter.Messages);
    }

    [Fact]
    public void A_time_until_which_it_was_to_be_kept_does_not_count()
    {
        var counter = new StatisticsCounter(StatisticsBy.Precedence, PrecedenceTable.Default);
        Add(counter, e => e with { HoldUntil = Noon.AddMinutes(10) }, (Precedence.Flash, RecipientState.Delivered, 610));
        Assert.Equal(TimeSpan.FromSeconds(10), counter.Rows()[1].Worst);
    }

    [Fact]
    public void Hops_are_counted_by_their_names_up_to_a_number()
    {
        var counter = new StatisticsCounter(StatisticsBy.Hop, PrecedenceTable.Default);
        for (var i = 0; i < StatisticsCounter.MostHops + 5; i++) Add(counter, (Precedence.Flash, RecipientState.Delivered, 1), target: "h" + i.ToString("0000", CultureInfo.InvariantCulture));
        Add(counter, (Precedence.Flash, RecipientState.Queued, null), target: null);
        var rows = counter.Rows();
        Assert.Equal(StatisticsCounter.MostHops + 1, rows.Length);
        Assert.Equal((5L, 1L), (rows.Single(r => r.Key == StatisticsCounter.OtherHops).Delivered, rows.Single(r => r.Key == StatisticsCounter.OtherHops).Waiting));
        Assert.Equal(("h0000", null), (rows[0].Key, rows[0].SpeedOfService));
    }

    private static void Add(StatisticsCounter counter, (Precedence, RecipientState, int?) recipient, string? target) => Add(counter, e => e, target, recipient);

    private static void Add(StatisticsCounter counter, params (Precedence, RecipientState, int?)[] recipients) => Add(counter, e => e, "hop:25", recipients);

    private static void Add(StatisticsCounter counter, Func<Envelope, Envelope> change, params (Precedence, RecipientState, int?)[] recipients) => Add(counter, change, "hop:25", recipients);

    private static void Add(StatisticsCounter counter, Func<Envelope, Envelope> change, string? target, params (Precedence Level, RecipientState State, int? Seconds)[] recipients)
    {
        var id = MessageId.Create(1, 1, 0);
        var envelope = change(new Envelope
        {
            ReversePath = ReversePath.Null, Recipients = [.. recipients.Select((r, i) => new Recipient(Mailbox.Parse($"r{i}@x.example")) { Precedence = r.Level })],
            ArrivedAt = Noon, Origin = new Origin { Listener = "in" },
        });
        counter.Add(
            new StoredMessage(id, envelope, default, MessageState.Done, 1, default) { Recipients = [.. recipients.Select(r => new StoredRecipient(r.State, 1, null, null, target, false))] },
            [.. recipients.Select((r, i) => (r, i)).Where(p => p.r.Seconds is not null).Select(p => new AuditEvent(Noon.AddSeconds(p.r.Seconds!.Value), AuditKind.Delivered, id, p.i))]);
    }
}
