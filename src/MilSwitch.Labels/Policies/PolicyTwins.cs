namespace MilSwitch.Labels.Policies;

/// <summary>Finds what is in a policy twice, or looks so. Not thread-safe.</summary>
internal sealed class PolicyTwins(PolicyProblems problems)
{
    public void Check(PolicyHeadings policy)
    {
        Names("classification", policy.Classifications.Select(c => (c.Name, c.Element)));
        Values("classification", "lacv", policy.Classifications.Select(c => (c.Value, c.Element)));
        Values("classification", "hierarchy", policy.Classifications.Select(c => (c.Hierarchy, c.Element)));
        Names("tag set", policy.TagSets.Select(s => (s.Name, s.Element)));
        Ids("tag set", policy.TagSets.Select(s => (s.Id, s.Element)), policy.Id);
        foreach (var set in policy.TagSets)
        {
            Names("tag", set.Tags.Select(t => (t.Name, t.Element)));
            ApartInEachType(set);
            OneOpenInEachType(set);
            foreach (var tag in set.Tags)
            {
                Names("category", tag.Categories.Select(c => (c.Name, c.Element)));
                Values("category", "lacv", tag.Categories.Select(c => (c.Value, c.Element)));
                Texts(tag.Categories);
            }
        }

        Names("equivalent policy", policy.EquivalentPolicies.Select(p => (p["name"] ?? "", p)));
        Ids("equivalent policy", policy.EquivalentPolicies.Select(p => (p["id"] ?? "", p)), policy.Id);
        Names("privacy mark", policy.PrivacyMarks.Select(p => (p["name"] ?? "", p)));
        Disguises(policy);
    }

    private void Names(string kind, IEnumerable<(string Name, SpifElement Element)> named)
    {
        var exact = new HashSet<string>(StringComparer.Ordinal);
        var alike = new HashSet<string>(StringComparer.Ordinal);
        var shapes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, element) in named)
        {
            if (name.Length is 0) continue;
            if (!exact.Add(name)) problems.Add(element.PlaceOf("name"), $"The name of a {kind} is there twice");
            else if (!alike.Add(PolicyNames.Likeness(name)) | !shapes.Add(PolicyNames.Skeleton(name))) problems.Add(element.PlaceOf("name"), $"The name of a {kind} differs from another only in case, blanks or letters that look the same");
        }
    }

    private void Values(string kind, string attribute, IEnumerable<(int? Value, SpifElement Element)> valued)
    {
        var seen = new HashSet<int>();
        foreach (var (value, element) in valued)
        {
            if (value is { } known && !seen.Add(known)) problems.Add(element.PlaceOf(attribute), $"The {attribute} {known} of a {kind} is there twice");
        }
    }

    private void Texts(IEnumerable<CategoryHeading> categories)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var category in categories)
        {
            if (category.Text is { } text && !seen.Add(text)) problems.Add(category.Element.PlaceOf("lacv"), "The lacv of a category is there twice");
        }
    }

    private void Ids(string kind, IEnumerable<(string Id, SpifElement Element)> identified, string own)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (id, element) in identified)
        {
            if (id.Length is 0) continue;
            if (id == own) problems.Add(element.PlaceOf("id"), $"The id of a {kind} is that of the policy itself");
            if (!seen.Add(id)) problems.Add(element.PlaceOf("id"), $"The id of a {kind} is there twice");
        }
    }

    // Labels name the tag set and the type, and nothing else: by its value a category must be that of one tag.
    private void ApartInEachType(TagSetHeading set)
    {
        foreach (var same in set.Tags.Where(t => t.Type is not null).GroupBy(t => t.Type!.Value).Where(g => g.Skip(1).Any()))
        {
            var seen = new Dictionary<int, TagHeading>();
            var texts = new Dictionary<string, TagHeading>(StringComparer.Ordinal);
            foreach (var (tag, category) in same.SelectMany(t => t.Categories.Select(c => (t, c))))
            {
                if (category.Value is { } value && !seen.TryAdd(value, tag) && seen[value] != tag)
                    problems.Add(category.Element.PlaceOf("lacv"), $"Two {same.Key.Name()} tags of a tag set have the lacv {value}, which labels can't tell apart");
                if (category.Text is { } text && !texts.TryAdd(text, tag) && texts[text] != tag)
                    problems.Add(category.Element.PlaceOf("lacv"), $"Two {same.Key.Name()} tags of a tag set have the same lacv, which labels can't tell apart");
            }
        }
    }

    // A value that was entered says nowhere what for. A number and a text are told apart.
    private void OneOpenInEachType(TagSetHeading set)
    {
        foreach (var again in set.Tags.GroupBy(t => t.Type).SelectMany(g => g.SelectMany(t => t.Categories).Where(c => c.IsOpen).GroupBy(c => c.IsOpenText).SelectMany(k => k.Skip(1))))
            problems.Add(again.Element.PlaceOf("userInput"), "A tag set has two categories with user input in tags of one type, which labels can't tell apart");
    }

    // Between Latin names, one in the letters of another script that all look Latin is there to deceive.
    private void Disguises(PolicyHeadings policy)
    {
        var all = policy.Classifications.Select(c => (c.Name, c.Element))
            .Concat(policy.TagSets.SelectMany(s => s.Tags.SelectMany(t => t.Categories.Select(c => (c.Name, c.Element)).Prepend((t.Name, t.Element))).Prepend((s.Name, s.Element)))).ToArray();
        if (!all.Any(n => PolicyNames.HasLatin(n.Name))) return;
        foreach (var (name, element) in all)
        {
            if (PolicyNames.IsDisguised(name)) problems.Add(element.PlaceOf("name"), $"The name of {element.Name} is in letters of another script that look Latin");
        }
    }
}
