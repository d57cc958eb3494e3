using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Policies;

/// <summary>Tags of one type in one tag set, and how many values of a tag a label may and must have.</summary>
public sealed class SpifPartsTests
{
    private const string Id = "1.3.6.1.4.1.99999.4.5";
    private const string Places = Id + ".2";
    private const int Here = 10, There = 20, Work = 30, Play = 40;

    private static readonly SecurityPolicy Parted = SpifSample.ReadWith(
        "</securityCategoryTag>\n    </securityCategoryTagSet>\n  </securityCategoryTagSets>",
        """
        </securityCategoryTag>
              <securityCategoryTag name="Purposes" tagType="enumerated" enumType="permissive" maxSelection="1">
                <tagCategory name="WORK" lacv="30"/>
                <tagCategory name="HERE" lacv="40"/>
                <markingQualifier markingCode="pageTop"><qualifier markingQualifier="FOR " qualifierCode="prefix"/></markingQualifier>
              </securityCategoryTag>
            </securityCategoryTagSet>
          </securityCategoryTagSets>
        """);

    [Fact]
    public void Reads_two_tags_of_one_type()
    {
        Assert.Equal(["Places", "Purposes"], Parted.Tags(Places, TagType.EnumeratedPermissive).Select(t => t.Name));
        Assert.Equal([Here, There, Work, Play], Parted.Tag(Places, TagType.EnumeratedPermissive)!.Tag.Categories.Select(c => c.Value));
        Assert.Equal("WORK", Parted.Tag(Places, TagType.EnumeratedPermissive)!.Tag.Find(Work)!.Name);
    }

    [Theory]
    [InlineData(new[] { Here, Work }, new[] { Here }, false)]
    [InlineData(new[] { Here, Work }, new[] { Here, Work }, true)]
    [InlineData(new[] { Here }, new[] { Here }, true)]
    [InlineData(new[] { Here }, new[] { Work }, false)]
    public void Permits_by_each_of_the_tags(int[] needed, int[] held, bool isPermitted)
    {
        var clearance = new Clearance { Policy = Id, Classifications = [1], Categories = [new TagCategory(Places, TagType.EnumeratedPermissive, [.. held])] };

        Assert.Equal(isPermitted, AccessControl.Permits(Label(needed), clearance, Parted));
        Assert.Equal(isPermitted, AccessControl.Decide(Label(needed), clearance, Parted).IsGranted);
    }

    [Fact]
    public void Orders_labels_by_each_of_the_tags()
    {
        Assert.True(Dominance.Dominates(Label(Here, Work), Label(Here), Parted));
        Assert.False(Dominance.Dominates(Label(Here), Label(Here, Work), Parted));
        Assert.Equal(Label(Here, Work), Assert.IsType<HighWaterMarkResult.Reached>(HighWaterMark.Of([Label(Here), Label(Work)], Parted)).Label);
        Assert.IsType<HighWaterMarkResult.Impossible>(HighWaterMark.Of([Label(Here, Work), Label(There, Work)], Parted));
    }

    [Fact]
    public void Marks_each_of_the_tags_and_reads_it_back()
    {
        var marking = MarkingText.Generate(Label(There, Work), Parted, MarkingPlace.PageTop);

        Assert.Equal("TEST LOW THERE FOR WORK", marking);
        Assert.Equal(Label(There, Work), MarkingGrammar.For(Parted, MarkingPlace.PageTop).Parse(marking));
    }

    [Fact]
    public void Carries_the_tags_by_their_names_in_XML()
    {
        var label = Label(Here, Play);
        var policies = new PolicySet([Parted]);
        var xml = Stanag4774.Write(new Stanag4774Label { Kind = Stanag4774Kind.Originator, Label = label }, policies);

        Assert.Equal(label, Stanag4774.Read(xml, policies).Label);
        Assert.Contains("TagName=\"Purposes\"", System.Text.Encoding.UTF8.GetString(xml), StringComparison.Ordinal);
    }

    [Fact]
    public void Binds_a_clearance_to_both_tags()
    {
        var all = ClearanceBinding.Bind(new ClearanceText { Policy = "TEST", UpTo = "LOW", Categories = new Dictionary<string, IReadOnlyList<string>> { ["PLACES"] = ["*"] } }, Parted);

        Assert.Equal(new TagCategory(Places, TagType.EnumeratedPermissive, [Here, There, Work, Play]), Assert.Single(all.Categories));
    }

    [Fact]
    public void Counts_values_of_each_tag_by_itself()
    {
        Assert.True(LabelValidity.IsValid(Label(Here, Work), Parted));
        var step = Assert.Single(LabelValidity.Check(Label(Work, Play), Parted).Unmet);
        Assert.Equal((DecisionRule.SingleSelection, "enumerated-permissive tag 'PLACES': one value at most is allowed; the label has WORK, HERE"), (step.Rule, Explanation.Describe(step, Parted)));
    }

    [Fact]
    public void Wants_as_many_values_as_the_policy_says()
    {
        var policy = SpifSample.ReadWith("singleSelection=\"true\"", "minSelection=\"1\"");

        Assert.True(LabelValidity.IsValid(Label(Here), policy));
        Assert.False(LabelValidity.IsValid(Label(), policy));
        Assert.False(LabelValidity.IsValid(Label() with { Categories = [] }, policy));
        var step = Assert.Single(LabelValidity.Check(Label() with { Categories = [] }, policy).Unmet);
        Assert.Equal("enumerated-permissive tag 'PLACES': every label needs one value of HERE, THERE; the label has no value", Explanation.Describe(step, policy));
    }

    [Fact]
    public void Allows_as_many_values_as_the_policy_says()
    {
        const string Words = Id + ".1";
        var policy = SpifSample.ReadWith("tagType=\"restrictive\"", "tagType=\"restrictive\" maxSelection=\"2\"");

        Assert.True(LabelValidity.IsValid(Said(1, 2), policy));
        var step = Assert.Single(LabelValidity.Check(Said(1, 2, 3), policy).Unmet);
        Assert.Equal("restrictive tag 'WORDS': 2 values at most are allowed; the label has ONE, TWO, OLD", Explanation.Describe(step, policy));
        Assert.IsType<HighWaterMarkResult.Impossible>(HighWaterMark.Of([Said(1, 2), Said(3)], policy));

        static SecurityLabel Said(params int[] values) => new() { Policy = Id, Classification = 1, Categories = [new TagCategory(Words, TagType.Restrictive, [.. values])] };
    }

    [Fact]
    public void Wants_a_privacy_mark_where_one_is_to_be_selected()
    {
        var policy = SpifSample.ReadWith("<privacyMarks>", "<privacyMarks minSelection=\"1\" maxSelection=\"1\">");

        Assert.True(LabelValidity.IsValid(Label(Here) with { PrivacyMark = "MINE" }, policy));
        var step = Assert.Single(LabelValidity.Check(Label(Here), policy).Unmet);
        Assert.Equal("privacy mark: every label needs one", Explanation.Describe(step, policy));
    }

    private static SecurityLabel Label(params int[] values) => new() { Policy = Id, Classification = 1, Categories = [new TagCategory(Places, TagType.EnumeratedPermissive, [.. values])] };
}
