using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Tests;

/// <summary>What may have been sent stays known as such until it is delivered or given up.</summary>
public sealed class OutcomePolicyTests
{
    private static readonly DateTimeOffset Now = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MessageId Id = MessageId.Create(1, 1, 0);
    private static readonly Reply Later = new(451, new EnhancedStatusCode(4, 3, 0), "later");

    private static readonly Envelope Two = new()
    {
        ReversePath = new ReversePath(Mailbox.Parse("a@origin.test")),
        Recipients = [new Recipient(Mailbox.Parse("b@dest.test")), new Recipient(Mailbox.Parse("c@dest.test"))],
        ArrivedAt = Now,
        Origin = new Origin { Listener = "test" },
    };

    private static readonly ImmutableArray<RecipientStatus> SuspectAndNot = [RecipientStatus.Initial(RecipientState.Armed), RecipientStatus.Initial(RecipientState.Queued)];

    [Fact]
    public void Holding_and_releasing_keeps_the_suspicion()
    {
        var held = Set(SuspectAndNot, RecipientState.Held);
        Assert.Equal([RecipientState.HeldSuspect, RecipientState.Held], held.Statuses.Select(s => s.State));
        Assert.Equal(MessageState.Held, held.Message!.State);

        var released = Set(held.Statuses, RecipientState.Queued);
        Assert.Equal([RecipientState.Armed, RecipientState.Queued], released.Statuses.Select(s => s.State));
        Assert.Equal([RecipientState.Armed, RecipientState.Queued], released.Changes.Select(c => c.State));
    }

    [Fact]
    public void Held_suspects_are_warned_about_and_never_expire()
    {
        var plan = OutcomePolicy.AtDeadline(
            Id, Two, Set(SuspectAndNot, RecipientState.Held).Statuses, [], [null, null], PrecedenceTable.Default, Now.AddDays(30));
        Assert.Equal([RecipientState.HeldSuspect, RecipientState.Held], plan.Statuses.Select(s => s.State));
        Assert.All(plan.Statuses, s => Assert.True(s.Warned));
    }

    [Fact]
    public void A_refusal_for_now_does_not_take_the_suspicion_away()
    {
        var answer = new HopAnswer(Later, new HopOutcome(PossiblySent: false), "hop");
        var plan = OutcomePolicy.AfterAttempt(Id, Two, SuspectAndNot, [0, 1], [answer, answer], PrecedenceTable.Default, Now);
        Assert.Equal([RecipientState.Armed, RecipientState.Queued], plan.Statuses.Select(s => s.State));
    }

    [Theory]
    [InlineData(452, 5, 3, true)]
    [InlineData(452, 0, 0, true)]
    [InlineData(452, 2, 2, false)]
    [InlineData(452, 3, 1, false)]
    [InlineData(451, 5, 3, false)]
    [Trait("Feature", "A-01")]
    public void Whom_the_hop_had_no_room_for_beside_others_goes_at_once(int code, short subject, short detail, bool atOnce)
    {
        var refusal = new Reply(code, subject is 0 ? null : new EnhancedStatusCode(4, subject, detail), "too many recipients");
        var plan = OutcomePolicy.AfterAttempt(
            Id, Two, SuspectAndNot, [0, 1], [new HopAnswer(new Reply(250, null, "ok"), default, "hop"), new HopAnswer(refusal, default, "hop")],
            PrecedenceTable.Default, Now);
        Assert.Equal(1, Assert.Single(plan.Retries));
        Assert.Equal((RecipientState.Queued, atOnce ? 0 : 1, atOnce), (plan.Statuses[1].State, plan.Statuses[1].Attempts, plan.Statuses[1].Due is null));
        Assert.Equal(refusal, plan.Changes[1].Reply);
    }

    [Theory]
    [InlineData("hop", 452)]
    [InlineData("other", 250)]
    [Trait("Feature", "A-01")]
    public void A_hop_that_took_nobody_is_given_its_pause(string target, int code)
    {
        var full = new HopAnswer(new Reply(452, new EnhancedStatusCode(4, 5, 3), "too many recipients"), default, "hop");
        var plan = OutcomePolicy.AfterAttempt(
            Id, Two, SuspectAndNot, [0, 1], [new HopAnswer(new Reply(code, null, "said"), default, target), full], PrecedenceTable.Default, Now);
        Assert.True(plan.Statuses[1].Due > Now);
        Assert.Equal(1, plan.Statuses[1].Attempts);
    }

    [Fact]
    public void Suspects_and_others_do_not_travel_together()
    {
        var link = new LinkSettings { Name = new LinkName("hop"), Targets = [new HopTarget("127.0.0.1", 25)], HeloName = "switch.test" };
        var plan = DeliveryPlan.Make(Two, SuspectAndNot, [0, 1], _ => link);
        Assert.Equal([[0], [1]], plan.Consignments.Select(c => c.Recipients.ToArray()));
    }

    [Fact]
    public void Nobody_travels_who_is_not_to()
    {
        var link = new LinkSettings { Name = new LinkName("hop"), Targets = [new HopTarget("127.0.0.1", 25)], HeloName = "switch.test" };
        var one = Two with { Recipients = [Two.Recipients[0]] };
        Assert.Single(DeliveryPlan.Make(one, [SuspectAndNot[0]], [0], _ => link).Consignments);
        Assert.Empty(DeliveryPlan.Make(one, [SuspectAndNot[0]], [], _ => link).Consignments);
    }

    private static OutcomePlan Set(ImmutableArray<RecipientStatus> before, RecipientState state) =>
        OutcomePolicy.Set(Id, Two, before, [0, 1], state, AuditKind.Held, "test", "tester", false, Now);
}
