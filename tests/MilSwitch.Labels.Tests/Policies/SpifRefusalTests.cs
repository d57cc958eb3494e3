using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Policies;

/// <summary>Everything that is wrong has a place and a sentence (threat X2).</summary>
public sealed class SpifRefusalTests
{
    private const string One = "<tagCategory name=\"ONE\" lacv=\"1\"/>";
    private const string Low = "<securityClassification name=\"LOW\" lacv=\"1\" hierarchy=\"1\" color=\"green\"/>";

    // What is there, what stands in its place with the mark of the problem, what is said.
    public static TheoryData<string, string, string> Structure => new()
    {
        { "schemaVersion=\"2.1\"", "§schemaVersion=\"3.0\"", "schemaVersion" },
        { "<SPIF", "<SPIF §foreign=\"1\"", "SPIF has no attribute foreign" },
        { "version=\"1\"", "§version=\"one\"", "no integer" },
        { "rbacId=\"2.16.840.1.101.2.1.8.3\"", "§rbacId=\"1.2.3\"", "rbacId" },
        { " keyIdentifier=\"\"", "", "lacks its attribute keyIdentifier" },
        { "<privacyMarks>", "<§unknown/><privacyMarks>", "no element unknown" },
        { "<privacyMarks>", "<§x:thing xmlns:x=\"urn:x\"/><privacyMarks>", "not of the namespace" },
        { "<privacyMark name=\"MINE\"/>", "<privacyMark name=\"MINE\">words</privacyMark>", "has no text" },
        { "<equivalentPolicies>", "<securityPolicyId name=\"T\" id=\"1.2\"/><equivalentPolicies>", "one element securityPolicyId" },
        { "id=\"1.3.6.1.4.1.99999.4.5.1\"", "§id=\"1.3.06\"", "no object identifier" },
        { "id=\"1.3.6.1.4.1.99999.4.5.1\"", "§id=\"3.1\"", "no object identifier" },
        { "lacv=\"2\" hierarchy", "§lacv=\"257\" hierarchy", "greater than 256" },
        { "lacv=\"2\" hierarchy", "§lacv=\"-1\" hierarchy", "negative" },
        { "hierarchy=\"2\"", "§hierarchy=\"-2\"", "negative" },
        { "hierarchy=\"2\"", "§hierarchy=\"high\"", "no integer" },
        { One, "<tagCategory name=\"ONE\" §lacv=\"65536\"/>", "greater than 65535" },
        { One, "<tagCategory name=\"ONE\" §lacv=\"99999999999\"/>", "no integer" },
        { "obsolete=\"true\"", "§obsolete=\"yes\"", "neither true nor false" },
        { "color=\"green\"", "§color=\"#12345\"", "color" },
        { "color=\"green\"", "§color=\"menutext\"", "color" },
        { "applied=\"both\"", "§applied=\"always\"", "applied" },
        { "tagType=\"restrictive\"", "§tagType=\"notApplicable\"", "tagType" },
        { " enumType=\"permissive\"", "", "lacks its attribute enumType" },
        { "tagType=\"restrictive\"", "tagType=\"tagType7\"", "lacks its attribute tag7Encoding" },
        { "tagType=\"restrictive\"", "tagType=\"restrictive\" §enumType=\"permissive\"", "is not enumerated" },
        { "singleSelection=\"true\"", "singleSelection=\"true\" §maxSelection=\"2\"", "contradicts its singleSelection" },
        { "singleSelection=\"true\"", "§minSelection=\"3\"", "wants more than there are" },
        { "singleSelection=\"true\"", "singleSelection=\"true\" §minSelection=\"2\"", "contradicts its singleSelection" },
        { "singleSelection=\"true\"", "minSelection=\"2\" §maxSelection=\"1\"", "less than its minSelection" },
        { "tagType=\"restrictive\"", "tagType=\"restrictive\" §minSelection=\"3\"", "not obsolete" },
        { "tagType=\"restrictive\"", "tagType=\"restrictive\" §maxSelection=\"0\"", "allows none" },
        { "<privacyMarks>", "<privacyMarks §minSelection=\"2\"><privacyMark name=\"YOURS\"/>", "greater than one" },
        { One, "<tagCategory name=\"ONE\" lacv=\"1\" §userInput=\"date\"/>", "tag of bits" },
        { One, "<tagCategory name=\"ONE\" lacv=\"1\" notBefore=\"2027-01-02T00:00:00Z\" §notAfter=\"2027-01-01T00:00:00Z\"/>", "ends before it begins" },
        { One, "<tagCategory name=\"ONE\" lacv=\"1\" §notAfter=\"tomorrow\"/>", "no dateTime" },
        { One, "<tagCategory name=\"ONE\" lacv=\"1\" §userInput=\"string\"/>", "tag of bits" },
        { One, "<tagCategory name=\"ONE\" §lacv=\"A1\"/>", "no integer" },
        { "name=\"THERE\" lacv=\"20\"", "name=\"THERE\" §lacv=\"\"", "no integer" },
        { "name=\"THERE\" lacv=\"20\"", "name=\"THERE\" §lacv=\"A  1\"", "two in a row" },
        { "name=\"THERE\" lacv=\"20\"", "name=\"THERE\" §lacv=\"A&#x200B;1\"", "not seen (U+200B)" },
        { "<tagCategory name=\"THERE\" lacv=\"20\"/>", "<tagCategory name=\"THERE\" lacv=\"A1\"/><tagCategory name=\"ELSEWHERE\" §lacv=\"A1\"/>", "there twice" },
        { "<tagCategory name=\"THERE\" lacv=\"20\"/>", "<tagCategory name=\"A\" lacv=\"30\" userInput=\"string\"/><tagCategory name=\"B\" lacv=\"31\" §userInput=\"string\"/>", "two categories with user input" },
        { "keyIdentifier=\"\"", "keyIdentifier=\"\" notBefore=\"2027-01-01T00:00:00Z\" §notAfter=\"2026-01-01T00:00:00Z\"", "ends before it begins" },
        { One, "<tagCategory name=\"ONE\" lacv=\"1\"><§markingData/></tagCategory>", "says nothing" },
        { One, "<tagCategory name=\"ONE\" lacv=\"1\"><markingData><§code>pageTip</code></markingData></tagCategory>", "code" },
        { One, "<tagCategory name=\"ONE\" lacv=\"1\"><markingData phrase=\"A\"/><§markingData phrase=\"B\"/></tagCategory>", "Two phrases" },
        { One, "<tagCategory name=\"ONE\" lacv=\"1\"><markingData §phrase=\"A&#10;Bcc: x\"/></tagCategory>", "not seen (U+000A)" },
        { "<privacyMarks>", "<markingQualifier §markingCode=\"replacePolicy\"/><privacyMarks>", "no place" },
    };

