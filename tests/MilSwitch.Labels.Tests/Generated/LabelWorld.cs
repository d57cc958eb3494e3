using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Generated;

/// <summary>Policies, labels and clearances out of a seed: the same seed gives the same world.</summary>
internal sealed class LabelWorld
{
    private static readonly TagType[] Types =
        [TagType.Restrictive, TagType.EnumeratedPermissive, TagType.Permissive, TagType.EnumeratedRestrictive, TagType.InformativeBits, TagType.InformativeValues];

    private readonly Random random;

    /// <param name="seed">Of everything that follows.</param>
    /// <param name="categories">How many the policy has in all.</param>
    /// <param name="tagSets">Over how many tag sets, one tag in each; the kinds of tag take turns.</param>
    /// <param name="rules">Whether elements are obsolete, required and excluded here and there.</param>
    public LabelWorld(int seed, int categories = 300, int tagSets = 12, bool rules = true)
    {
        random = new Random(seed);
        Policy = MakePolicy(string.Create(CultureInfo.InvariantCulture, $"1.3.6.1.4.1.99999.4.{seed}"), categories, tagSets, rules);
    }

    public SecurityPolicy Policy { get; }

    public Random Random => random;

    /// <summary>A valid label (<see cref="LabelUse.Received"/>) with at most this many categories.</summary>
    public SecurityLabel Label(int mostValues = 10)
    {
        while (true)
        {
            var label = AnyLabel(mostValues);
            // Groups that a random choice misses are completed; what excludes itself is thrown away.
            for (var i = 0; i < 4 && !LabelValidity.IsValid(label, Policy); i++) label = Completed(label);
            if (LabelValidity.IsValid(label, Policy)) return label;
        }
    }

    /// <summary>A label of elements of the policy, which may break its rules.</summary>
    public SecurityLabel AnyLabel(int mostValues = 10)
    {
        var wanted = random.Next(mostValues + 1);
        var tags = Policy.TagSets.SelectMany(set => set.Tags.Select(tag => new PolicyTag(set, tag))).OrderBy(_ => random.Next()).ToArray();
        var categories = ImmutableArray.CreateBuilder<LabelCategory>();
        foreach (var (set, tag) in tags)
        {
            if (wanted is 0) break;
            var count = tag.IsSingleSelection ? 1 : Math.Min(random.Next(1, 4), Math.Min(wanted, tag.Categories.Length));
            wanted -= count;
            categories.Add(Category(set.Id, tag, tag.Categories.OrderBy(_ => random.Next()).Take(count).Select(c => c.Value)));
        }

        return new SecurityLabel
        {
            Policy = Policy.Id,
            Classification = Pick(Policy.Classifications).Value,
            PrivacyMark = random.Next(4) is 0 ? Policy.PrivacyMarks.IsEmpty ? "PERSONAL" : Pick(Policy.PrivacyMarks).Name : null,
            Categories = categories.ToImmutable(),
        };
    }

    /// <summary>A clearance that holds part of what the policy has.</summary>
    /// <param name="share">How much of each tag, 0 to 1.</param>
    public Clearance Clearance(double share = 0.6)
    {
        var isUpTo = random.Next(2) is 0;
        var top = Pick(Policy.Classifications);
        int[] listed = isUpTo ? [top.Value] : [.. Policy.Classifications.Where(c => c.Hierarchy <= top.Hierarchy || random.Next(3) is 0).Where(_ => random.Next(5) > 0).Select(c => c.Value).Order()];
        var categories = Policy.TagSets
            .SelectMany(set => set.Tags.Where(tag => !tag.Type.IsInformative() && random.Next(6) > 0).Select(tag => Category(set.Id, tag, tag.Categories.Where(_ => random.NextDouble() < share).Select(c => c.Value))))
            .Where(category => !category.Values.IsEmpty);
        return new Clearance { Policy = Policy.Id, Classifications = [.. listed], IncludesLower = isUpTo, Categories = [.. categories] };
    }

    /// <summary>A clearance that permits the label, made of what the label has.</summary>
    public Clearance Fitting(SecurityLabel label) => new()
    {
        Policy = Policy.Id,
        Classifications = label.Classification is { } value ? [value] : [],
        Categories = [.. label.Categories.OfType<TagCategory>().Where(tag => !tag.Type.IsInformative()).Select(tag => new TagCategory(
            tag.TagSet, tag.Type, tag.Type.IsPermissive() && tag.Values.Length > 0 ? [tag.Values[random.Next(tag.Values.Length)]] : tag.Values))],
    };

