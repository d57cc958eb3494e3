using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Tests.Generated;
using static MilSwitch.Labels.Tests.Decisions.SmallPolicy;

namespace MilSwitch.Labels.Tests.Decisions;

public sealed class ExplanationTests
{
    [Fact]
    public void Names_tag_needs_and_what_is_there() => Assert.Equal(
        "Denied.\n"
        + "NOT MET  classification: needs TOP SECRET; the clearance has SECRET and all below.\n"
        + "NOT MET  restrictive tag 'Additional Sensitivity': needs ATOMAL, CRYPTO; the clearance has ATOMAL only.\n"
        + "NOT MET  permissive tag 'Releasable To': needs one of GBR, USA; the clearance has none of them.",
        Explanation.Describe(AccessControl.Decide(Label(TopSecret, Sensitive(0, 1), For(0, 1)), UpTo(Secret, Sensitive(0, 2), For(2)), Policy), Policy));

    [Fact]
    public void Tells_every_step_when_asked()
    {
        var text = Explanation.Describe(AccessControl.Decide(Label(Secret, Sensitive(0), Informs(1)), UpTo(Secret, Sensitive(0)), Policy), Policy, all: true);
        Assert.StartsWith("Granted.\nmet  policy: NATO.\n", text, StringComparison.Ordinal);
        Assert.Contains("met  restrictive tag 'Additional Sensitivity': needs ATOMAL; the clearance has ATOMAL.", text, StringComparison.Ordinal);
        Assert.Contains("met  informative tag 'Context': never decides.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_what_a_rule_requires()
    {
        var rule = new RequiredCategories(RequiredOperation.OneOrMore, [new CategoryReference(Sensitivity, TagType.Restrictive, 0), new CategoryReference(Release, TagType.Permissive, null)]);
        var policy = Make(c => c with { Required = [rule] });
        Assert.Equal(
            "Denied.\nNOT MET  required: one or more of ATOMAL of restrictive tag 'Additional Sensitivity', any value of permissive tag 'Releasable To', which the label does not have.",
            Explanation.Describe(LabelValidity.Check(Label(Secret), policy), policy));
    }

    [Fact]
    public void Calls_what_the_policy_does_not_know_by_its_number() =>
        Assert.Contains("the policy has no value 9", Explanation.Describe(LabelValidity.Check(Label(Secret, Sensitive(9)), Policy), Policy), StringComparison.Ordinal);

    [Fact]
    public void Tells_strangers_the_same_whatever_the_rule()
    {
        var reasons = new[] { AccessControl.Decide(Label(TopSecret), UpTo(Secret), Policy), AccessControl.Decide(Label(3, Sensitive(0)), UpTo(Secret), Policy), AccessControl.Decide(null, UpTo(Secret), Policy) };
        Assert.Equal("The security label does not permit it.", Assert.Single(reasons.Select(Explanation.WithoutContents).Distinct()));
    }

    [Fact]
    public void Has_a_sentence_for_every_step_of_generated_decisions()
    {
        var rules = new HashSet<DecisionRule>();
        for (var seed = 40; seed < 46; seed++)
        {
            var world = new LabelWorld(seed, categories: 60);
            for (var i = 0; i < 100; i++)
            {
                var label = world.AnyLabel();
                foreach (var step in LabelValidity.Check(label, world.Policy, LabelUse.Originated).Steps.Concat(AccessControl.Decide(label, world.Clearance(), world.Policy).Steps))
                {
                    var sentence = Explanation.Describe(step, world.Policy);
                    Assert.DoesNotContain("rule ", sentence, StringComparison.Ordinal);
                    Assert.DoesNotContain("1.3.6.1", sentence, StringComparison.Ordinal);
                    rules.Add(step.Rule);
                }
            }
        }

        Assert.True(rules.Count >= 12);
    }
}
