using MilSwitch.Labels.Policies;
using MilSwitch.Testing;

namespace MilSwitch.Labels.Tests.Policies;

/// <summary>The policies that ship say what their README says.</summary>
public sealed class SamplePolicyTests
{
    public static TheoryData<string, string> Pairs => new() { { "ALFA", "COALITION" }, { "COALITION", "ALFA" }, { "BRAVO", "COALITION" }, { "COALITION", "BRAVO" } };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_equivalent_is_in_the_other_policy(string from, string to)
    {
        var (policy, other) = (SamplePolicies.All.Named(from)!, SamplePolicies.All.Named(to)!);

        Assert.All(policy.Classifications.SelectMany(c => c.Equivalents).Where(e => e.Policy == other.Id), e =>
        {
            Assert.NotNull(other.Classification(e.Value));
            Assert.All(e.Required.SelectMany(r => r.Group), r => Assert.NotNull(other.Resolve(r)));
        });
        Assert.All(Categories(policy).SelectMany(c => c.Equivalents).Where(e => e.Policy == other.Id && !e.IsDiscarded), e => Assert.NotNull(other.Resolve(e.Category!)));
        Assert.Equal(from is not "COALITION", policy.Equivalent(other.Id) is not null && policy.EquivalentPolicies.Length is 1);
    }

    [Fact]
    public void Every_kind_of_tag_and_rule_is_there()
    {
        var all = SamplePolicies.All.All;

        Assert.Equal(Enum.GetValues<TagType>(), all.SelectMany(p => p.TagSets).SelectMany(s => s.Tags).Select(t => t.Type).Distinct().Order());
        Assert.Contains(all.SelectMany(Categories), c => c.IsObsolete);
        Assert.Contains(all.SelectMany(Categories), c => !c.Required.IsEmpty);
        Assert.Contains(all.SelectMany(Categories), c => !c.Excluded.IsEmpty);
        Assert.Contains(all.SelectMany(Categories), c => c.Equivalents.IsEmpty);
        Assert.Contains(all.SelectMany(Categories), c => c.Equivalents.Any(e => e.IsDiscarded));
        Assert.Contains(all.SelectMany(p => p.Classifications), c => c.Equivalents.Any(e => e.Applied is EquivalenceUse.Encrypt));
        Assert.Contains(all.SelectMany(p => p.Classifications), c => c.Equivalents.Any(e => e.Applied is EquivalenceUse.Decrypt));
        Assert.Contains(all.SelectMany(p => p.PrivacyMarks), m => m.IsObsolete);
    }

    [Fact]
    public void Resolves_what_another_policy_calls_by_name()
    {
        var needed = SamplePolicies.Alfa.Classification("TOP SECRET")!.Equivalents.Single().Required.Single().Group.Single();

        Assert.Equal("Special Access", needed.TagSet);
        Assert.Equal(new CategoryReference("1.3.6.1.4.1.99999.4.3.1", TagType.Restrictive, 0), SamplePolicies.Coalition.Resolve(needed));
        Assert.Equal(TagType.InformativeValues, SamplePolicies.Coalition.Resolve(new CategoryReference("Topics", TagType.InformativeBits, 2))!.Type);
        Assert.Null(SamplePolicies.Coalition.Resolve(new CategoryReference("Topics", TagType.Restrictive, 2)));
        Assert.Null(SamplePolicies.Coalition.Resolve(new CategoryReference("Topics", TagType.InformativeBits, 77)));
    }

    [Fact]
    public void Reads_policies_of_any_size()
    {
        var policy = SpifReader.Read(PolicyGenerator.Spif(PolicyGenerator.LikeNato));

        Assert.Equal(PolicyGenerator.LikeNato, Categories(policy).Count());
        Assert.Equal(Enumerable.Range(0, PolicyGenerator.LikeNato), Categories(policy).Select(c => c.Ordinal));
        Assert.InRange(PolicyGenerator.Spif(PolicyGenerator.OneMebibyte).Length, 1 << 20, (1 << 20) + (1 << 16));
    }

    private static IEnumerable<CategoryDefinition> Categories(SecurityPolicy policy) => policy.TagSets.SelectMany(s => s.Tags).SelectMany(t => t.Categories);
}
