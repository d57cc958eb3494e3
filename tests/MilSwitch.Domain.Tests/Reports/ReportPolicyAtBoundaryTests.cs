using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Domain.Tests.Reports;

[Trait("Feature", "L-03")]
[Trait("Feature", "L-10")]
[Trait("Threat", "S13")]
public sealed class ReportPolicyAtBoundaryTests
{
    private static readonly BoundaryReportFacts Tagged = new(ReportKind.Delivery)
    {
        IsWellFormed = true, HasNullReversePath = true, TagIsGood = true, Original = Precedence.Flash, Claimed = Precedence.Flash,
    };

    [Fact]
    public void Makes_reports_anew_unless_told_otherwise()
    {
        Assert.Equal(ReportTreatment.Regenerate, Decide(Tagged).Treatment);
        Assert.Equal(ReportTreatment.Regenerate, Decide(Tagged with { Kind = ReportKind.Disposition }).Treatment);
    }

    [Theory]
    [InlineData(ReportPassage.Regenerate, ReportTreatment.Regenerate)]
    [InlineData(ReportPassage.Sanitise, ReportTreatment.Sanitise)]
    [InlineData(ReportPassage.Pass, ReportTreatment.Pass)]
    [InlineData(ReportPassage.Block, ReportTreatment.Block)]
    public void Does_with_each_kind_what_the_direction_says(ReportPassage passage, ReportTreatment treatment)
    {
        var delivery = Decide(Tagged, new BoundaryReportSettings { Delivery = passage, Disposition = ReportPassage.Block });
        Assert.Equal(treatment, delivery.Treatment);
        Assert.True(delivery.IsBelieved);
        Assert.Equal(treatment, Decide(Tagged with { Kind = ReportKind.Disposition }, new BoundaryReportSettings { Delivery = ReportPassage.Block, Disposition = passage }).Treatment);
    }

    [Fact]
    public void Takes_what_nothing_proves_as_mail_without_a_level_of_its_own()
    {
        foreach (var passage in Enum.GetValues<ReportPassage>())
        {
            var decision = Decide(Tagged with { TagIsGood = false }, new BoundaryReportSettings { Delivery = passage });
            Assert.Equal(ReportTreatment.Ordinary, decision.Treatment);
            Assert.False(decision.IsBelieved);
            Assert.Equal(Precedence.Routine, decision.Precedence);
        }

        Assert.Equal(Precedence.Deferred, Decide(Tagged with { TagIsGood = false, Claimed = Precedence.Deferred }).Precedence);
    }

    [Fact]
    public void Does_not_believe_a_report_about_nothing_or_from_somebody()
    {
        Assert.False(Decide(Tagged with { Original = null }).IsBelieved);
        Assert.False(Decide(Tagged with { HasNullReversePath = false }).IsBelieved);
        Assert.Equal(ReportTreatment.Ordinary, Decide(Tagged with { Kind = ReportKind.None }).Treatment);
    }

    [Fact]
    public void Blocks_what_is_malformed_whatever_else_it_has()
    {
        var decision = Decide(Tagged with { IsWellFormed = false, DomainSignatureIsGood = true }, new BoundaryReportSettings { Delivery = ReportPassage.Pass });
        Assert.Equal(ReportTreatment.Block, decision.Treatment);
        Assert.False(decision.IsBelieved);
    }

    [Theory]
    [InlineData(true, true, Precedence.Flash, Precedence.Flash)]
    [InlineData(true, true, Precedence.Override, Precedence.Flash)]
    [InlineData(true, true, Precedence.Routine, Precedence.Routine)]
    [InlineData(true, true, null, Precedence.Flash)]
    [InlineData(true, false, Precedence.Flash, Precedence.Routine)]
    [InlineData(false, true, Precedence.Flash, Precedence.Routine)]
    public void Is_as_urgent_as_its_original_only_with_both_proofs(bool tag, bool signature, Precedence? claimed, Precedence expected)
    {
        var decision = Decide(Tagged with { TagIsGood = tag, DomainSignatureIsGood = signature, Claimed = claimed });
        Assert.True(decision.IsBelieved);
        Assert.Equal(expected, decision.Precedence);
    }

    [Fact]
    public void Is_never_more_urgent_than_its_original() =>
        Assert.Equal(Precedence.Deferred, Decide(Tagged with { Original = Precedence.Deferred, DomainSignatureIsGood = true }).Precedence);

    private static BoundaryReportDecision Decide(BoundaryReportFacts facts, BoundaryReportSettings? settings = null) =>
        ReportPolicyAtBoundary.Decide(facts, settings ?? new BoundaryReportSettings(), Precedence.Routine);
}
