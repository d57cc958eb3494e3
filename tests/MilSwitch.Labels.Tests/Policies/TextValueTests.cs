using System.Text;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Translation;

namespace MilSwitch.Labels.Tests.Policies;

/// <summary>Categories whose value is a text: its <c>lacv</c> is no integer, or people enter any text.</summary>
public sealed class TextValueTests
{
    private const string Id = "1.3.6.1.4.1.99999.4.5";
    private const string Other = "1.3.6.1.4.1.99999.4.6";
    private const string Set = Id + ".4";

    private const string Categories = """
        <tagCategory name="ONE" lacv="1"/>
        <tagCategory name="NORTHERN STAR" lacv="NS-1"/>
        <tagCategory name="EXERCISE" lacv="0" userInput="string"/>
        """;

    private static readonly SecurityPolicy Permissive = With(Categories, "tagType=\"enumerated\" enumType=\"permissive\"");
    private static readonly SecurityPolicy Restrictive = With(Categories, "tagType=\"enumerated\" enumType=\"restrictive\"");
    private static readonly SecurityPolicy Informative = With(Categories, "tagType=\"tagType7\" tag7Encoding=\"securityAttributes\"");

    public static TheoryData<string> Texts { get; } =
    [
        "BRAVE LION", "a", "x/y", "say \"no\"", "\"", "\"\"", "TEST HIGH", "2 copies, of 3", "/EXERCISE", "Übung “Löwe”", "EXERCISE \"a\"", "[1.2.3 restrictive 4]", new string('w', 256),
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public void Comes_back_from_every_carrier(string text)
    {
        var policies = new PolicySet([Restrictive]);
        var label = Label(Restrictive, [1], text, "NS-1");

        Assert.True(LabelValidity.IsValid(label, Restrictive));
        Assert.Equal(label, EssLabel.Read(EssLabel.Encode(label)));
        Assert.Equal(label, X411Label.Read(X411Label.Encode(label)));
        Assert.Equal(label, SioLabel.Parse(SioLabel.Of(label).Format()).Decode(policies));
        Assert.Equal(label, Stanag4774.Read(Stanag4774.Write(new Stanag4774Label { Label = label }, policies), policies).Label);
        Assert.Equal(label, Stanag4774.Read(Stanag4774.Write(new Stanag4774Label { Label = label }, policies, Stanag4774Values.Numbers), policies).Label);
        foreach (var place in Enum.GetValues<MarkingPlace>())
            Assert.Equal(label, MarkingGrammar.For(Restrictive, place).Parse(MarkingText.Generate(label, Restrictive, place)));
    }

    [Fact]
    public void Is_shown_in_quotes_so_that_nobody_takes_it_for_words_of_the_policy()
    {
        Assert.Equal("TEST LOW ONE/NORTHERN STAR/EXERCISE \"BRAVE LION\"", MarkingText.Generate(Label(Restrictive, [1], "BRAVE LION", "NS-1"), Restrictive, MarkingPlace.PageTop));
        Assert.Equal("TEST LOW EXERCISE \"a \"\"b\"\"\"", MarkingText.Generate(Label(Restrictive, [], "a \"b\""), Restrictive, MarkingPlace.PageTop));
        Assert.Equal($"TEST LOW [{Set} enumerated-restrictive \"one\"]", MarkingText.Generate(Label(Restrictive, [], "one"), Restrictive, MarkingPlace.PageTop));
        Assert.False(MarkingGrammar.For(Restrictive, MarkingPlace.PageTop).TryParse("TEST LOW EXERCISE BRAVE LION", out _));
        Assert.False(MarkingGrammar.For(Restrictive, MarkingPlace.PageTop).TryParse("TEST LOW EXERCISE \"BRAVE LION", out _));
    }

    // What is the name of a category is that category: GenericValue has nothing else.
    [Theory]
    [InlineData("ONE")]
    [InlineData("northern star")]
    [InlineData("1")]
    public void Does_not_take_the_name_of_another_category(string text) => Assert.False(LabelValidity.IsValid(Label(Restrictive, [], text), Restrictive));

    [Theory]
    [InlineData("")]
    [InlineData(" a")]
    [InlineData("a  b")]
    [InlineData("a\nBcc: b")]
    [InlineData("a\u202Eb")]
    [InlineData("a\u00A0b")]
    public void Refuses_what_can_not_be_seen(string text)
    {
        Assert.Throws<LabelRefusedException>(() => Label(Restrictive, [], text));
        var named = new PolicySet([Restrictive]);
        var xml = Encoding.UTF8.GetString(Stanag4774.Write(new Stanag4774Label { Label = Label(Restrictive, [], "@@") }, named)).Replace("@@", text.Replace("\n", "&#10;", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Throws<LabelRefusedException>(() => Stanag4774.Read(Encoding.UTF8.GetBytes(xml), named));
    }

    [Fact]
    public void Refuses_too_much_and_the_same_twice()
    {
        Assert.Equal(LabelFault.TooLarge, Assert.Throws<LabelRefusedException>(() => Label(Restrictive, [], new string('x', 257))).Fault);
        Assert.Equal(LabelFault.TooLarge, Assert.Throws<LabelRefusedException>(() => new TagCategory(Set, TagType.EnumeratedRestrictive, [1]) { Texts = [.. Enumerable.Range(0, 4_096).Select(i => $"t{i}")] }).Fault);
        Assert.Equal(LabelFault.Duplicate, Assert.Throws<LabelRefusedException>(() => Label(Restrictive, [], "a", "a")).Fault);
        Assert.Equal(LabelFault.Malformed, Assert.Throws<LabelRefusedException>(() => new TagCategory(Set, TagType.Restrictive, []) { Texts = ["a"] }).Fault);
    }

    [Fact]
    public void Is_unknown_where_the_policy_takes_no_text()
    {
        var policy = With("<tagCategory name=\"ONE\" lacv=\"1\"/>", "tagType=\"enumerated\" enumType=\"restrictive\"");

        var decision = LabelValidity.Check(Label(policy, [1], "BRAVE LION"), policy);

        Assert.Contains(decision.Unmet, s => s.Rule is DecisionRule.KnownCategory && Explanation.Describe(s, policy).Contains("no value \"BRAVE LION\"", StringComparison.Ordinal));
        Assert.False(AccessControl.Permits(Label(policy, [1], "BRAVE LION"), Cleared(policy, "*"), policy));
    }

    [Fact]
    public void Decides_like_any_other_value()
    {
        var held = Cleared(Restrictive, "BRAVE LION", "NORTHERN STAR");
        Assert.True(AccessControl.Permits(Label(Restrictive, [], "BRAVE LION", "NS-1"), held, Restrictive));
        Assert.False(AccessControl.Permits(Label(Restrictive, [], "BRAVE LIONS"), held, Restrictive));
        Assert.False(AccessControl.Permits(Label(Restrictive, [1], "BRAVE LION"), held, Restrictive));
        var denied = AccessControl.Decide(Label(Restrictive, [], "OTHER"), held, Restrictive).Unmet.Single();
        Assert.Contains("needs EXERCISE \"OTHER\"; the clearance has none of them", Explanation.Describe(denied, Restrictive), StringComparison.Ordinal);

        // One of numbers and texts together is enough.
        var reader = Cleared(Permissive, "BRAVE LION");
        Assert.True(AccessControl.Permits(Label(Permissive, [1], "BRAVE LION"), reader, Permissive));
        Assert.True(AccessControl.Permits(Label(Permissive, [1], "BRAVE LION"), Cleared(Permissive, "ONE"), Permissive));
        Assert.False(AccessControl.Permits(Label(Permissive, [1], "OTHER"), reader, Permissive));
        Assert.True(AccessControl.Permits(Label(Informative, [1], "OTHER"), new Clearance { Policy = Id, Classifications = [1] }, Informative));
    }

    [Fact]
    public void Is_found_in_clearances_of_every_form()
    {
        var clearance = Cleared(Restrictive, "BRAVE LION", "NS-1", "1");
        var tag = Assert.IsType<TagCategory>(Assert.Single(clearance.Categories));
        Assert.Equal(1, Assert.Single(tag.Values));
        Assert.Equal("BRAVE LION|NS-1", string.Join('|', tag.Texts));
        var listed = clearance.Listed(Restrictive);
        Assert.Equal(listed, ClearanceCodec.Read(ClearanceCodec.Encode(listed), new PolicySet([Restrictive])));
        var missi = listed with { Categories = [new TagCategory(Set, TagType.EnumeratedRestrictive, [1]) { Texts = ["BRAVE LION"], Syntax = CategorySyntax.Missi }] };
        Assert.Equal(missi, ClearanceCodec.Read(ClearanceCodec.Encode(missi), new PolicySet([Restrictive])));
        Assert.Equal("NS-1", Assert.Single(Assert.IsType<TagCategory>(Assert.Single(Cleared(Restrictive, "*").Categories)).Texts));
        var both = ClearanceConstraints.Intersect(clearance.Categories, Cleared(Restrictive, "BRAVE LION", "X").Categories);
        Assert.Equal(new TagCategory(Set, TagType.EnumeratedRestrictive, []) { Texts = ["BRAVE LION"] }, Assert.Single(both));
    }

    [Fact]
    public void Keeps_numbers_of_the_missi_syntax_and_texts_of_their_own_kind_apart()
    {
        var label = Label(Permissive, [1], "BRAVE LION");
        var missi = label with { Categories = [new TagCategory(Set, TagType.EnumeratedPermissive, [1]) { Texts = ["BRAVE LION"], Syntax = CategorySyntax.Missi }] };

        Assert.Equal(label, MissiCategories.Resolve(EssLabel.Read(EssLabel.Encode(missi)), Permissive));
    }

    [Fact]
    public void Has_a_place_in_the_order_of_labels()
    {
        var (one, two) = (Label(Restrictive, [], "A"), Label(Restrictive, [1], "A", "B"));
        Assert.True(Dominance.Dominates(two, one, Restrictive));
        Assert.False(Dominance.Dominates(one, two, Restrictive));
        Assert.True(LabelOrder.IsAtLeast(two, one, Restrictive));
        Assert.False(LabelOrder.IsAtLeast(one, two, Restrictive));
        Assert.Equal(two, Assert.IsType<HighWaterMarkResult.Reached>(HighWaterMark.Of([one, two], Restrictive)).Label);
        Assert.Equal(Label(Permissive, [], "A"), Assert.IsType<HighWaterMarkResult.Reached>(HighWaterMark.Of([Label(Permissive, [1], "A"), Label(Permissive, [], "A", "B")], Permissive)).Label);
        Assert.IsType<HighWaterMarkResult.Impossible>(HighWaterMark.Of([Label(Permissive, [], "A"), Label(Permissive, [], "B")], Permissive));
    }

    [Fact]
    public void Is_required_excluded_and_counted()
    {
        var policy = With(
            """
            <tagCategory name="A" lacv="A1"><requiredCategory operation="all"><categoryGroup tagSetRef="WORDINGS" tagType="enumerated" enumType="restrictive" lacv="B1"/></requiredCategory></tagCategory>
            <tagCategory name="B" lacv="B1"><excludedCategory tagSetRef="WORDINGS" tagType="enumerated" enumType="restrictive" lacv="C1"/></tagCategory>
            <tagCategory name="C" lacv="C1"/>
            """,
            "tagType=\"enumerated\" enumType=\"restrictive\" maxSelection=\"2\"");

        Assert.True(LabelValidity.IsValid(Label(policy, [], "A1", "B1"), policy));
        Assert.Contains(LabelValidity.Check(Label(policy, [], "A1"), policy).Unmet, s => s.Rule is DecisionRule.RequiredCategory && Explanation.Describe(s, policy).Contains("B of", StringComparison.Ordinal));
        Assert.Contains(LabelValidity.Check(Label(policy, [], "B1", "C1"), policy).Unmet, s => s.Rule is DecisionRule.ExcludedCategory && Explanation.Describe(s, policy).Contains("C of", StringComparison.Ordinal));
        Assert.Contains(LabelValidity.Check(Label(policy, [], "A1", "B1", "C1"), policy).Unmet, s => s.Rule is DecisionRule.FewEnough);
    }

    [Theory]
    [InlineData("WORDINGS", "D1", "none of its tag")]
    [InlineData("WORDINGS", "A1", "excludes itself")]
    public void Refuses_rules_that_no_label_keeps(string set, string lacv, string why) => Assert.Contains(why, Assert.Throws<PolicyRefusedException>(() => With(
        $"<tagCategory name=\"A\" lacv=\"A1\"><excludedCategory tagSetRef=\"{set}\" tagType=\"enumerated\" enumType=\"restrictive\" lacv=\"{lacv}\"/></tagCategory>",
        "tagType=\"enumerated\" enumType=\"restrictive\"")).Message, StringComparison.Ordinal);

    [Fact]
    public void Is_translated_by_what_stands_for_all_and_by_its_own_equivalence()
    {
        const string Rules = """
            <tagCategory name="STAR" lacv="S1"><equivalentSecCategoryTag policyRef="{0}" tagSetId="{1}" tagType="enumerated" enumType="restrictive" lacv="S1" applied="both"/></tagCategory>
            <tagCategory name="EXERCISE" lacv="ANY" userInput="string"><equivalentSecCategoryTag policyRef="{0}" tagSetId="{1}" tagType="enumerated" enumType="restrictive" lacv="ANY" applied="both"/></tagCategory>
            <tagCategory name="ONE" lacv="1"/>
            """;
        var (here, there) = (Paired("TEST", Id, "OTHER", Other, Rules), Paired("OTHER", Other, "TEST", Id, Rules));
        var label = Label(here, [], "BRAVE LION", "S1");

        var translated = Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(label, here, there));

        Assert.Equal("BRAVE LION|S1", string.Join('|', Assert.IsType<TagCategory>(Assert.Single(translated.Label.Categories)).Texts));
        Assert.Equal(label, Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(translated.Label, there, here)).Label);
        Assert.IsType<TranslationResult.Unmappable>(LabelTranslator.Translate(Label(here, [1], "BRAVE LION"), here, there));
    }

    [Fact]
    public void Refuses_texts_that_are_none_in_their_encoding()
    {
        var octets = EssLabel.Encode(Label(Restrictive, [], "AB"));
        var at = octets.AsSpan().IndexOf("AB"u8);
        octets[at] = (byte)'\n';
        Assert.Throws<LabelRefusedException>(() => EssLabel.Read(octets));
        octets[at] = 0xFF;
        Assert.Throws<LabelRefusedException>(() => EssLabel.Read(octets));
    }

    private static Clearance Cleared(SecurityPolicy policy, params string[] values) =>
        ClearanceBinding.Bind(new ClearanceText { Policy = "TEST", UpTo = "HIGH", Categories = new Dictionary<string, IReadOnlyList<string>> { ["WORDINGS"] = values } }, policy);

    private static SecurityLabel Label(SecurityPolicy policy, int[] values, params string[] texts) => new()
    {
        Policy = policy.Id,
        Classification = 1,
        Categories = [new TagCategory(policy.TagSets[^1].Id, policy.TagSets[^1].Tags[0].Type, [.. values]) { Texts = [.. texts] }],
    };

    private static SecurityPolicy With(string categories, string tag) => SpifSample.ReadWith(
        "</securityCategoryTagSets>",
        $"<securityCategoryTagSet name=\"WORDINGS\" id=\"{Set}\"><securityCategoryTag name=\"Wordings\" {tag}>{categories}</securityCategoryTag></securityCategoryTagSet></securityCategoryTagSets>");

    private static SecurityPolicy Paired(string name, string id, string other, string otherId, string rules) => SpifSample.Read($"""
        <SPIF xmlns="http://www.xmlspif.org/spif" schemaVersion="2.1" version="1" creationDate="20260101000000Z" originatorDN="CN=Test" keyIdentifier="" privilegeId="1.3.26.0.4774.5.24.1" rbacId="1.3.26.0.4774.5.24.1">
          <securityPolicyId name="{name}" id="{id}"/>
          <securityClassifications><securityClassification name="LOW" lacv="1" hierarchy="1"><equivalentClassification policyRef="{other}" lacv="1" applied="both"/></securityClassification></securityClassifications>
          <securityCategoryTagSets><securityCategoryTagSet name="WORDINGS" id="{id}.4"><securityCategoryTag name="Wordings" tagType="enumerated" enumType="restrictive">{rules.Replace("{0}", other, StringComparison.Ordinal).Replace("{1}", otherId + ".4", StringComparison.Ordinal)}</securityCategoryTag></securityCategoryTagSet></securityCategoryTagSets>
          <equivalentPolicies><equivalentPolicy name="{other}" id="{otherId}"/></equivalentPolicies>
        </SPIF>
        """);
}
