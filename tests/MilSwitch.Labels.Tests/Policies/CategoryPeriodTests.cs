using System.Globalization;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Translation;

namespace MilSwitch.Labels.Tests.Policies;

/// <summary>Categories that labels may have for some time only.</summary>
public sealed class CategoryPeriodTests
{
    private const string Words = "1.3.6.1.4.1.99999.4.5.1";

    private static readonly SecurityPolicy Policy = SpifSample.ReadWith("<tagCategory name=\"ONE\" lacv=\"1\"/>", "<tagCategory name=\"ONE\" lacv=\"1\" notBefore=\"2026-06-01T00:00:00Z\" notAfter=\"2026-06-30T23:59:59Z\"/>");

    [Theory]
    [InlineData("2026-05-31T23:59:59Z", false)]
    [InlineData("2026-06-01T00:00:00Z", true)]
    [InlineData("2026-06-30T23:59:59Z", true)]
    [InlineData("2026-07-01T00:00:00Z", false)]
    public void Holds_in_its_period_alone(string at, bool isValid)
    {
        var time = DateTimeOffset.Parse(at, CultureInfo.InvariantCulture);
        var decision = LabelValidity.Check(Label(1), Policy, at: time);

        Assert.Equal(isValid, decision.IsGranted);
        Assert.Equal(isValid, LabelValidity.IsValid(Label(1), Policy, LabelUse.Originated, time));
        Assert.Equal(isValid, AccessControl.Permits(Label(1), Cleared(), Policy, at: time));
        Assert.Equal(isValid, LabelTranslator.Translate(Label(1), Policy, Policy, time) is TranslationResult.Translated);
        var step = Assert.Single(decision.Steps, s => s.Rule is DecisionRule.Period);
        Assert.Equal(
            isValid ? "restrictive tag 'WORDS': ONE may stand in labels at this time" : "restrictive tag 'WORDS': ONE may stand in labels from 2026-06-01T00:00:00Z until 2026-06-30T23:59:59Z only",
            Explanation.Describe(step, Policy));
        Assert.True(LabelValidity.IsValid(Label(2), Policy, at: time));
    }

    [Fact]
    public void Is_not_asked_about_without_a_time() => Assert.True(LabelValidity.Check(Label(1), Policy).IsGranted);

    [Fact]
    public void May_have_one_end()
    {
        var policy = SpifSample.ReadWith("<tagCategory name=\"ONE\" lacv=\"1\"/>", "<tagCategory name=\"ONE\" lacv=\"1\" notAfter=\"2026-06-30T23:59:59Z\"/>");
        var unmet = Assert.Single(LabelValidity.Check(Label(1), policy, at: new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero)).Unmet);

        Assert.EndsWith("ONE may stand in labels until 2026-06-30T23:59:59Z only", Explanation.Describe(unmet, policy), StringComparison.Ordinal);
    }

    private static SecurityLabel Label(int value) => new() { Policy = Policy.Id, Classification = 1, Categories = [new TagCategory(Words, TagType.Restrictive, [value])] };

    private static Clearance Cleared() => new() { Policy = Policy.Id, Classifications = [1], Categories = [new TagCategory(Words, TagType.Restrictive, [1, 2])] };
}
