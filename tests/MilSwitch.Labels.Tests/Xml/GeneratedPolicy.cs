using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Xml;

/// <summary>Policies and labels by the seed: the same seed, the same policy.</summary>
internal static class GeneratedPolicy
{
    private static readonly TagType[] Types = [TagType.Restrictive, TagType.Permissive, TagType.EnumeratedRestrictive, TagType.EnumeratedPermissive, TagType.InformativeBits];
    private static readonly string[] Words = ["ALPHA", "BRAVO", "CHARLIE", "DELTA", "ECHO", "FOX <TROT>", "GOLF & HOTEL", "INDIA \"Q\"", "Jérôme", "Ελλάδα", "KILO-LIMA", "MIKE/NOVEMBER"];

    public static SecurityPolicy Make(int seed, int tagSets = 4, int categories = 12)
    {
        var random = new Random(seed);
        var id = $"1.2.3.{seed}";
        var ordinal = 0;
        var sets = Enumerable.Range(0, tagSets).Select(s => new TagSetDefinition
        {
            Name = $"Set {s}",
            Id = $"{id}.{s}",
            Tags = [.. Types.Take(1 + random.Next(Types.Length)).Select(type => new TagDefinition
            {
                Name = $"{type} of {s}",
                Type = type,
                Categories = [.. Enumerable.Range(0, categories).Select(c => Category(random, s, type, c, ordinal++))],
                Qualifiers = random.Next(3) == 0 ? [] : [new MarkingQualifier(MarkingCodes.PageTop, null, random.Next(2) == 0 ? $"T{s}{(int)type}: " : null, ", ", random.Next(2) == 0 ? $" END{s}{(int)type}" : null)],
            })],
            Qualifiers = random.Next(2) == 0 ? [] : [new MarkingQualifier(MarkingCodes.None, null, $"<{s} ", " + ", $" {s}>")],
        }).ToImmutableArray();
        return new SecurityPolicy
        {
            Id = id,
            Name = $"POLICY {seed}",
            Classifications = [.. Enumerable.Range(0, 5).Select(c => new ClassificationDefinition { Name = $"LEVEL {c}", Value = c * 3, Hierarchy = c, Markings = Phrases(random, $"Stufe {c}") })],
            TagSets = sets,
            PrivacyMarks = [new PrivacyMarkDefinition("PERSONAL", false, []), new PrivacyMarkDefinition("STAFF IN CONFIDENCE", false, [new MarkingData("STAFF ONLY", null, MarkingCodes.None)])],
            Qualifiers = random.Next(2) == 0 ? [] : [new MarkingQualifier(MarkingCodes.PageTop | MarkingCodes.PageBottom, null, "[ ", null, " ]")],
        };
    }

    /// <summary>Each tag at most once, values that the policy knows.</summary>
    public static SecurityLabel Label(Random random, SecurityPolicy policy, bool withMark = true)
    {
        var categories = policy.TagSets.SelectMany(s => s.Tags.Select(t => (Set: s, Tag: t))).Where(_ => random.Next(3) == 0).Select(t => (LabelCategory)new TagCategory(
            t.Set.Id, t.Tag.Type, [.. t.Tag.Categories.Where(_ => random.Next(4) == 0).Select(c => c.Value)])).Where(c => ((TagCategory)c).Values.Length > 0).ToImmutableArray();
        return new SecurityLabel
        {
            Policy = policy.Id,
            Classification = policy.Classifications[random.Next(policy.Classifications.Length)].Value,
            PrivacyMark = withMark && random.Next(3) == 0 ? policy.PrivacyMarks[random.Next(policy.PrivacyMarks.Length)].Name : null,
            Categories = categories,
        };
    }

    private static CategoryDefinition Category(Random random, int set, TagType type, int index, int ordinal) => new()
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"{Words[random.Next(Words.Length)]} {set}{(int)type}{index:00}"),
        Value = type.IsBitMap() ? index * 2 : 100 + (index * 7),
        Ordinal = ordinal,
        Markings = random.Next(3) == 0 ? Phrases(random, $"Phrase {set}.{(int)type}.{index}") : [],
    };

    private static ImmutableArray<MarkingData> Phrases(Random random, string phrase) => random.Next(2) == 0
        ? [new MarkingData(phrase + " d", "de", MarkingCodes.PageTop), new MarkingData(phrase, null, MarkingCodes.PageTop | MarkingCodes.PageBottom)]
        : [new MarkingData(phrase, null, MarkingCodes.None)];
}