    public T Pick<T>(IReadOnlyList<T> list) => list[random.Next(list.Count)];

    private static TagCategory Category(string set, TagDefinition tag, IEnumerable<int> values) => new(set, tag.Type, [.. values]);

    // Adds what the rules of its elements ask for.
    private SecurityLabel Completed(SecurityLabel label)
    {
        var unmet = LabelValidity.Check(label, Policy).Unmet.Where(step => step.Requirement is not null).Select(step => step.Requirement!).ToArray();
        var categories = label.Categories;
        foreach (var rule in unmet)
        {
            foreach (var reference in rule.Operation is RequiredOperation.All ? rule.Group : [rule.Group[0]])
            {
                var value = reference.Value ?? Policy.Tag(reference.TagSet, reference.Type)!.Tag.Categories[0].Value;
                var there = categories.OfType<TagCategory>().FirstOrDefault(tag => tag.TagSet == reference.TagSet && tag.Type == reference.Type);
                if (there?.Contains(value) is true) continue;
                var with = new TagCategory(reference.TagSet, reference.Type, [.. there?.Values ?? [], value]);
                categories = there is null ? categories.Add(with) : categories.Replace(there, with);
            }
        }

        return label with { Categories = categories };
    }

    private SecurityPolicy MakePolicy(string id, int categories, int tagSets, bool rules)
    {
        string[] names = ["UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET"];
        var sets = ImmutableArray.CreateBuilder<TagSetDefinition>(tagSets);
        var ordinal = 0;
        for (var s = 0; s < tagSets; s++)
        {
            var setId = string.Create(CultureInfo.InvariantCulture, $"{id}.{s + 1}");
            var type = Types[s % Types.Length];
            var count = (categories / tagSets) + (s < categories % tagSets ? 1 : 0);
            var values = ImmutableArray.CreateBuilder<CategoryDefinition>(count);
            for (var v = 0; v < count; v++)
            {
                values.Add(new CategoryDefinition
                {
                    Name = string.Create(CultureInfo.InvariantCulture, $"S{s + 1}V{v}"),
                    Value = type.IsBitMap() ? v : (v * 3) + 100,
                    Ordinal = ordinal++,
                    IsObsolete = rules && random.Next(40) is 0,
                    ExcludedClassifications = rules && random.Next(25) is 0 ? [1] : [],
                    // Only the first three values of the sets before: those that they point at ask for nothing themselves.
                    Required = rules && s > 2 && v > 2 && random.Next(30) is 0 ? [Group(sets, random.Next(s - 1))] : [],
                    Excluded = rules && s > 2 && v > 2 && random.Next(30) is 0 ? [Reference(sets[random.Next(s)], random.Next(3))] : [],
                });
            }

            sets.Add(new TagSetDefinition
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"Set {s + 1}"),
                Id = setId,
                Tags = [new TagDefinition { Name = string.Create(CultureInfo.InvariantCulture, $"Tag {s + 1}"), Type = type, IsSingleSelection = rules && s % 7 is 6, Categories = values.ToImmutable() }],
            });
        }

        return new SecurityPolicy
        {
            Id = id,
            Name = "WORLD",
            Version = "1",
            Classifications = [.. names.Select((name, i) => new ClassificationDefinition { Name = name, Value = i + 1, Hierarchy = (i + 1) * 10, IsObsolete = rules && i is 1 })],
            TagSets = sets.ToImmutable(),
            PrivacyMarks = rules ? [new PrivacyMarkDefinition("PERSONAL", false, []), new PrivacyMarkDefinition("STAFF", true, [])] : [],
        };
    }

    private RequiredCategories Group(ImmutableArray<TagSetDefinition>.Builder sets, int set) =>
        new((RequiredOperation)random.Next(1, 4), [Reference(sets[set], 0), Reference(sets[set + 1], 1)]);

    private static CategoryReference Reference(TagSetDefinition set, int index) => new(set.Id, set.Tags[0].Type, set.Tags[0].Categories[index].Value);
}
