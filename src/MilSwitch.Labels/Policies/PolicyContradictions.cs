using System.Collections.Immutable;

namespace MilSwitch.Labels.Policies;

/// <summary>
/// Finds rules that no label can keep together. It looks at each element with its rules, and at those that it can't stand without;
/// it doesn't solve the whole policy. Not thread-safe.
/// </summary>
internal sealed class PolicyContradictions(PolicyHeadings headings, PolicyProblems problems)
{
    private readonly Dictionary<CategoryReference, (CategoryDefinition Definition, SpifElement Element)> categories = [];
    private readonly Dictionary<(string Set, TagType Type), List<TagHeading>> tags = [];

    /// <summary>Something is wrong already: then rules may point to what was left out, and would be told wrongly.</summary>
    public bool AreTold => !problems.IsEmpty;

    public void Check(ImmutableArray<ClassificationDefinition> classifications, ImmutableArray<TagSetDefinition> sets)
    {
        if (AreTold) return;
        foreach (var (set, heading) in sets.Zip(headings.TagSets))
        {
            foreach (var (tag, tagHeading) in set.Tags.Zip(heading.Tags))
            {
                if (!tags.TryGetValue((set.Id, tag.Type), out var same)) tags[(set.Id, tag.Type)] = same = [];
                same.Add(tagHeading);
                foreach (var (category, categoryHeading) in tag.Categories.Zip(tagHeading.Categories))
                    categories.Add(category.ReferenceIn(set.Id, tag.Type), (category, categoryHeading.Element));
            }
        }

        foreach (var (tag, heading) in sets.SelectMany(s => s.Tags).Zip(headings.TagSets.SelectMany(s => s.Tags))) Selection(tag, heading.Element, classifications);
        foreach (var (classification, heading) in classifications.Zip(headings.Classifications)) Classification(classification, heading.Element);
        foreach (var (reference, (category, element)) in categories) Category(reference, category, element, classifications);
        new EquivalenceContradictions(problems).Check(classifications.Zip(headings.Classifications, (c, h) => (c, h.Element)), categories.Select(c => (c.Key, c.Value.Definition, c.Value.Element)));
    }

    // What every label needs must be there for new labels, whatever their classification.
    private void Selection(TagDefinition tag, SpifElement element, ImmutableArray<ClassificationDefinition> classifications)
    {
        if (tag.LeastSelected is 0 || (tag.Open ?? tag.OpenText) is not null) return;
        CategoryDefinition[] inUse = [.. tag.Categories.Where(c => !c.IsObsolete)];
        if (inUse.Length < tag.LeastSelected) problems.Add(element.PlaceOf("minSelection"), "The minSelection of securityCategoryTag wants more than there are that are not obsolete");
        foreach (var classification in classifications)
        {
            if (inUse.Count(c => !c.ExcludedClassifications.Contains(classification.Value)) < Math.Min(tag.LeastSelected, inUse.Length))
                problems.Add(element.PlaceOf("minSelection"), $"The minSelection of securityCategoryTag wants more than may stand with classification {classification.Name}");
        }
    }

    private void Classification(ClassificationDefinition classification, SpifElement element)
    {
        Rules($"Classification {classification.Name}", classification.Required, classification.Excluded, classification.IsObsolete, element, null);
        foreach (var needed in Needed(classification.Required))
        {
            if (Find(needed) is { } category && category.ExcludedClassifications.Contains(classification.Value))
                problems.Add(element.Place, $"Classification {classification.Name} requires category {category.Name}, which excludes it");
        }
    }