    public static TheoryData<string, string, string> Twins => new()
    {
        { "<securityClassification name=\"HIGH\" lacv=\"2\"", "<securityClassification name=\"HIGH\" §lacv=\"1\"", "lacv 1 of a classification is there twice" },
        { "hierarchy=\"2\"", "§hierarchy=\"1\"", "hierarchy 1 of a classification is there twice" },
        { "name=\"HIGH\"", "§name=\"LOW\"", "there twice" },
        { "name=\"HIGH\"", "§name=\"Low\"", "only in case" },
        { "name=\"TWO\"", "§name=\"ONE\"", "there twice" },
        { "name=\"TWO\"", "§name=\"O NE\"", "only in case, blanks" },
        { "name=\"TWO\" lacv=\"2\"", "name=\"TWO\" §lacv=\"1\"", "there twice" },
        { "id=\"1.3.6.1.4.1.99999.4.5.2\"", "§id=\"1.3.6.1.4.1.99999.4.5.1\"", "there twice" },
        { "id=\"1.3.6.1.4.1.99999.4.6\"", "§id=\"1.3.6.1.4.1.99999.4.5\"", "that of the policy itself" },
        { "name=\"PLACES\"", "§name=\"words\"", "only in case" },
        { "<privacyMark name=\"MINE\"/>", "<privacyMark name=\"MINE\"/><privacyMark §name=\"MINE\"/>", "there twice" },
        { "</securityCategoryTag>", "</securityCategoryTag><securityCategoryTag name=\"More\" tagType=\"restrictive\"><tagCategory name=\"X\" §lacv=\"2\"/></securityCategoryTag>", "Two restrictive tags" },
        { "name=\"HIGH\"", "§name=\"Н\u0406GH\"", "several scripts" },
        { "name=\"HIGH\"", "§name=\"НІ\"", "look Latin" },
        { "name=\"HIGH\"", "§name=\"ᎪᏴ\"", "look Latin" },
        { "name=\"HIGH\"", "§name=\"L0W\"", "look the same" },
        { "name=\"TWO\"", "§name=\"0NE\"", "look the same" },
        { "name=\"THERE\"", "§name=\"ΗΕRΕ\"", "several scripts" },
        { "name=\"HIGH\"", "§name=\"LO\u200BW\"", "U+200B" },
        { "name=\"HIGH\"", "§name=\"\u202EHGIH\"", "U+202E" },
        { "name=\"HIGH\"", "§name=\"ＨＩＧＨ\"", "only look like others" },
        { "name=\"HIGH\"", "§name=\"HIGH\u00A0X\"", "another blank" },
        { "name=\"HIGH\"", "§name=\"E\u0301\"", "composed" },
        { "name=\"HIGH\"", "§name=\" HIGH\"", "blanks" },
        { "name=\"HIGH\"", "§name=\"\"", "empty" },
    };

