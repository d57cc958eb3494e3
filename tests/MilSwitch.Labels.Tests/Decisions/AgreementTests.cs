using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Tests.Generated;

namespace MilSwitch.Labels.Tests.Decisions;

public sealed class AgreementTests
{
    [Fact]
    public void Answers_alike_with_and_without_its_steps()
    {
        var granted = 0;
        for (var seed = 1; seed <= 20; seed++)
        {
            var world = new LabelWorld(seed);
            for (var i = 0; i < 250; i++)
            {
                var label = i % 3 is 0 ? world.AnyLabel() : world.Label();
                var clearance = i % 2 is 0 ? world.Fitting(label) : world.Clearance(0.8);
                var decision = AccessControl.Decide(label, clearance, world.Policy);

                Assert.Equal(AccessControl.Permits(label, clearance, world.Policy), decision.IsGranted);
                Assert.Equal(LabelValidity.IsValid(label, world.Policy, LabelUse.Originated), LabelValidity.Check(label, world.Policy, LabelUse.Originated).IsGranted);
                Assert.Equal(decision.IsGranted, decision.Steps.All(step => step.IsMet));
                if (decision.IsGranted) granted++;
            }
        }

        // Neither answer is rare.
        Assert.InRange(granted, 500, 4_500);
    }
}
