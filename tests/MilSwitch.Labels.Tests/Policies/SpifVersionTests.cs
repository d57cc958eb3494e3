using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Policies;

public sealed class SpifVersionTests
{
    [Theory]
    [InlineData("1.0")]
    [InlineData("2.0")]
    [InlineData("2.1")]
    public void Reads_the_versions_that_are_public(string version) => Assert.Equal("TEST", SpifSample.ReadWith("schemaVersion=\"2.1\"", $"schemaVersion=\"{version}\"").Name);

    [Theory]
    [InlineData("<tagCategory name=\"ONE\" lacv=\"1\"/>", "<tagCategory name=\"ONE\" lacv=\"1\"><markingQualifier><qualifier markingQualifier=\"-\" qualifierCode=\"prefix\"/></markingQualifier></tagCategory>", "no element markingQualifier of tagCategory")]
    [InlineData("tagType=\"restrictive\"", "tagType=\"restrictive\" maxSelection=\"1\"", "no attribute maxSelection of securityCategoryTag")]
    [InlineData("<equivalentPolicies>", "<markingData phrase=\"T\"><code>replacePolicy</code></markingData><equivalentPolicies>", "no code replacePolicy")]
    [Trait("Threat", "X2")]
    public void Refuses_in_the_first_version_what_came_later(string old, string changed, string reason)
    {
        Assert.NotNull(SpifSample.ReadWith(old, changed));
        var text = SpifSample.Text.Replace(old, changed, StringComparison.Ordinal).Replace("schemaVersion=\"2.1\"", "schemaVersion=\"1.0\"", StringComparison.Ordinal);

        Assert.Contains(Assert.Throws<PolicyRefusedException>(() => SpifSample.Read(text)).Problems, p => p.Text.Contains(reason, StringComparison.Ordinal) && p.Line > 1);
    }

    [Fact]
    public void Says_that_the_third_is_not_supported() =>
        Assert.Contains("not supported", Assert.Single(SpifSample.RefusalWith("schemaVersion=\"2.1\"", "schemaVersion=\"3.0\"").Problems).Text, StringComparison.Ordinal);
}