    public static TheoryData<string, string, string> Rules => new()
    {
        { One, Category("<§excludedClass>MIDDLE</excludedClass>"), "doesn't have" },
        { One, Category("<excludedClass>LOW</excludedClass><§excludedClass>LOW</excludedClass>"), "excluded twice" },
        { One, "<§tagCategory name=\"ONE\" lacv=\"1\"><excludedClass>LOW</excludedClass><excludedClass>HIGH</excludedClass></tagCategory>", "every classification" },
        { One, "<tagCategory name=\"ONE\" lacv=\"1\" §requiredClass=\"LOW\"><excludedClass>LOW</excludedClass></tagCategory>", "requires a classification that it excludes" },
        { "policyRef=\"OTHER\"", "§policyRef=\"NOBODY\"", "not among the equivalent policies" },
        { "</securityCategoryTagSet>", "<equivalentSecurityCategoryTagSet policyRef=\"OTHER\" id=\"1.2.3\"/><§equivalentSecurityCategoryTagSet policyRef=\"OTHER\" id=\"1.2.3\"/></securityCategoryTagSet>", "the same equivalence" },
        { "</securityCategoryTagSet>", "<equivalentSecurityCategoryTagSet §policyRef=\"NOBODY\"/></securityCategoryTagSet>", "not among the equivalent policies" },
        { One, Category("<excludedCategory §tagSetRef=\"THINGS\" tagType=\"restrictive\" lacv=\"1\"/>"), "tag set that the policy doesn't have" },
        { One, Category("<excludedCategory tagSetRef=\"PLACES\" §tagType=\"restrictive\" lacv=\"10\"/>"), "no tag of this type" },
        { One, Category("<excludedCategory tagSetRef=\"WORDS\" tagType=\"restrictive\" §lacv=\"99\"/>"), "none of its tag" },
        { One, Category("<excludedCategory tagSetRef=\"WORDS\" tagType=\"restrictive\" §lacv=\"2\" all=\"true\"/>"), "both all" },
        { One, Category("<requiredCategory §operation=\"some\"><categoryGroup tagSetRef=\"WORDS\" tagType=\"restrictive\" lacv=\"2\"/></requiredCategory>"), "operation" },
        { One, Category("<§requiredCategory operation=\"all\"/>"), "no categoryGroup" },
        { One, "<§tagCategory name=\"ONE\" lacv=\"1\">" + Needs("all", "WORDS", "restrictive", 2) + Excludes("WORDS", "restrictive", 2) + "</tagCategory>", "requires a category that it excludes" },
        { One, "<§tagCategory name=\"ONE\" lacv=\"1\">" + Needs("oneOrMore", "WORDS", "restrictive", 2) + Excludes("WORDS", "restrictive", 2) + "</tagCategory>", "requires a category that it excludes" },
        { One, "<§tagCategory name=\"ONE\" lacv=\"1\">" + Excludes("WORDS", "restrictive", 1) + "</tagCategory>", "excludes itself" },
        { One, "<§tagCategory name=\"ONE\" lacv=\"1\">" + Needs("all", "WORDS", "restrictive", 3) + "</tagCategory>", "obsolete" },
        { One, "<§tagCategory name=\"ONE\" lacv=\"1\">" + Needs("all", "PLACES", "enumerated", 10, 20) + "</tagCategory>", "one at most" },
        { "<tagCategory name=\"TWO\" lacv=\"2\"/>", "<§tagCategory name=\"TWO\" lacv=\"2\">" + Needs("all", "PLACES", "enumerated", 10) + Excludes("PLACES", "enumerated", null) + "</tagCategory>", "requires a category that it excludes" },
        { Low, "<§securityClassification name=\"LOW\" lacv=\"1\" hierarchy=\"1\">" + Needs("all", "WORDS", "restrictive", 1) + Excludes("WORDS", "restrictive", 1) + "</securityClassification>", "requires a category that it excludes" },
        { "<equivalentClassification", "<equivalentClassification policyRef=\"OTHER\" lacv=\"1\" applied=\"encrypt\"/><§equivalentClassification", "two equivalents of the same policy" },
        { Low, Low.Replace("/>", "><equivalentClassification policyRef=\"OTHER\" lacv=\"2\" applied=\"decrypt\"/></securityClassification>", StringComparison.Ordinal), "two equivalents to which it could come" },
        { One, Category(Equivalent("lacv=\"1\" applied=\"both\"") + Equivalent("lacv=\"1\" applied=\"encrypt\"").Insert(1, "§")), "the same equivalence" },
        { One, Category(Equivalent("lacv=\"1\" applied=\"both\"") + Equivalent("lacv=\"\" applied=\"encrypt\" action=\"discard\"").Insert(1, "§")), "both discarded and equivalent" },
    };

