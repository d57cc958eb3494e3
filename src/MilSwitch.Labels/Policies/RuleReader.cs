using System.Collections.Frozen;
using System.Collections.Immutable;

namespace MilSwitch.Labels.Policies;

/// <summary>Reads rules that point to other elements: of this policy, which are looked up, or of another, which can't be. Not thread-safe.</summary>
internal sealed class RuleReader(PolicyHeadings headings, SpifValues values)
{
    private static readonly FrozenDictionary<string, RequiredOperation> Operations = new Dictionary<string, RequiredOperation>(StringComparer.Ordinal)
    {
        ["onlyOne"] = RequiredOperation.OnlyOne,
        ["oneOrMore"] = RequiredOperation.OneOrMore,
        ["all"] = RequiredOperation.All,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, EquivalenceUse> Uses = new Dictionary<string, EquivalenceUse>(StringComparer.Ordinal)
    {
        ["encrypt"] = EquivalenceUse.Encrypt,
        ["decrypt"] = EquivalenceUse.Decrypt,
        ["both"] = EquivalenceUse.Both,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, bool> Actions = new Dictionary<string, bool>(StringComparer.Ordinal) { ["discard"] = true }.ToFrozenDictionary();

    /// <param name="element">That has the rules.</param>
    /// <param name="isOwn">They speak of categories of this policy; else of another.</param>
    public ImmutableArray<RequiredCategories> Required(SpifElement element, bool isOwn)
    {
        var all = ImmutableArray.CreateBuilder<RequiredCategories>();
        foreach (var rule in element.All("requiredCategory"))
        {
            var group = ImmutableArray.CreateBuilder<CategoryReference>();
            foreach (var member in rule.All("categoryGroup"))
            {
                if ((isOwn ? Own(member) : Foreign(member)) is not { } reference) continue;
                if (group.Contains(reference)) values.Problems.Add(member.Place, "A category is in the group twice");
                else group.Add(reference);
            }

            if (!rule.Children.Exists(c => c.Name is "categoryGroup")) values.Problems.Add(rule.Place, "requiredCategory has no categoryGroup");
            if (values.Choice(rule, "operation", Operations) is { } operation && group.Count > 0) all.Add(new RequiredCategories(operation, group.ToImmutable()));
        }

        return all.ToImmutable();
    }

    public ImmutableArray<CategoryReference> Excluded(SpifElement element)
    {
        var all = ImmutableArray.CreateBuilder<CategoryReference>();
        foreach (var rule in element.All("excludedCategory"))
        {
            if (Own(rule) is not { } reference) continue;
            if (all.Contains(reference)) values.Problems.Add(rule.Place, "A category is excluded twice");
            else all.Add(reference);
        }

        return all.ToImmutable();
    }

    public ImmutableArray<EquivalentClassification> EquivalentClassifications(SpifElement element)
    {
        var all = ImmutableArray.CreateBuilder<EquivalentClassification>();
        foreach (var rule in element.All("equivalentClassification"))
        {
            if (Policy(rule) is { } policy && values.Integer(rule, "lacv", 0, LabelBounds.Classification) is { } value && values.Choice(rule, "applied", Uses) is { } applied)
                all.Add(new EquivalentClassification(policy, value, applied, Required(rule, isOwn: false)));
        }

        return all.ToImmutable();
    }

    public ImmutableArray<EquivalentCategory> EquivalentCategories(SpifElement element)
    {
        var all = ImmutableArray.CreateBuilder<EquivalentCategory>();
        foreach (var rule in element.All("equivalentSecCategoryTag"))
        {
            var policy = Policy(rule);
            var applied = values.Choice(rule, "applied", Uses);
            var set = values.ObjectIdentifier(rule, "tagSetId");
            var types = TagTypeWords.Possible(rule, values);
            if (values.Choice(rule, "action", Actions) is true)
            {
                if (policy is not null && applied is { } use) Add(all, new EquivalentCategory(policy, null, use), rule);
                continue;
            }

            if (rule["lacv"] is null) values.Problems.Add(rule.Place, "equivalentSecCategoryTag lacks its attribute lacv");
            var isBits = types.Length > 0 && types[0].IsBitMap() && types is not [_, _];
            var (value, text) = values.Lacv(rule, isBits ? LabelBounds.BitPosition : int.MaxValue, mayBeText: types.Length > 0 && !isBits);
            if (types.Length > 1 && !types[0].IsInformative()) values.Problems.Add(rule.Place, $"{rule.Name} lacks its attribute enumType, which its tagType needs");
            if (policy is not null && applied is { } both && (value is not null || text is not null) && types.Length > 0)
            {
                // An informative text is one of a list, whichever of the two the rule means.
                Add(all, new EquivalentCategory(policy, new CategoryReference(set, text is null ? types[0] : types[^1], value) { Text = text }, both), rule);
            }
        }

        return all.ToImmutable();
    }

    public ImmutableArray<EquivalentTagSet> EquivalentTagSets(SpifElement element)
    {
        var all = ImmutableArray.CreateBuilder<EquivalentTagSet>();
        foreach (var rule in element.All("equivalentSecurityCategoryTagSet"))
        {
            var id = rule["id"] is null ? null : values.ObjectIdentifier(rule, "id");
            var name = rule["name"] is null ? null : values.Name(rule);
            var required = Required(rule, isOwn: false);
            if (Policy(rule) is not { } policy) continue;
            if (all.Any(e => e.Policy == policy && e.TagSet == (id ?? name))) values.Problems.Add(rule.Place, "The same equivalence is there twice");
            else all.Add(new EquivalentTagSet(policy, id ?? name, required));
        }

        return all.ToImmutable();
    }

    public ImmutableArray<int> ExcludedClassifications(SpifElement element)
    {
        var all = new SortedSet<int>();
        foreach (var rule in element.All("excludedClass"))
        {
            if (Classification(rule.Text) is not { } value) values.Problems.Add(rule.Place, "excludedClass names a classification that the policy doesn't have");
            else if (!all.Add(value)) values.Problems.Add(rule.Place, "A classification is excluded twice");
        }

        if (element["requiredClass"] is { } required)
        {
            // To need one classification is to exclude all others.
            if (Classification(required) is not { } value) values.Problems.Add(element.PlaceOf("requiredClass"), "requiredClass names a classification that the policy doesn't have");
            else if (all.Contains(value)) values.Problems.Add(element.PlaceOf("requiredClass"), "A category requires a classification that it excludes");
            else all.UnionWith(headings.Classifications.Where(c => c.Value is not null && c.Value != value).Select(c => c.Value!.Value));
        }

        return [.. all];
    }

    private int? Classification(string name) => headings.Classifications.FirstOrDefault(c => c.Name == name)?.Value;

    private void Add(ImmutableArray<EquivalentCategory>.Builder all, EquivalentCategory made, SpifElement rule)
    {
        foreach (var other in all.Where(o => o.Policy == made.Policy && (o.Applied & made.Applied) is not 0))
        {
            if (other.Category == made.Category) values.Problems.Add(rule.Place, "The same equivalence is there twice");
            else if (other.IsDiscarded || made.IsDiscarded) values.Problems.Add(rule.Place, "A category is both discarded and equivalent in the same direction");
        }

        all.Add(made);
    }

    private string? Policy(SpifElement rule)
    {
        if (rule["policyRef"] is not { } reference) return null;
        var policy = headings.FindPolicy(reference);
        if (policy is null) values.Problems.Add(rule.PlaceOf("policyRef"), $"The policyRef of {rule.Name} is not among the equivalent policies");
        return policy;
    }

    private CategoryReference? Own(SpifElement rule)
    {
        if (rule["tagSetRef"] is not { } name) return null;
        var types = TagTypeWords.Possible(rule, values);
        if (headings.FindTagSet(name) is not { } set)
        {
            values.Problems.Add(rule.PlaceOf("tagSetRef"), $"The tagSetRef of {rule.Name} names a tag set that the policy doesn't have");
            return null;
        }

        var tags = set.Tags.Where(t => t.Type is { } type && types.Contains(type)).ToArray();
        if (types.Length > 0 && tags.Length is 0) values.Problems.Add(rule.PlaceOf("tagType"), $"The tag set of {rule.Name} has no tag of this type");
        var (value, text) = Value(rule, tags.Length > 0 ? [.. tags.Select(t => t.Type!.Value)] : types);
        if (tags.Length is 0) return null;
        if (tags.Any(t => t.Type != tags[0].Type))
        {
            values.Problems.Add(rule.PlaceOf("tagType"), $"The tagType of {rule.Name} fits tags of two kinds");
            return null;
        }

        if ((value is not null || text is not null) && !tags.Any(t => t.Find(value, text) is not null))
        {
            values.Problems.Add(rule.PlaceOf("lacv"), $"The lacv of {rule.Name} is none of its tag");
            return null;
        }

        if (tags.Any(t => t.Find(value, text)?.IsOpen is true))
        {
            values.Problems.Add(rule.PlaceOf("lacv"), $"The lacv of {rule.Name} is that of a category with user input, which stands for any value; say all");
            return null;
        }

        return new CategoryReference(set.Id, tags[0].Type!.Value, value) { Text = text };
    }

    // Its policy is not at hand: the tag set stays a name until somebody has both (SecurityPolicy.Resolve).
    private CategoryReference? Foreign(SpifElement rule)
    {
        var types = TagTypeWords.Possible(rule, values);
        if (types.Length > 1 && !types[0].IsInformative()) values.Problems.Add(rule.Place, $"{rule.Name} lacks its attribute enumType, which its tagType needs");
        var (value, text) = Value(rule, types);
        // What can't be read has been told, and must not stand for all.
        if (value is null && text is null && rule["lacv"] is not null) return null;
        return types.Length > 0 && rule["tagSetRef"] is not null ? new CategoryReference(values.Name(rule, "tagSetRef"), text is null ? types[0] : types[^1], value) { Text = text } : null;
    }

    private (int? Value, string? Text) Value(SpifElement rule, TagType[] types)
    {
        var all = values.Flag(rule, "all");
        if (all && rule["lacv"] is not null) values.Problems.Add(rule.PlaceOf("lacv"), $"{rule.Name} means both all of a tag and one of its values");
        if (rule["all"] is not null && !all && rule["lacv"] is null) values.Problems.Add(rule.PlaceOf("all"), $"{rule.Name} means neither all of a tag nor one of its values");
        return all ? default : values.Lacv(rule, int.MaxValue, mayBeText: types.Any(t => !t.IsBitMap()));
    }
}
