using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Xml;

[Trait("Threat", "C11")]
public sealed class LabelComparisonTests
{
    private static readonly SecurityLabel Secret = SamplePolicy.Label(4, new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [1]), new TagCategory(SamplePolicy.Release, TagType.EnumeratedPermissive, [10]));

    [Fact]
    public void Agrees_when_all_carriers_say_the_same()
    {
        var comparison = Compare(Carried("sio-label", Secret), Carried("ess", Secret, true), Marking("flot", "NORTHLAND SECRET ATOMIC Releasable to  SOUTHLAND"));

        Assert.True(comparison.IsAgreed);
        Assert.Empty(comparison.Findings);
        Assert.Equal("ess", comparison.Reference!.Source);
        Assert.Equal("ess", comparison.MostRestrictive!.Source);
    }

    [Fact]
    public void Says_everything_in_which_a_label_differs()
    {
        var other = SamplePolicy.Label(1, new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [3]), new UnknownCategory("1.2", new byte[] { 5, 0 })) with { PrivacyMark = "X" };

        var findings = Compare(Carried("ess", Secret, true), Carried("sio-label", other)).Findings;

        Assert.Equal([LabelDifference.Classification, LabelDifference.PrivacyMark, LabelDifference.Category, LabelDifference.Category, LabelDifference.Category], findings.Select(f => f.Difference));
        Assert.Equal([SamplePolicy.Handling, SamplePolicy.Release, null], findings.Skip(2).Select(f => f.TagSet));
        Assert.All(findings, f => Assert.Equal(("sio-label", "ess"), (f.Source, f.Reference)));
    }

    [Fact]
    public void Says_of_labels_of_two_policies_only_that()
    {
        var finding = Assert.Single(Compare(Carried("ess", Secret), Carried("x411", new SecurityLabel { Policy = "1.2.3", Classification = 1 })).Findings);

        Assert.Equal(LabelDifference.Policy, finding.Difference);
    }

    [Fact]
    public void Holds_a_marking_against_what_the_label_shows()
    {
        var hidden = SamplePolicy.Label(4, new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [2]));

        var less = Compare(Carried("ess", hidden, true), Marking("flot", "NORTHLAND SECRET"));
        Assert.True(less.IsAgreed);
        Assert.Equal(LabelDifference.MarkingShowsLess, Assert.Single(less.Findings).Difference);

        Assert.Equal(LabelDifference.Classification, Assert.Single(Compare(Carried("ess", hidden with { Categories = [] }, true), Marking("flot", "NORTHLAND OPEN")).Findings).Difference);
        Assert.Equal(LabelDifference.Marking, Assert.Single(Compare(Carried("ess", hidden, true), Marking("flot", "TOP BANANA")).Findings).Difference);
        Assert.Equal(LabelDifference.Marking, Assert.Single(Compare(Carried("ess", new SecurityLabel { Policy = "1.2.3" }, true), Marking("flot", "TOP BANANA")).Findings).Difference);
    }

    [Fact]
    public void Reads_markings_that_stand_alone()
    {
        Assert.True(Compare(Marking("flot", "NORTHLAND SECRET"), Marking("llot", "NORTHLAND SECRET")).IsAgreed);
        Assert.False(Compare(Marking("flot", "NORTHLAND SECRET"), Marking("llot", "NORTHLAND OPEN")).IsAgreed);
        Assert.False(Compare(Marking("flot", "nothing that is known")).IsAgreed);
        Assert.True(Compare().IsAgreed);
        Assert.Null(Compare(Marking("flot", "NORTHLAND SECRET")).MostRestrictive);
    }

    [Fact]
    public void Lets_the_most_restrictive_trusted_label_rule()
    {
        var open = SamplePolicy.Label(1, new TagCategory(SamplePolicy.Release, TagType.EnumeratedPermissive, [10, 20]));

        Assert.Equal("inner", Compare(Carried("outer", open, true), Carried("inner", Secret, true), Carried("sio-label", SamplePolicy.Label(5))).MostRestrictive!.Source);
        Assert.Null(Compare(Carried("outer", SamplePolicy.Label(5), true), Carried("inner", Secret, true)).MostRestrictive);
        Assert.Null(Compare(Carried("outer", Secret, true), Carried("inner", new SecurityLabel { Policy = "1.2.3" }, true)).MostRestrictive);
    }

    [Fact]
    public void Orders_generated_labels_without_contradiction()
    {
        var policy = GeneratedPolicy.Make(3, tagSets: 2, categories: 3);
        var random = new Random(5);
        var labels = Enumerable.Range(0, 60).Select(_ => GeneratedPolicy.Label(random, policy, withMark: false)).ToArray();
        foreach (var a in labels)
        {
            Assert.True(LabelOrder.IsAtLeast(a, a, policy));
            foreach (var b in labels.Where(b => LabelOrder.IsAtLeast(a, b, policy)))
            {
                Assert.All(labels.Where(c => LabelOrder.IsAtLeast(b, c, policy)), c => Assert.True(LabelOrder.IsAtLeast(a, c, policy)));
            }
        }
    }

    private static LabelComparison Compare(params CarriedLabel[] carried) => LabelComparison.Compare(carried, SamplePolicy.Set);

    private static CarriedLabel Carried(string source, SecurityLabel label, bool isTrusted = false) => new(source, isTrusted) { Label = label };

    private static CarriedLabel Marking(string source, string text) => new(source, false) { Marking = text, Place = MarkingPlace.FirstLine };
}
