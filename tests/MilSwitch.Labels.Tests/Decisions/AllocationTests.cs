using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Tests.Generated;

namespace MilSwitch.Labels.Tests.Decisions;

public sealed class AllocationTests
{
    [Theory]
    [InlineData(300)]
    [InlineData(3_000)]
    public void Allocates_nothing_to_check_and_permit(int categories)
    {
        var world = new LabelWorld(90, categories);
        var labels = Enumerable.Range(0, 20).Select(_ => world.Label()).ToArray();
        var clearances = labels.Select(world.Fitting).ToArray();
        Assert.Equal(0, Measure(() =>
        {
            for (var i = 0; i < labels.Length; i++) _ = LabelValidity.IsValid(labels[i], world.Policy) && AccessControl.Permits(labels[i], clearances[i], world.Policy);
        }));
    }

    [Fact]
    public void Allocates_no_more_to_decode_check_permit_and_mark_under_a_larger_policy()
    {
        // The same label under both: the first tag sets of both policies begin alike.
        LabelWorld small = new(91, 300, rules: false), large = new(91, 3_000, rules: false);
        var label = new SecurityLabel
        {
            Policy = small.Policy.Id, Classification = 4,
            Categories = [.. small.Policy.TagSets.Take(10).Select(set => new TagCategory(set.Id, set.Tags[0].Type, [set.Tags[0].Categories[2].Value]))],
        };
        var octets = EssLabel.Encode(label);
        Assert.True(AccessControl.Permits(label, small.Fitting(label), small.Policy));
        Assert.Equal(Octets(small), Octets(large));

        long Octets(LabelWorld world)
        {
            var clearance = world.Fitting(label);
            return Measure(() =>
            {
                var read = EssLabel.Read(octets);
                Assert.True(LabelValidity.IsValid(read, world.Policy) && AccessControl.Permits(read, clearance, world.Policy, isKnownValid: true));
                _ = MarkingText.Generate(read, world.Policy, MarkingPlace.FirstLine);
            });
        }
    }

    private static long Measure(Action work)
    {
        // Twice before, so that nothing is made the first time while it is measured.
        work();
        work();
        var before = GC.GetAllocatedBytesForCurrentThread();
        work();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
