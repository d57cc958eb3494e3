using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Tests;

[Trait("Feature", "C-09")]
public sealed class PrecedenceDecisionTests
{
    private static readonly PrecedenceGrant Everything = new(Precedence.Override);

    [Fact]
    [Trait("Feature", "A-13")]
    public void The_parameter_outranks_all_and_is_relayed_unchanged()
    {
        var decision = Decide(new PrecedenceEvidence(Mt(3), Mt(6), Precedence.Override, null));

        Assert.Equal(new PrecedenceDecision(Precedence.Flash, Precedence.Flash, Mt(3), Mt(3), PrecedenceSource.Parameter, false), decision);
    }

    [Fact]
    [Trait("Feature", "A-14")]
    public void The_tunnelled_field_outranks_the_precedence_fields()
    {
        var decision = Decide(new PrecedenceEvidence(null, Mt(-2), Precedence.Override, null));

        Assert.Equal(new PrecedenceDecision(Precedence.Routine, Precedence.Routine, Mt(-2), Mt(-2), PrecedenceSource.TunnelledField, false), decision);
    }

    [Fact]
    [Trait("Feature", "C-02")]
    public void Action_and_information_have_their_own_levels()
    {
        var decision = Decide(new PrecedenceEvidence(null, null, Precedence.Flash, Precedence.Routine));

        Assert.Equal(new PrecedenceDecision(Precedence.Flash, Precedence.Routine, Mt(4), Mt(-2), PrecedenceSource.PrimaryPrecedence, false), decision);
    }

    [Fact]
    [Trait("Feature", "C-02")]
    public void The_copy_precedence_counts_alone_when_there_is_no_action_addressee()
    {
        var decision = Decide(new PrecedenceEvidence(null, null, null, Precedence.Immediate));

        Assert.Equal(new PrecedenceDecision(Precedence.Immediate, Precedence.Immediate, Mt(2), Mt(2), PrecedenceSource.CopyPrecedence, false), decision);
    }

    [Fact]
    public void Unmarked_mail_gets_the_sites_level_and_no_value_to_relay()
    {
        var decision = Decide(default);

        Assert.Equal(new PrecedenceDecision(Precedence.Routine, Precedence.Routine, null, null, PrecedenceSource.SiteDefault, false), decision);
    }

    [Fact]
    [Trait("Feature", "A-14")]
    public void A_field_without_a_valid_value_is_replaced_by_the_sites_level()
    {
        var decision = Decide(new PrecedenceEvidence { FieldPresent = true });

        Assert.Equal(new PrecedenceDecision(Precedence.Routine, Precedence.Routine, Mt(-2), Mt(-2), PrecedenceSource.SiteDefault, false), decision);
    }

    [Fact]
    [Trait("Feature", "A-14")]
    public void The_value_in_its_place_is_never_above_the_grant()
    {
        var decision = PrecedenceDecision.Decide(new PrecedenceEvidence { FieldPresent = true }, new PrecedenceGrant(Precedence.Deferred), Precedence.Flash);

        Assert.Equal(Mt(-4), decision.ActionPriority);
        Assert.False(decision.Lowered);
    }

    [Fact]
    public void Authorisation_is_judged_on_the_rounded_level()
    {
        // 3 is handled as Flash: a right to Immediate is not enough.
        var decision = PrecedenceDecision.Decide(new PrecedenceEvidence(Mt(3), null, null, null), new PrecedenceGrant(Precedence.Immediate), Precedence.Routine);

        Assert.Equal(new PrecedenceDecision(Precedence.Immediate, Precedence.Immediate, Mt(2), Mt(2), PrecedenceSource.Parameter, true), decision);
    }

    [Fact]
    public void A_value_that_rounds_to_the_granted_level_stays()
    {
        var decision = PrecedenceDecision.Decide(new PrecedenceEvidence(Mt(1), null, null, null), new PrecedenceGrant(Precedence.Immediate), Precedence.Routine);

        Assert.False(decision.Lowered);
        Assert.Equal(Mt(1), decision.ActionPriority);
    }

    [Property(Arbitrary = [typeof(Evidences)], MaxTest = 2000)]
    [Trait("Threat", "C12")]
    public bool Is_never_above_the_grant(PrecedenceEvidence evidence, Precedence highest, Precedence unmarked)
    {
        var decision = PrecedenceDecision.Decide(evidence, new PrecedenceGrant(highest), unmarked);
        return decision.Action <= highest && decision.Information <= decision.Action
            && (decision.ActionPriority is not { } action || action.ToPrecedence() == decision.Action)
            && (decision.InformationPriority is not { } information || information.ToPrecedence() == decision.Information);
    }

    [Property(Arbitrary = [typeof(Evidences)], MaxTest = 2000)]
    public bool A_higher_grant_never_lowers(PrecedenceEvidence evidence, Precedence one, Precedence other, Precedence unmarked)
    {
        var low = PrecedenceDecision.Decide(evidence, new PrecedenceGrant(one < other ? one : other), unmarked);
        var high = PrecedenceDecision.Decide(evidence, new PrecedenceGrant(one < other ? other : one), unmarked);
        return low.Action <= high.Action && low.Information <= high.Information && low.Source == high.Source && (low.Lowered || !high.Lowered);
    }

    [Property(Arbitrary = [typeof(Evidences)], MaxTest = 2000)]
    public bool Says_that_it_lowered_exactly_when_it_did(PrecedenceEvidence evidence, Precedence highest, Precedence unmarked)
    {
        var free = PrecedenceDecision.Decide(evidence, Everything, unmarked);
        var bound = PrecedenceDecision.Decide(evidence, new PrecedenceGrant(highest), unmarked);
        // A site default that is above the grant comes down without a word: nobody asked for it.
        var asked = free.Source != PrecedenceSource.SiteDefault;
        return bound.Lowered == (asked && bound.Action < free.Action) && (bound.Lowered || !asked || bound == free);
    }

    [Property(Arbitrary = [typeof(Evidences)], MaxTest = 2000)]
    public bool A_given_value_is_relayed_unchanged_unless_it_was_lowered(MtPriority value, PrecedenceEvidence evidence, Precedence highest)
    {
        var decision = PrecedenceDecision.Decide(evidence with { Parameter = value }, new PrecedenceGrant(highest), Precedence.Routine);
        return decision.Lowered || decision.ActionPriority == value;
    }

    private static PrecedenceDecision Decide(PrecedenceEvidence evidence) => PrecedenceDecision.Decide(evidence, Everything, Precedence.Routine);

    private static MtPriority Mt(int value) => MtPriority.TryCreate(value, out var priority) ? priority : throw new ArgumentOutOfRangeException(nameof(value));

    /// <summary>Values that the constructors hide from reflection.</summary>
    public static class Evidences
    {
        public static Arbitrary<MtPriority> Priorities() => Gen.Choose(MtPriority.Minimum, MtPriority.Maximum).Select(Mt).ToArbitrary();

        public static Arbitrary<Precedence> Levels() => Gen.Choose(0, 5).Select(level => (Precedence)level).ToArbitrary();

        public static Arbitrary<PrecedenceEvidence> Any()
        {
            var priority = Gen.OneOf(Gen.Constant((MtPriority?)null), Priorities().Generator.Select(value => (MtPriority?)value));
            var level = Gen.OneOf(Gen.Constant((Precedence?)null), Levels().Generator.Select(value => (Precedence?)value));
            return priority.SelectMany(p => priority.SelectMany(t => level.SelectMany(a => level, (a, c) => new PrecedenceEvidence(p, t, a, c, a == c)))).ToArbitrary();
        }
    }
}