    private void Category(CategoryReference reference, CategoryDefinition category, SpifElement element, ImmutableArray<ClassificationDefinition> classifications)
    {
        var what = $"Category {category.Name}";
        if (category.Excluded.Any(e => Covers(e, reference))) problems.Add(element.Place, $"{what} excludes itself");
        Rules(what, category.Required, category.Excluded, category.IsObsolete, element, reference);
        if (category.Required.IsEmpty && category.ExcludedClassifications.Length < classifications.Length && classifications.All(c => c.Excluded.IsEmpty)) return;
        var usable = classifications.Where(c => !category.ExcludedClassifications.Contains(c.Value) && !c.Excluded.Any(e => Covers(e, reference))).Select(c => c.Value).ToHashSet();
        if (usable.Count is 0) problems.Add(element.Place, $"{what} is excluded with every classification");
        foreach (var needed in Needed(category.Required))
        {
            if (Find(needed) is not { } other) continue;
            if (other.Excluded.Any(e => Covers(e, reference))) problems.Add(element.Place, $"{what} requires category {other.Name}, which excludes it");
            if (usable.Count > 0 && usable.All(other.ExcludedClassifications.Contains)) problems.Add(element.Place, $"{what} requires category {other.Name}, which is excluded with every classification that is left");
        }
    }

    private void Rules(string what, ImmutableArray<RequiredCategories> required, ImmutableArray<CategoryReference> excluded, bool isObsolete, SpifElement element, CategoryReference? own)
    {
        if (required.IsEmpty) return;
        foreach (var rule in required)
        {
            var possible = rule.Group.Where(r => !excluded.Any(e => Covers(e, r))).ToArray();
            if (rule.Operation is RequiredOperation.All ? possible.Length < rule.Group.Length : possible.Length is 0)
                problems.Add(element.Place, $"{what} requires a category that it excludes");
            // An old label may have what is obsolete, a new one can't.
            var inUse = rule.Group.Where(r => !IsObsolete(r)).ToArray();
            if (!isObsolete && (rule.Operation is RequiredOperation.All ? inUse.Length < rule.Group.Length : inUse.Length is 0))
                problems.Add(element.Place, $"{what} requires a category that is obsolete");
            if (rule.Operation is RequiredOperation.OnlyOne && own is not null && rule.Group.Contains(own) && rule.Group.Length > 1)
                problems.Add(element.Place, $"{what} requires itself as one of several of which only one may stand");
        }

        var needed = Needed(required).Concat(own is null ? [] : new[] { own }).Distinct().ToArray();
        foreach (var group in needed.Where(n => !n.IsWhole).GroupBy(n => (n.TagSet, n.Type)))
        {
            foreach (var tag in tags.GetValueOrDefault(group.Key, []))
            {
                if (group.Count(n => tag.Find(n.Value, n.Text) is not null) > tag.Selection.Most)
                    problems.Add(element.Place, $"{what} requires several categories of {tag.Name}, of which a label has {(tag.Selection.Most is 1 ? "one" : $"{tag.Selection.Most}")} at most");
            }
        }

        for (var i = 0; i < needed.Length; i++)
        {
            if (needed[i] == own || Find(needed[i]) is not { } category) continue;
            if (needed.Any(n => n != own && n != needed[i] && category.Excluded.Any(e => Covers(e, n)))) problems.Add(element.Place, $"{what} requires categories that exclude each other");
        }
    }

    private static IEnumerable<CategoryReference> Needed(ImmutableArray<RequiredCategories> required) =>
        required.Where(r => r.Operation is RequiredOperation.All || r.Group.Length is 1).SelectMany(r => r.Group).Distinct();

    private CategoryDefinition? Find(CategoryReference reference) => categories.TryGetValue(reference, out var found) ? found.Definition : null;

    private bool IsObsolete(CategoryReference reference) => reference.IsWhole
        ? tags.TryGetValue((reference.TagSet, reference.Type), out var same) && same.SelectMany(t => t.Categories).All(c => c.IsObsolete)
        : Find(reference)?.IsObsolete is true;

    private bool Covers(CategoryReference excluded, CategoryReference other)
    {
        if (excluded.TagSet != other.TagSet || excluded.Type != other.Type) return false;
        return excluded.IsWhole || (excluded.Value == other.Value && excluded.Text == other.Text)
            || (other.IsWhole && tags.TryGetValue((other.TagSet, other.Type), out var same) && same.SelectMany(t => t.Categories).All(c => c.Value == excluded.Value && c.Text == excluded.Text));
    }
}
