using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Tests.Policies;

namespace MilSwitch.Labels.Tests.Markings;

[Trait("Feature", "H-17")]
public sealed class QualifiedMarkingTests
{
    private const string Id = "1.3.6.1.4.1.99999.4.5";

    [Fact]
    public void Qualifies_one_category()
    {
        var policy = SpifSample.ReadWith("<tagCategory name=\"ONE\" lacv=\"1\"/>", $"<tagCategory name=\"ONE\" lacv=\"1\">{Qualifier("&lt;", "&gt;")}</tagCategory>");

        Agrees("TEST LOW <ONE>/TWO", Label(1, 2), policy);
    }

    [Fact]
    public void Qualifies_one_privacy_mark_and_all()
    {
        var policy = SpifSample.ReadWith("<privacyMark name=\"MINE\"/>", $"<privacyMark name=\"MINE\">{Qualifier("*", "*")}</privacyMark><privacyMark name=\"YOURS\"/>{Qualifier("(", ")")}");

        Agrees("TEST LOW (*MINE*)", Label() with { PrivacyMark = "MINE" }, policy);
        Agrees("TEST LOW (YOURS)", Label() with { PrivacyMark = "YOURS" }, policy);
    }

    [Fact]
    public void Shows_for_a_privacy_mark_that_says_nothing_what_is_said_for_all()
    {
        var policy = SpifSample.ReadWith(
            "<privacyMark name=\"MINE\"/>",
            "<privacyMark name=\"MINE\"/><privacyMark name=\"YOURS\"><markingData phrase=\"yours\"><code>pageTop</code></markingData></privacyMark><markingData phrase=\"PRIVATE\"/>");

        Assert.Equal("TEST LOW PRIVATE", Marking(Label() with { PrivacyMark = "MINE" }, policy));
        Agrees("TEST LOW yours", Label() with { PrivacyMark = "YOURS" }, policy);
        Assert.Equal("TEST LOW PRIVATE", MarkingText.Generate(Label() with { PrivacyMark = "YOURS" }, policy, MarkingPlace.PageBottom));
    }

    [Fact]
    public void Shows_no_privacy_mark_where_none_is_to_be_seen()
    {
        var policy = SpifSample.ReadWith("</privacyMarks>", $"<markingData><code>noMarkingDisplay</code></markingData>{Qualifier("(", ")")}</privacyMarks>");

        Assert.Equal("TEST LOW", Marking(Label() with { PrivacyMark = "MINE" }, policy));
    }

    private static void Agrees(string marking, SecurityLabel label, SecurityPolicy policy)
    {
        Assert.Equal(marking, Marking(label, policy));
        Assert.Equal(label, MarkingGrammar.For(policy, MarkingPlace.PageTop).Parse(marking));
    }

    private static string Marking(SecurityLabel label, SecurityPolicy policy) => MarkingText.Generate(label, policy, MarkingPlace.PageTop);

    private static string Qualifier(string prefix, string suffix) =>
        $"<markingQualifier><qualifier markingQualifier=\"{prefix}\" qualifierCode=\"prefix\"/><qualifier markingQualifier=\"{suffix}\" qualifierCode=\"suffix\"/></markingQualifier>";

    private static SecurityLabel Label(params int[] words) => new() { Policy = Id, Classification = 1, Categories = words is [] ? [] : [new TagCategory(Id + ".1", TagType.Restrictive, [.. words])] };
}
