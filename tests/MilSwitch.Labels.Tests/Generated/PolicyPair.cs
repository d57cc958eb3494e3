using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Generated;

/// <summary>
/// Two policies out of a seed that say anything of each other: several elements stand for one and one for several, in one direction or
/// both, of any kind of tag; some are discarded, some bring others with them, and what the two say need not agree.
/// </summary>
internal sealed class PolicyPair
{
    private static readonly TagType[] Types = [TagType.Restrictive, TagType.EnumeratedPermissive, TagType.Permissive, TagType.EnumeratedRestrictive, TagType.EnumeratedPermissive, TagType.InformativeBits];

    private readonly Random random;

    public PolicyPair(int seed)
    {
        random = new Random(seed);
        var id = string.Create(CultureInfo.InvariantCulture, $"1.3.6.1.4.1.99999.7.{seed}");
        SecurityPolicy one = Bare(id + ".1", "ONE"), other = Bare(id + ".2", "OTHER");
        One = Speaking(one, other);
        Other = Speaking(other, one);
    }

    public SecurityPolicy One { get; }

    public SecurityPolicy Other { get; }

    public SecurityLabel Label()
    {
        var categories = One.TagSets.SelectMany(set => set.Tags.GroupBy(tag => tag.Type).Where(_ => random.Next(2) is 0)
            .Select(same => new TagCategory(set.Id, same.Key, [.. same.SelectMany(tag => tag.Categories).OrderBy(_ => random.Next()).Take(random.Next(1, 4)).Select(c => c.Value)])));
        return new SecurityLabel { Policy = One.Id, Classification = Pick(One.Classifications).Value, Categories = [.. categories] };
    }

    // Six tag sets; every second has two tags of its type, of which a label writes the values as one.
    private static SecurityPolicy Bare(string id, string name)
    {
        var ordinal = 0;
        return new SecurityPolicy
        {
            Id = id,
            Name = name,
            Classifications = [.. Enumerable.Range(1, 5).Select(i => new ClassificationDefinition { Name = $"{name} {i}", Value = i, Hierarchy = i * 10 })],
            TagSets = [.. Types.Select((type, s) => new TagSetDefinition
            {
                Name = $"{name} SET {s}",
                Id = string.Create(CultureInfo.InvariantCulture, $"{id}.{s + 1}"),
                Tags = [.. Enumerable.Range(0, 1 + (s % 2)).Select(t => new TagDefinition
                {
                    Name = $"TAG {s}.{t}",
                    Type = type,
                    Categories = [.. Enumerable.Range(t * 4, 4).Select(v => new CategoryDefinition { Name = $"V{s}.{v}", Value = v, Ordinal = ordinal++ })],
                })],
            })],
        };
    }

    private SecurityPolicy Speaking(SecurityPolicy of, SecurityPolicy to) => new()
    {
        Id = of.Id,
        Name = of.Name,
        EquivalentPolicies = [new EquivalentPolicy(to.Id, to.Name, random.Next(6) is 0 ? [new RequiredCategories(RequiredOperation.All, [Reference(to, null)])] : [])],
        Classifications = [.. of.Classifications.Select(c => c with { Equivalents = Classes(c, to) })],
        TagSets = [.. of.TagSets.Select(set => set with
        {
            Equivalents = random.Next(6) is 0 ? [new EquivalentTagSet(to.Id, null, [new RequiredCategories(RequiredOperation.All, [Reference(to, null)])])] : [],
            Tags = [.. set.Tags.Select(tag => tag with { Categories = [.. tag.Categories.Select(c => c with { Equivalents = Categories(set, c, to) })] })],
        })],
    };

    private ImmutableArray<EquivalentClassification> Classes(ClassificationDefinition of, SecurityPolicy to) =>
        random.Next(12) is 0 ? [] : [new EquivalentClassification(to.Id, random.Next(3) > 0 ? of.Value : Pick(to.Classifications).Value, random.Next(3) is 0 ? EquivalenceUse.Both : EquivalenceUse.Encrypt, [])];

    // Mostly into the tag set in the same place, so that labels come through at all.
    private ImmutableArray<EquivalentCategory> Categories(TagSetDefinition set, CategoryDefinition of, SecurityPolicy to)
    {
        if (random.Next(15) is 0) return [];
        if (random.Next(15) is 0) return [new EquivalentCategory(to.Id, null, EquivalenceUse.Encrypt)];
        var index = int.Parse(set.Name[^1..], CultureInfo.InvariantCulture);
        var twin = to.TagSets[index];
        var same = new CategoryReference(twin.Id, twin.Tags[0].Type, of.Value);
        var first = random.Next(3) > 0 ? same : Reference(to, random.Next(4) > 0 ? index : null);
        var use = random.Next(3) is 0 ? EquivalenceUse.Both : EquivalenceUse.Encrypt;
        return random.Next(6) is 0 && Reference(to, index) is var second && second != first
            ? [new EquivalentCategory(to.Id, first, use), new EquivalentCategory(to.Id, second, use)]
            : [new EquivalentCategory(to.Id, first, use)];
    }

    private CategoryReference Reference(SecurityPolicy policy, int? set)
    {
        var chosen = policy.TagSets[set ?? random.Next(policy.TagSets.Length)];
        var tag = Pick(chosen.Tags);
        return new CategoryReference(chosen.Id, tag.Type, Pick(tag.Categories).Value);
    }

    private T Pick<T>(IReadOnlyList<T> list) => list[random.Next(list.Count)];
}
