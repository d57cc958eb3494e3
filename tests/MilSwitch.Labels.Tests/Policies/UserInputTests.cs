using System.Text;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Translation;

namespace MilSwitch.Labels.Tests.Policies;

/// <summary>Categories whose value people enter.</summary>
public sealed class UserInputTests
{
    private const string Id = "1.3.6.1.4.1.99999.4.5";
    private const string Dates = Id + ".3";
    private const int Day = 20261231;

    private static readonly SecurityPolicy Policy = With("<tagCategory name=\"UNTIL\" lacv=\"0\" userInput=\"date\"/><tagCategory name=\"FOR EVER\" lacv=\"1\"/>");

    [Theory]
    [InlineData(Day, true)]
    [InlineData(20240229, true)]
    [InlineData(20260229, false)]
    [InlineData(20261301, false)]
    [InlineData(1, true)]
    [InlineData(0, false)]
    [InlineData(2, false)]
    public void Takes_dates_and_what_is_listed(int value, bool isValid) => Assert.Equal(isValid, LabelValidity.IsValid(Label(value), Policy));

    [Theory]
    [InlineData(5, true)]
    [InlineData(999_999_999, true)]
    [InlineData(1_000_000_000, false)]
    [InlineData(0, false)]
    public void Takes_numbers(int value, bool isValid) => Assert.Equal(isValid, LabelValidity.IsValid(Label(value), With("<tagCategory name=\"COPIES\" lacv=\"0\" userInput=\"integer\"/>")));

    [Fact]
    public void Shows_what_was_entered_and_reads_it_back()
    {
        Agrees("TEST LOW UNTIL 20261231", Label(Day), Policy);
        Agrees("TEST LOW UNTIL 20261231/UNTIL 20270101/FOR EVER", Label(Day, 20270101, 1), Policy);
        Assert.Equal($"TEST LOW [{Dates} informative 20261399]", MarkingText.Generate(Label(20261399), Policy, MarkingPlace.PageTop));
        Assert.False(MarkingGrammar.For(Policy, MarkingPlace.PageTop).TryParse("TEST LOW UNTIL 20261399", out _));
    }

    [Fact]
    public void Shows_what_was_entered_between_its_qualifiers()
    {
        var policy = With("""
            <tagCategory name="UNTIL" lacv="0" userInput="date" dateFormat="YYYY-MM-DD"><markingQualifier><qualifier markingQualifier="until " qualifierCode="prefix"/><qualifier markingQualifier="!" qualifierCode="suffix"/></markingQualifier></tagCategory>
            """);

        Agrees("TEST LOW until 2026-12-31!", Label(Day), policy);
    }

    [Fact]
    public void Carries_what_was_entered()
    {
        var policies = new PolicySet([Policy]);
        var xml = Stanag4774.Write(new Stanag4774Label { Kind = Stanag4774Kind.Originator, Label = Label(Day, 1) }, policies);

        Assert.Equal(Label(Day, 1), Stanag4774.Read(xml, policies).Label);
        Assert.Contains("GenericValue>20261231<", Encoding.UTF8.GetString(xml), StringComparison.Ordinal);
        Assert.Equal(Label(Day, 1), EssLabel.Read(EssLabel.Encode(Label(Day, 1))));
    }

    [Fact]
    public void Names_what_was_entered_with_its_category() =>
        Assert.Equal("UNTIL 20261231", Policy.Tag(Dates, TagType.InformativeValues)!.Tag.Find(Day)!.Name);

    [Fact]
    public void Needs_in_a_clearance_what_was_entered()
    {
        var policy = With("<tagCategory name=\"CASE\" lacv=\"0\" userInput=\"integer\"/>", "tagType=\"enumerated\" enumType=\"restrictive\"");
        var clearance = ClearanceBinding.Bind(new ClearanceText { Policy = "TEST", UpTo = "HIGH", Categories = new Dictionary<string, IReadOnlyList<string>> { ["DATES"] = ["4711"] } }, policy);

        Assert.True(AccessControl.Permits(Case(4711), clearance, policy));
        Assert.False(AccessControl.Permits(Case(4712), clearance, policy));

        static SecurityLabel Case(int number) => new() { Policy = Id, Classification = 1, Categories = [new TagCategory(Dates, TagType.EnumeratedRestrictive, [number])] };
    }

