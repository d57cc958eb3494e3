using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Tests.Xml;

namespace MilSwitch.Labels.Tests.Markings;

public sealed class MarkingTextTests
{
    [Theory]
    [InlineData(MarkingPlace.Display, null, "NORTHLAND SECRET ATOMIC MEDICAL CARE Releasable to SOUTHLAND, Eastland - STAFF PERSONAL")]
    [InlineData(MarkingPlace.Subject, null, "NORTHLAND SECRET ATOMIC MED Releasable to SOUTHLAND, Eastland - STAFF PERSONAL")]
    [InlineData(MarkingPlace.PageBottom, null, "NORTHLAND SECRET ATOMIC/MEDICAL Releasable to SOUTHLAND, Eastland STAFF/PERSONAL")]
    [InlineData(MarkingPlace.Display, "fr", "NORTHLAND SECRET (fr) ATOMIC MEDICAL CARE Communicable à SOUTHLAND, Eastland - STAFF PERSONAL")]
    [InlineData(MarkingPlace.Display, "FR-be", "NORTHLAND SECRET (fr) ATOMIC MEDICAL CARE Communicable à SOUTHLAND, Eastland - STAFF PERSONAL")]
    [InlineData(MarkingPlace.Display, "fr-CA", "NORTHLAND SECRET (ca) ATOMIC MEDICAL CARE Communicable à SOUTHLAND, Eastland - STAFF PERSONAL")]
    [InlineData(MarkingPlace.Display, "de", "NORTHLAND SECRET ATOMIC MEDICAL CARE Releasable to SOUTHLAND, Eastland - STAFF PERSONAL")]
    public void Shows_phrases_of_the_place_and_the_language(MarkingPlace place, string? language, string expected)
    {
        var label = SamplePolicy.Label(
            4,
            new TagCategory(SamplePolicy.Staff, TagType.InformativeBits, [3, 2]),
            new TagCategory(SamplePolicy.Release, TagType.EnumeratedPermissive, [20, 10]),
            new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [3, 1]));

        Assert.Equal(expected, MarkingText.Generate(label, SamplePolicy.Policy, place, language));
    }

    [Fact]
    public void Lets_a_classification_replace_the_name_of_the_policy_in_every_language()
    {
        Assert.Equal("STELLAR *TOP SECRET*", MarkingText.Generate(SamplePolicy.Label(5), SamplePolicy.Policy, MarkingPlace.Display));
        Assert.Equal("STELLAR *TRES SECRET*", MarkingText.Generate(SamplePolicy.Label(5), SamplePolicy.Policy, MarkingPlace.Display, "fr"));
    }

    [Fact]
    public void Lets_a_category_replace_the_name_of_the_policy() =>
        Assert.Equal("NORTHLAND/JOINT SECRET", MarkingText.Generate(SamplePolicy.Label(4, new TagCategory(SamplePolicy.Context, TagType.Permissive, [0, 1])), SamplePolicy.Policy, MarkingPlace.Display));

    [Fact]
    public void Hides_the_classification_beside_a_category_that_says_it() =>
        Assert.Equal("NORTHLAND OPEN-SENSITIVE", MarkingText.Generate(SamplePolicy.Label(1, new TagCategory(SamplePolicy.Context, TagType.Permissive, [2])), SamplePolicy.Policy, MarkingPlace.Display));

    [Fact]
    public void Hides_what_the_policy_hides() =>
        Assert.Equal("NORTHLAND OPEN", MarkingText.Generate(SamplePolicy.Label(1, new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [2])) with { PrivacyMark = "HIDDEN" }, SamplePolicy.Policy, MarkingPlace.Display));

    [Fact]
    public void Shows_what_the_policy_does_not_know()
    {
        var label = SamplePolicy.Label(9, new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [1, 9]), new TagCategory("1.9", TagType.Permissive, [4]), new UnknownCategory("1.8.7", new byte[] { 5, 0 }));

        Assert.Equal("NORTHLAND [classification 9] ATOMIC [1.2.826.0.1.1.77.1 restrictive 9] [1.9 permissive 4] [1.8.7]", MarkingText.Generate(label, SamplePolicy.Policy, MarkingPlace.Display));
    }

    [Fact]
    [Trait("Threat", "C11")]
    public void Shows_no_character_of_a_privacy_mark_that_breaks_or_turns_the_line() =>
        Assert.Equal("NORTHLAND OPEN A  B C", MarkingText.Generate(SamplePolicy.Label(1) with { PrivacyMark = "A\r\nB\u202EC" }, SamplePolicy.Policy, MarkingPlace.Subject));

    [Fact]
    public void Refuses_a_label_of_another_policy() => Assert.Equal(
        LabelFault.UnknownPolicy,
        Assert.Throws<LabelRefusedException>(() => MarkingText.Generate(new SecurityLabel { Policy = "1.2" }, SamplePolicy.Policy, MarkingPlace.Display)).Fault);
}
