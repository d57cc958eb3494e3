using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Tests.Generated;
using static MilSwitch.Labels.Tests.Decisions.SmallPolicy;

namespace MilSwitch.Labels.Tests.Decisions;

[Trait("Feature", "H-12")]
[Trait("Threat", "C11")]
public sealed class AccessControlTests
{
    [Fact]
    public void Denies_without_a_label() => Assert.False(Asked(null, UpTo(TopSecret)));

    [Fact]
    public void Denies_a_clearance_of_another_policy() => Assert.False(Asked(Label(Unclassified), UpTo(TopSecret) with { Policy = "1.2.3" }));

    [Fact]
    public void Denies_a_label_of_another_policy_even_to_a_clearance_of_it() => Assert.False(Asked(Label(Unclassified) with { Policy = "1.2.3" }, UpTo(TopSecret) with { Policy = "1.2.3" }));

    [Fact]
    public void Denies_an_invalid_label_that_it_would_permit_otherwise()
    {
        var label = Label(Unclassified, Informs(7));
        Assert.False(Asked(label, UpTo(TopSecret)));
        Assert.True(Asked(label, UpTo(TopSecret), isKnownValid: true));
    }

    [Fact]
    public void Denies_a_category_in_an_unknown_syntax_whatever_the_clearance_has()
    {
        var category = new UnknownCategory("1.2.3", new byte[] { 5, 0 });
        Assert.False(Asked(Label(Unclassified, category), UpTo(TopSecret, category)));
        Assert.False(Asked(Label(Unclassified, category), UpTo(TopSecret, category), isKnownValid: true));
    }

    [Fact]
    public void Denies_a_label_without_a_classification_also_where_it_is_called_valid() => Assert.False(Asked(Label(null), UpTo(TopSecret), isKnownValid: true));

    [Theory]
    [InlineData(Unclassified, false)]
    [InlineData(Secret, true)]
    [InlineData(TopSecret, false)]
    public void Takes_a_list_of_classifications_at_its_word(int classification, bool isPermitted) => Assert.Equal(isPermitted, Asked(Label(classification), Exactly([Secret])));

    [Theory]
    [InlineData(Unclassified, true)]
    [InlineData(Secret, true)]
    [InlineData(TopSecret, false)]
    public void Includes_lower_classifications_where_the_clearance_says_so(int classification, bool isPermitted) => Assert.Equal(isPermitted, Asked(Label(classification), UpTo(Secret)));

    [Fact]
    public void Goes_by_the_hierarchy_and_not_by_the_values()
    {
        var policy = Make(c => c.Value is Unclassified ? c with { Hierarchy = 99 } : c);
        Assert.False(AccessControl.Permits(Label(Unclassified), UpTo(TopSecret), policy));
        Assert.True(AccessControl.Permits(Label(TopSecret), UpTo(Unclassified), policy));
    }

    [Fact]
    public void Denies_a_classification_that_the_policy_lost_to_who_includes_lower_ones() => Assert.False(Asked(Label(Unclassified), UpTo(3)));

    [Theory]
    [InlineData(new[] { 0, 1 }, true)]
    [InlineData(new[] { 0 }, false)]
    [InlineData(new int[0], false)]
    public void Wants_every_restrictive_value(int[] held, bool isPermitted) => Assert.Equal(isPermitted, Asked(Label(Secret, Sensitive(0, 1)), UpTo(Secret, Sensitive(held))));

    [Theory]
    [InlineData(new[] { 700, 900 }, true)]
    [InlineData(new[] { 700 }, false)]
    public void Wants_every_restrictive_number(int[] held, bool isPermitted) => Assert.Equal(isPermitted, Asked(Label(Secret, Project(700, 900)), UpTo(Secret, Project(held))));

    [Theory]
    [InlineData(new[] { 1 }, true)]
    [InlineData(new[] { 2 }, false)]
    [InlineData(new int[0], false)]
    public void Wants_one_permissive_value(int[] held, bool isPermitted) => Assert.Equal(isPermitted, Asked(Label(Secret, For(0, 1)), UpTo(Secret, For(held))));

    [Fact]
    public void Denies_everybody_a_permissive_tag_without_a_value() => Assert.False(Asked(Label(Secret, For()), UpTo(TopSecret, For(0, 1, 2))));

    [Fact]
    public void Wants_nothing_for_a_restrictive_tag_without_a_value() => Assert.True(Asked(Label(Secret, Sensitive()), UpTo(TopSecret)));

    [Fact]
    public void Does_not_take_the_value_of_another_tag()
    {
        Assert.False(Asked(Label(Secret, Sensitive(0)), UpTo(Secret, new TagCategory(Sensitivity, TagType.Permissive, [0]))));
        Assert.False(Asked(Label(Secret, Sensitive(0)), UpTo(Secret, new TagCategory(Release, TagType.Restrictive, [0]))));
    }

    [Fact]
    public void Lets_informative_values_decide_nothing() => Assert.True(Asked(Label(Secret, Informs(0, 1)), UpTo(Secret)));

    [Fact]
    public void Permits_no_less_to_a_clearance_that_holds_more()
    {
        var permitted = 0;
        for (var seed = 30; seed < 36; seed++)
        {
            var world = new LabelWorld(seed);
            for (var i = 0; i < 300; i++)
            {
                var label = world.Label(6);
                var one = i % 2 is 0 ? world.Fitting(label) : world.Clearance(0.9);
                var other = world.Clearance(0.5);
                // Everything that the one has, and everything that the other has.
                var more = one with
                {
                    Classifications = [.. one.Classifications.Union(other.Classifications).Order()], IncludesLower = one.IncludesLower || other.IncludesLower,
                    Categories = [.. one.Categories.Concat(other.Categories).OfType<TagCategory>().GroupBy(t => (t.TagSet, t.Type))
                        .Select(g => new TagCategory(g.Key.TagSet, g.Key.Type, [.. g.SelectMany(t => t.Values).Distinct()]))],
                };
                if (!AccessControl.Permits(label, one, world.Policy)) continue;
                permitted++;
                Assert.True(AccessControl.Permits(label, more, world.Policy));
            }
        }

        Assert.True(permitted > 500);
    }

    private static bool Asked(SecurityLabel? label, Clearance clearance, bool isKnownValid = false)
    {
        var permits = AccessControl.Permits(label, clearance, Policy, isKnownValid);
        Assert.Equal(permits, AccessControl.Decide(label, clearance, Policy, isKnownValid).IsGranted);
        return permits;
    }
}