    [Fact]
    public void Translates_what_was_entered_into_what_is_entered_there()
    {
        var from = With("<tagCategory name=\"UNTIL\" lacv=\"0\" userInput=\"date\"><equivalentSecCategoryTag policyRef=\"OTHER\" tagSetId=\"1.2.3\" tagType=\"tagType7\" tag7Encoding=\"securityAttributes\" lacv=\"9\" applied=\"both\"/></tagCategory>");
        var to = new SecurityPolicy
        {
            Id = "1.3.6.1.4.1.99999.4.6", Name = "OTHER", Classifications = [new ClassificationDefinition { Name = "UP", Value = 2, Hierarchy = 2 }],
            TagSets = [new TagSetDefinition { Name = "END", Id = "1.2.3", Tags = [new TagDefinition { Name = "END", Type = TagType.InformativeValues, Categories = [new CategoryDefinition { Name = "END", Value = 9, Ordinal = 0, Input = new UserInput(true, false) }] }] }],
        };

        var result = Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(Label(Day) with { Classification = 2 }, from, to));
        Assert.Equal(new TagCategory("1.2.3", TagType.InformativeValues, [Day]), Assert.Single(result.Label.Categories));
    }

    [Theory]
    [InlineData("<tagCategory name=\"A\" lacv=\"0\" userInput=\"string\" dateFormat=\"YYYYMMDD\"/>", "is no date")]
    [InlineData("<tagCategory name=\"A\" lacv=\"0\" userInput=\"time\"/>", "userInput")]
    [InlineData("<tagCategory name=\"A\" lacv=\"0\" userInput=\"date\" dateFormat=\"DD.MM.YYYY\"/>", "dateFormat")]
    [InlineData("<tagCategory name=\"A\" lacv=\"0\" userInput=\"integer\" dateFormat=\"YYYYMMDD\"/>", "is no date")]
    [InlineData("<tagCategory name=\"A\" lacv=\"0\" userInput=\"integer\"/><tagCategory name=\"B\" lacv=\"1\" userInput=\"date\"/>", "two categories with user input")]
    [InlineData("<tagCategory name=\"A\" lacv=\"0\" userInput=\"date\"/><tagCategory name=\"B\" lacv=\"1\"><requiredCategory operation=\"all\"><categoryGroup tagSetRef=\"DATES\" tagType=\"tagType7\" lacv=\"0\"/></requiredCategory></tagCategory>", "stands for any value")]
    [Trait("Threat", "X2")]
    public void Refuses_with_a_reason(string categories, string reason) =>
        Assert.Contains(Assert.Throws<PolicyRefusedException>(() => With(categories)).Problems, p => p.Text.Contains(reason, StringComparison.Ordinal) && p.Line > 1);

    [Fact]
    public void Refuses_a_value_to_be_entered_in_bits() =>
        Assert.Contains(Assert.Throws<PolicyRefusedException>(() => With("<tagCategory name=\"A\" lacv=\"0\" userInput=\"integer\"/>", "tagType=\"restrictive\"")).Problems, p => p.Text.Contains("tag of bits", StringComparison.Ordinal));

    private static void Agrees(string marking, SecurityLabel label, SecurityPolicy policy)
    {
        Assert.Equal(marking, MarkingText.Generate(label, policy, MarkingPlace.PageTop));
        Assert.Equal(label, MarkingGrammar.For(policy, MarkingPlace.PageTop).Parse(marking));
    }

    private static SecurityPolicy With(string categories, string type = "tagType=\"tagType7\" tag7Encoding=\"securityAttributes\"") => SpifSample.ReadWith(
        "</securityCategoryTagSets>", $"<securityCategoryTagSet name=\"DATES\" id=\"{Dates}\"><securityCategoryTag name=\"Dates\" {type}>{categories}</securityCategoryTag></securityCategoryTagSet></securityCategoryTagSets>");

    private static SecurityLabel Label(params int[] values) => new() { Policy = Id, Classification = 1, Categories = [new TagCategory(Dates, TagType.InformativeValues, [.. values])] };
}