    [Theory]
    [MemberData(nameof(Structure))]
    [MemberData(nameof(Twins))]
    [MemberData(nameof(Rules))]
    [Trait("Threat", "X2")]
    public void Refuses_with_line_column_and_reason(string old, string changed, string reason)
    {
        var refusal = SpifSample.RefusalWith(old, changed);

        var problem = Assert.Single(refusal.Problems, p => p.Text.Contains(reason, StringComparison.OrdinalIgnoreCase));
        Assert.True(problem.Line > 0, problem.ToString());
        if (changed.Contains('§', StringComparison.Ordinal)) Assert.Equal(SpifSample.Marked(old, changed), (problem.Line, problem.Column));
    }

    [Fact]
    public void Reads_the_sample_that_the_others_break() => Assert.Equal("TEST", SpifSample.Read(SpifSample.Text).Name);

    [Fact]
    public void Tells_everything_at_once()
    {
        var refusal = SpifSample.RefusalWith("lacv=\"2\" hierarchy=\"2\"", "lacv=\"-2\" hierarchy=\"1\" strange=\"1\"");

        Assert.Equal(3, refusal.Problems.Length);
        Assert.All(refusal.Problems, p => Assert.Equal(6, p.Line));
        Assert.Contains("6:", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_classification_that_requires_what_excludes_it()
    {
        var text = SpifSample.Text.Replace(Low, "<securityClassification name=\"LOW\" lacv=\"1\" hierarchy=\"1\">" + Needs("all", "WORDS", "restrictive", 1) + "</securityClassification>", StringComparison.Ordinal)
            .Replace(One, Category("<excludedClass>LOW</excludedClass>"), StringComparison.Ordinal);

        var refusal = Assert.Throws<PolicyRefusedException>(() => SpifSample.Read(text));

        Assert.Equal((5, "Classification LOW requires category ONE, which excludes it"), (Assert.Single(refusal.Problems).Line, refusal.Problems[0].Text));
    }

    [Fact]
    public void Refuses_a_category_that_requires_what_excludes_it()
    {
        var text = SpifSample.Text.Replace(One, Category(Needs("all", "WORDS", "restrictive", 2)), StringComparison.Ordinal)
            .Replace("<tagCategory name=\"TWO\" lacv=\"2\"/>", "<tagCategory name=\"TWO\" lacv=\"2\">" + Excludes("WORDS", "restrictive", 1) + "</tagCategory>", StringComparison.Ordinal);

        Assert.Contains(Assert.Throws<PolicyRefusedException>(() => SpifSample.Read(text)).Problems, p => p.Text is "Category ONE requires category TWO, which excludes it");
    }

    [Fact]
    public void Stops_telling_where_nobody_reads_on()
    {
        var text = SpifSample.Text.Replace(One, string.Concat(Enumerable.Repeat(One, 500)), StringComparison.Ordinal);

        Assert.Equal(101, Assert.Throws<PolicyRefusedException>(() => SpifSample.Read(text)).Problems.Length);
    }

    private static string Category(string content) => $"<tagCategory name=\"ONE\" lacv=\"1\">{content}</tagCategory>";

    private static string Equivalent(string rest) => $"<equivalentSecCategoryTag policyRef=\"OTHER\" tagSetId=\"1.2.3\" tagType=\"restrictive\" {rest}/>";

    private static string Needs(string operation, string set, string type, params int[] values) =>
        $"<requiredCategory operation=\"{operation}\">{string.Concat(values.Select(v => $"<categoryGroup tagSetRef=\"{set}\" tagType=\"{type}\" lacv=\"{v}\"/>"))}</requiredCategory>";

    private static string Excludes(string set, string type, int? value) => $"<excludedCategory tagSetRef=\"{set}\" tagType=\"{type}\" {(value is null ? "all=\"true\"" : $"lacv=\"{value}\"")}/>";
}
