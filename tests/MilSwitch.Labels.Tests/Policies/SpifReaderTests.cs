using MilSwitch.Labels.Policies;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Labels.Tests.Policies;

public sealed class SpifReaderTests(ITestOutputHelper output)
{
    [Fact]
    public void Reads_the_policy_of_the_vectors()
    {
        if (SharedVectors.File("labels-spif/nato-4774-policy.xml", output) is not { } document) return;

        var policy = SpifReader.Read(document);

        Assert.Equal(("NATO", "1.3.26.1.3.1", "79"), (policy.Name, policy.Id, policy.Version));
        Assert.Null(policy.Created);
        Assert.Equal(5, policy.Classifications.Length);
        Assert.Equal(5, policy.TagSets.Length);
        Assert.Equal(4, policy.Tag("1.3.26.1.4.2", TagType.EnumeratedPermissive)!.Tag.Find(4)!.Markings.Length * 2);
        Assert.Equal(TagType.InformativeBits, policy.TagSet("1.3.26.1.4.3")!.Tags.Single().Type);
        Assert.Equal([1, 2], policy.Tag("1.3.26.1.4.1", TagType.Restrictive)!.Tag.Find(1)!.ExcludedClassifications.AsEnumerable());
        Assert.Equal(MarkingCodes.PageTop | MarkingCodes.PageBottom, policy.Classification("SECRET")!.Markings.Single().Codes);
        Assert.Equal(2, policy.TagSet("1.3.26.1.4.5")!.Tags.Single().Qualifiers.Length);
    }

    [Fact]
    public void Reads_the_policies_that_ship()
    {
        Assert.Equal(["ALFA", "BRAVO", "COALITION"], SamplePolicies.All.All.Select(p => p.Name));
    }

    [Fact]
    public void Reads_what_another_policy_has_for_a_tag_set()
    {
        var policy = SpifSample.ReadWith(
            "</securityCategoryTagSet>",
            "<equivalentSecurityCategoryTagSet policyRef=\"OTHER\" id=\"1.2.3\"><requiredCategory operation=\"all\"><categoryGroup tagSetRef=\"THEIRS\" tagType=\"restrictive\" lacv=\"4\"/></requiredCategory></equivalentSecurityCategoryTagSet></securityCategoryTagSet>");

        var equivalent = Assert.Single(policy.TagSets[0].Equivalents);
        Assert.Equal(("1.3.6.1.4.1.99999.4.6", "1.2.3"), (equivalent.Policy, equivalent.TagSet));
        Assert.Equal(new CategoryReference("THEIRS", TagType.Restrictive, 4), Assert.Single(Assert.Single(equivalent.Required).Group));
    }
}
