using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Tests.Generated;

namespace MilSwitch.Labels.Tests.Decisions;

/// <summary>What holds for all labels and clearances, also where a tag set has several tags of one type.</summary>
public sealed class PartedPropertyTests
{
    [Fact]
    public void The_high_water_mark_dominates_each_member_and_permits_no_more()
    {
        var reached = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            var pair = new PolicyPair(seed);
            var random = new Random(seed);
            for (var i = 0; i < 20; i++)
            {
                SecurityLabel[] members = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => pair.Label())];
                if (HighWaterMark.Of(members, pair.One) is not HighWaterMarkResult.Reached { Label: var mark }) continue;
                reached++;
                Assert.All(members, m => Assert.True(Dominance.Dominates(mark, m, pair.One)));
                var clearance = Clearance(pair.One, random);
                if (AccessControl.Permits(mark, clearance, pair.One)) Assert.All(members, m => Assert.True(AccessControl.Permits(m, clearance, pair.One)));
            }
        }

        Assert.True(reached > 1_000, $"{reached} reached");
    }

    [Fact]
    public void Who_may_see_a_label_may_see_what_it_dominates_and_loses_nothing_by_a_greater_clearance()
    {
        int permitted = 0, dominated = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            var pair = new PolicyPair(seed);
            var random = new Random(seed);
            for (var i = 0; i < 40; i++)
            {
                var label = pair.Label();
                var clearance = Clearance(pair.One, random);
                if (!AccessControl.Permits(label, clearance, pair.One)) continue;
                permitted++;
                var greater = Clearance(pair.One, random, clearance);
                Assert.True(AccessControl.Permits(label, greater, pair.One), $"seed {seed}, label {i}");
                var other = pair.Label();
                if (!Dominance.Dominates(label, other, pair.One)) continue;
                dominated++;
                Assert.True(AccessControl.Permits(other, clearance, pair.One), $"seed {seed}, label {i}");
            }
        }

        Assert.True(permitted > 500 && dominated > 10, $"{permitted} permitted, {dominated} dominated");
    }

    // Up to a classification, with most values of each tag, and all that the other has.
    private static Clearance Clearance(SecurityPolicy policy, Random random, Clearance? lesser = null)
    {
        var least = lesser?.Classifications.Max() ?? 1;
        return new Clearance
        {
            Policy = policy.Id,
            Classifications = [random.Next(least, 6)],
            IncludesLower = true,
            Categories = [.. policy.TagSets.SelectMany(set => set.Tags.GroupBy(t => t.Type).Select(same => new TagCategory(set.Id, same.Key, [.. same.SelectMany(t => t.Categories).Select(c => c.Value)
                .Where(v => random.Next(5) > 0 || lesser?.Categories.OfType<TagCategory>().Any(c => c.TagSet == set.Id && c.Type == same.Key && c.Contains(v)) is true)])))],
        };
    }
}
