using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Tests.Xml;

namespace MilSwitch.Labels.Tests.Markings;

public sealed class MarkingGrammarTests
{
    private static readonly MarkingPlace[] Places = Enum.GetValues<MarkingPlace>();

    [Fact]
    public void Reads_back_every_marking_of_generated_labels()
    {
        for (var i = 0; i < 600; i++)
        {
            var policy = GeneratedPolicy.Make(i % 12);
            var label = GeneratedPolicy.Label(new Random(i), policy);
            var (place, language) = (Places[i % Places.Length], i % 2 == 0 ? null : "de");
            var marking = MarkingText.Generate(label, policy, place, language);

            Assert.Equal(label, MarkingGrammar.For(policy, place, language).Parse(marking));
            Assert.True(MarkingGrammar.For(policy, place, language).Carries(label));
        }
    }

    [Fact]
    public void Takes_any_white_space_for_a_space()
    {
        var label = SamplePolicy.Label(4, new TagCategory(SamplePolicy.Release, TagType.EnumeratedPermissive, [10, 20]));

        Assert.Equal(label, Display.Parse("  NORTHLAND\tSECRET  Releasable \r\n to SOUTHLAND,   Eastland "));
    }

    [Fact]
    public void Brings_back_what_the_policy_shows()
    {
        var label = SamplePolicy.Label(
            5,
            new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [1, 3]),
            new TagCategory(SamplePolicy.Staff, TagType.InformativeBits, [2, 3])) with { PrivacyMark = "MEDICAL IN CONFIDENCE" };

        Assert.Equal(label, Display.Parse("STELLAR *TOP SECRET* ATOMIC MEDICAL CARE - STAFF PERSONAL MEDICAL IN CONFIDENCE"));
        Assert.Equal(SamplePolicy.Label(4, new TagCategory(SamplePolicy.Context, TagType.Permissive, [0])), Display.Parse("NORTHLAND/JOINT SECRET"));
        Assert.Equal(SamplePolicy.Label(null), Display.Parse("NORTHLAND"));
    }

    [Fact]
    public void Brings_back_a_hidden_classification_that_is_the_only_possible_one() =>
        Assert.Equal(SamplePolicy.Label(1, new TagCategory(SamplePolicy.Context, TagType.Permissive, [2])), Display.Parse("NORTHLAND OPEN-SENSITIVE"));

    [Fact]
    public void Says_when_a_marking_shows_less_than_the_label()
    {
        Assert.False(Display.Carries(SamplePolicy.Label(1, new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [2]))));
        Assert.False(Display.Carries(SamplePolicy.Label(1) with { PrivacyMark = "ANYTHING" }));
        Assert.False(Display.Carries(SamplePolicy.Label(9)));
        Assert.True(Display.Carries(SamplePolicy.Label(1, new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [1]))));
    }

    [Theory]
    [InlineData("NORTHLAND SECRETIVE", 16)]
    [InlineData("NORTHLAND OPENED", 14)]
    [InlineData("SOUTHLAND SECRET", 0)]
    [InlineData("NORTHLAND SECRET EASTLAND", 16)]
    [InlineData("NORTHLAND  SECRET Releasable to Eastland, SOUTHLAND", 40)]
    [InlineData("STELLAR SECRET", 7)]
    [InlineData("NORTHLAND TOP SECRET", 9)]
    [InlineData("", 0)]
    public void Refuses_what_is_no_marking_and_says_where(string text, int position)
    {
        var refusal = Assert.Throws<LabelRefusedException>(() => Display.Parse(text));

        Assert.Equal(LabelFault.UnknownName, refusal.Fault);
        Assert.Equal(position, refusal.Position);
        Assert.False(Display.TryParse(text, out _));
    }

    [Fact]
    [Trait("Threat", "C11")]
    public void Refuses_a_text_that_two_labels_give()
    {
        var policy = Words("A", "A B", "B");
        var grammar = MarkingGrammar.For(policy, MarkingPlace.FirstLine);

        Assert.Equal(LabelFault.Ambiguous, Assert.Throws<LabelRefusedException>(() => grammar.Parse("P X A B")).Fault);
        Assert.True(grammar.TryParse("P X A", out _));
    }

    [Fact]
    [Trait("Threat", "C11")]
    public void Refuses_a_text_with_more_readings_than_stars()
    {
        var policy = Words([.. Enumerable.Range(0, 300).Select(i => new string('A', 1 + (i % 20)))]);
        var grammar = MarkingGrammar.For(policy, MarkingPlace.FirstLine);

        var refusal = Assert.Throws<LabelRefusedException>(() => grammar.Parse("P X " + string.Join(' ', Enumerable.Repeat("A AA AAA", 40))));

        Assert.True(refusal.Fault is LabelFault.Ambiguous or LabelFault.TooLarge or LabelFault.UnknownName);
    }

    [Fact]
    [Trait("Threat", "C11")]
    public void Sees_both_phrases_that_a_reduced_space_makes_the_same() => Assert.Equal(
        LabelFault.Ambiguous,
        Assert.Throws<LabelRefusedException>(() => MarkingGrammar.For(Words("A", " A"), MarkingPlace.FirstLine).Parse("P X A")).Fault);

    [Fact]
    public void Refuses_a_text_beyond_its_bound() =>
        Assert.Equal(LabelFault.TooLarge, Assert.Throws<LabelRefusedException>(() => Display.Parse(new string('A', MarkingGrammar.Longest + 1))).Fault);

    [Fact]
    public void Yields_nothing_but_labels_and_refusals_for_changed_markings()
    {
        var random = new Random(20);
        var policies = Enumerable.Range(0, 5).Select(i => GeneratedPolicy.Make(i)).ToArray();
        for (var i = 0; i < 5_000; i++)
        {
            var policy = policies[i % policies.Length];
            var text = MarkingText.Generate(GeneratedPolicy.Label(random, policy), policy, MarkingPlace.Subject).ToCharArray();
            for (var n = random.Next(1, 4); n > 0; n--) text[random.Next(text.Length)] = (char)random.Next(32, 500);
            var grammar = MarkingGrammar.For(policy, MarkingPlace.Subject);

            if (grammar.TryParse(new string(text), out var label)) Assert.Equal(MarkingLine.Normal(new string(text)), MarkingLine.Normal(MarkingText.Generate(label, policy, MarkingPlace.Subject)));
        }
    }

    private static MarkingGrammar Display => MarkingGrammar.For(SamplePolicy.Policy, MarkingPlace.Display);

    private static SecurityPolicy Words(params string[] words) => new()
    {
        Id = "1.2.3",
        Name = "P",
        Classifications = [new ClassificationDefinition { Name = "X", Value = 1, Hierarchy = 1 }],
        TagSets =
        [
            new TagSetDefinition
            {
                Name = "T", Id = "1.2.3.1",
                Tags = [new TagDefinition { Name = "T", Type = TagType.Restrictive, Categories = [.. words.Select((w, i) => new CategoryDefinition { Name = w, Value = i, Ordinal = i })], Qualifiers = [new MarkingQualifier(MarkingCodes.None, null, null, " ", null)] }],
            },
        ],
    };
}
