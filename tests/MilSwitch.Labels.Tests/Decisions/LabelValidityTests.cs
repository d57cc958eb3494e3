using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using static MilSwitch.Labels.Tests.Decisions.SmallPolicy;

namespace MilSwitch.Labels.Tests.Decisions;

[Trait("Feature", "H-11")]
[Trait("Threat", "C11")]
public sealed class LabelValidityTests
{
    [Fact]
    public void Accepts_what_the_policy_knows() => Assert.True(LabelValidity.Check(Label(Secret, Sensitive(0), For(0, 2), Informs(1), Project(900)), Policy).IsGranted);

    [Fact]
    public void Says_nothing_else_of_a_label_of_another_policy()
    {
        var decision = LabelValidity.Check(Label(Secret) with { Policy = "1.2.3" }, Policy);
        Assert.False(decision.IsGranted);
        Assert.Equal(DecisionRule.Policy, Assert.Single(decision.Steps).Rule);
    }

    [Fact]
    public void Refuses_an_unknown_classification() => Fails(DecisionRule.KnownClassification, Label(3));

    [Fact]
    public void Refuses_a_label_without_a_classification_where_the_policy_has_some() => Fails(DecisionRule.KnownClassification, Label(null));

    [Fact]
    public void Refuses_an_unknown_value_and_names_just_it() => Assert.Equal([9], Fails(DecisionRule.KnownCategory, Label(Secret, Sensitive(0, 9))).Present.AsEnumerable());

    [Fact]
    public void Refuses_an_unknown_tag() => Fails(DecisionRule.KnownCategory, Label(Secret, new TagCategory(Sensitivity, TagType.Permissive, [0])));

    [Fact]
    public void Refuses_a_category_in_an_unknown_syntax() => Fails(DecisionRule.KnownCategory, Label(Secret, new UnknownCategory("1.2.3", new byte[] { 5, 0 })));

    [Fact]
    public void Refuses_the_same_tag_twice() => Fails(DecisionRule.OnceEach, Label(Secret, Sensitive(0), Sensitive(1)));

    [Fact]
    public void Refuses_two_values_of_a_tag_with_single_selection()
    {
        var policy = Make(tag: t => t with { IsSingleSelection = true });
        Fails(DecisionRule.SingleSelection, Label(Secret, Sensitive(0, 1)), policy);
        Assert.True(LabelValidity.IsValid(Label(Secret, Sensitive(0)), policy));
    }

    [Fact]
    public void Takes_what_is_obsolete_in_labels_that_came_in_and_says_so()
    {
        var policy = Make(c => c with { IsObsolete = c.Value is Restricted }, c => c with { IsObsolete = c.Name is "BOHEMIA" }, marks: [new PrivacyMarkDefinition("STAFF", true, [])]);
        var label = Label(Restricted, Sensitive(2)) with { PrivacyMark = "STAFF" };

        var received = LabelValidity.Check(label, policy);
        Assert.True(received.IsGranted);
        Assert.Equal(3, received.Steps.Count(step => step.Rule is DecisionRule.Obsolete));
        Assert.Equal(3, LabelValidity.Check(label, policy, LabelUse.Originated).Unmet.Count(step => step.Rule is DecisionRule.Obsolete));
    }

    [Theory]
    [InlineData(RequiredOperation.OnlyOne, new[] { 0 }, true)]
    [InlineData(RequiredOperation.OnlyOne, new[] { 0, 1 }, false)]
    [InlineData(RequiredOperation.OnlyOne, new int[0], false)]
    [InlineData(RequiredOperation.OneOrMore, new[] { 0, 1 }, true)]
    [InlineData(RequiredOperation.OneOrMore, new[] { 2 }, false)]
    [InlineData(RequiredOperation.All, new[] { 0, 1, 2 }, true)]
    [InlineData(RequiredOperation.All, new[] { 0 }, false)]
    [InlineData((RequiredOperation)9, new[] { 0 }, false)]
    public void Counts_the_categories_that_a_classification_requires(RequiredOperation operation, int[] values, bool isValid)
    {
        var rule = new RequiredCategories(operation, [new CategoryReference(Sensitivity, TagType.Restrictive, 0), new CategoryReference(Sensitivity, TagType.Restrictive, 1)]);
        var policy = Make(c => c.Value is TopSecret ? c with { Required = [rule] } : c);
        var label = Label(TopSecret, Sensitive(values));
        Assert.Equal(isValid, LabelValidity.IsValid(label, policy));
        Assert.Equal(!isValid, LabelValidity.Check(label, policy).Unmet.Any(step => step.Requirement == rule));
        Assert.True(LabelValidity.IsValid(Label(Secret, Sensitive(values)), policy));
    }

    [Fact]
    public void Counts_a_value_once_where_the_group_names_it_and_its_whole_tag()
    {
        var rule = new RequiredCategories(RequiredOperation.OnlyOne, [new CategoryReference(Sensitivity, TagType.Restrictive, 0), new CategoryReference(Sensitivity, TagType.Restrictive, null)]);
        var policy = Make(category: c => c.Name is "LYNX" ? c with { Required = [rule] } : c);
        Assert.True(LabelValidity.IsValid(Label(Secret, Project(700), Sensitive(0)), policy));
        Assert.False(LabelValidity.IsValid(Label(Secret, Project(700), Sensitive(0, 1)), policy));
        Assert.False(LabelValidity.IsValid(Label(Secret, Project(700)), policy));
    }

    [Fact]
    public void Refuses_categories_that_exclude_each_other()
    {
        var policy = Make(category: c => c.Name is "LYNX" ? c with { Excluded = [new CategoryReference(Sensitivity, TagType.Restrictive, null)] } : c);
        Fails(DecisionRule.ExcludedCategory, Label(Secret, Project(700), Sensitive(2)), policy);
        Assert.True(LabelValidity.IsValid(Label(Secret, Project(900), Sensitive(2)), policy));
    }

    [Fact]
    public void Refuses_a_category_with_a_classification_that_excludes_it()
    {
        var policy = Make(category: c => c.Name is "ATOMAL" ? c with { ExcludedClassifications = [Unclassified] } : c);
        Fails(DecisionRule.ExcludedClassification, Label(Unclassified, Sensitive(0)), policy);
        Assert.True(LabelValidity.IsValid(Label(Secret, Sensitive(0)), policy));
    }

    [Fact]
    public void Refuses_a_category_that_a_classification_excludes() =>
        Fails(DecisionRule.ExcludedCategory, Label(Secret, Informs(0)), Make(c => c with { Excluded = [new CategoryReference(Context, TagType.InformativeBits, 0)] }));

    [Fact]
    public void Refuses_a_privacy_mark_that_the_policy_does_not_list()
    {
        var label = Label(Secret) with { PrivacyMark = "PERSONAL" };
        Fails(DecisionRule.PrivacyMark, label, Make(marks: [new PrivacyMarkDefinition("STAFF", false, [])]));
        Assert.True(LabelValidity.IsValid(label, Policy));
    }

    private static DecisionStep Fails(DecisionRule rule, SecurityLabel label, SecurityPolicy? policy = null)
    {
        Assert.False(LabelValidity.IsValid(label, policy ?? Policy));
        var step = Assert.Single(LabelValidity.Check(label, policy ?? Policy).Unmet);
        Assert.Equal(rule, step.Rule);
        return step;
    }
}
