using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Tests.Generated;
using static MilSwitch.Labels.Tests.Decisions.SmallPolicy;

namespace MilSwitch.Labels.Tests.Decisions;

[Trait("Feature", "H-19")]
public sealed class HighWaterMarkTests
{
    [Fact]
    public void Takes_the_highest_of_everything() => Assert.Equal(
        new HighWaterMarkResult.Reached(Label(Secret, Sensitive(0, 1), For(1), Informs(0), Project(700))),
        HighWaterMark.Of([Label(Unclassified, Sensitive(0), For(0, 1)), Label(Secret, Sensitive(1), For(1, 2), Informs(0)), Label(Restricted, Project(700))], Policy));

    [Fact]
    public void Finds_none_for_parts_that_nobody_may_see_together()
    {
        var result = Assert.IsType<HighWaterMarkResult.Impossible>(HighWaterMark.Of([Label(Secret, For(0)), Label(Secret, For(1))], Policy));
        Assert.Null(result.Label);
        Assert.Equal(DecisionRule.Permissive, Assert.Single(result.Reasons).Rule);
    }

    [Fact]
    public void Finds_none_where_one_is_invalid_and_says_which()
    {
        var result = Assert.IsType<HighWaterMarkResult.Impossible>(HighWaterMark.Of([Label(Secret), Label(3)], Policy));
        Assert.Equal(1, result.Label);
    }

    [Fact]
    public void Finds_none_where_together_they_are_not_valid()
    {
        var policy = Make(category: c => c.Name is "ATOMAL" ? c with { Excluded = [new CategoryReference(Projects, TagType.EnumeratedRestrictive, null)] } : c);
        var result = Assert.IsType<HighWaterMarkResult.Impossible>(HighWaterMark.Of([Label(Secret, Sensitive(0)), Label(Secret, Project(900))], policy));
        Assert.Equal(DecisionRule.ExcludedCategory, Assert.Single(result.Reasons).Rule);
    }

    [Fact]
    public void Finds_none_for_nothing() => Assert.IsType<HighWaterMarkResult.Impossible>(HighWaterMark.Of([], Policy));

    [Fact]
    public void Keeps_a_privacy_mark_that_is_the_only_one()
    {
        var marked = Label(Secret) with { PrivacyMark = "A" };
        Assert.Equal("A", Assert.IsType<HighWaterMarkResult.Reached>(HighWaterMark.Of([marked, Label(Secret)], Policy)).Label.PrivacyMark);
        Assert.Null(Assert.IsType<HighWaterMarkResult.Reached>(HighWaterMark.Of([marked, marked with { PrivacyMark = "B" }], Policy)).Label.PrivacyMark);
    }

    [Fact]
    public void Dominates_each_of_its_parts()
    {
        int reached = 0, permitted = 0;
        for (var seed = 50; seed < 60; seed++)
        {
            var world = new LabelWorld(seed, categories: 80, tagSets: 8);
            for (var i = 0; i < 60; i++)
            {
                var parts = Enumerable.Range(0, world.Random.Next(1, 5)).Select(_ => world.Label(4)).ToArray();
                if (HighWaterMark.Of(parts, world.Policy) is not HighWaterMarkResult.Reached { Label: var whole }) continue;
                reached++;
                Assert.True(LabelValidity.IsValid(whole, world.Policy));
                Assert.All(parts, part => Assert.True(Dominance.Dominates(whole, part, world.Policy)));
                for (var k = 0; k < 4; k++)
                {
                    // Without gaps: see HighWaterMark.
                    var clearance = (k is 0 ? world.Fitting(whole) : world.Clearance(0.95)) with { IncludesLower = true };
                    if (!AccessControl.Permits(whole, clearance, world.Policy)) continue;
                    permitted++;
                    Assert.All(parts, part => Assert.True(AccessControl.Permits(part, clearance, world.Policy)));
                }
            }
        }

        Assert.True(reached > 200 && permitted > 200, $"{reached} and {permitted}");
    }

    [Fact]
    public void Orders_labels_as_clearances_do()
    {
        var ordered = 0;
        for (var seed = 60; seed < 66; seed++)
        {
            var world = new LabelWorld(seed, categories: 24, tagSets: 6, rules: false);
            for (var i = 0; i < 400; i++)
            {
                SecurityLabel one = world.Label(5), other = world.Label(2);
                if (!Dominance.Dominates(one, other, world.Policy)) continue;
                ordered++;
                var clearance = world.Fitting(one) with { IncludesLower = true };
                Assert.True(AccessControl.Permits(one, clearance, world.Policy));
                Assert.True(AccessControl.Permits(other, clearance, world.Policy));
            }
        }

        Assert.True(ordered > 50);
    }
}
