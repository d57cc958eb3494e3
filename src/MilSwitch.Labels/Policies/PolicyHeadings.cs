namespace MilSwitch.Labels.Policies;

/// <summary>The names and values of one classification, before its rules are read.</summary>
internal sealed record ClassificationHeading(SpifElement Element, string Name, int? Value, int? Hierarchy);

/// <summary>The names and values of one category, before its rules are read.</summary>
internal sealed record CategoryHeading(SpifElement Element, string Name, int? Value, string? Text, bool IsObsolete)
{
    /// <summary>People enter the value.</summary>
    public bool IsOpen => Element["userInput"] is not null;

    /// <summary>And it is a text.</summary>
    public bool IsOpenText => Element["userInput"] is "string";
}

/// <summary>The names and values of one tag, before its rules are read.</summary>
internal sealed record TagHeading(SpifElement Element, string Name, TagType? Type, TagSelection Selection, IReadOnlyList<CategoryHeading> Categories)
{
    public CategoryHeading? Find(int? value, string? text) => Categories.FirstOrDefault(c => c.Value == value && c.Text == text && (value is not null || text is not null));
}

/// <summary>The names and values of one tag set, before its rules are read.</summary>
internal sealed record TagSetHeading(SpifElement Element, string Name, string Id, IReadOnlyList<TagHeading> Tags);

/// <summary>
/// All names, values and identifiers of a policy: rules are read with these at hand, for they point forward as well as back.
/// Everything that is there twice, or seems so, is told.
/// </summary>
internal sealed class PolicyHeadings
{
    private readonly SpifValues values;
    private readonly Dictionary<string, TagSetHeading> setsByReference = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> policies = new(StringComparer.Ordinal);

    public PolicyHeadings(SpifElement root, SpifValues values)
    {
        this.values = values;
        var own = root.First("securityPolicyId");
        Id = own is null ? "" : values.ObjectIdentifier(own, "id");
        Name = own is null ? "" : values.Name(own);
        Classifications = [.. root.All("securityClassifications").SelectMany(c => c.All("securityClassification")).Select(Classification)];
        TagSets = [.. root.All("securityCategoryTagSets").SelectMany(s => s.All("securityCategoryTagSet")).Select(TagSet)];
        EquivalentPolicies = [.. root.All("equivalentPolicies").SelectMany(p => p.All("equivalentPolicy"))];
        PrivacyMarks = [.. root.All("privacyMarks").SelectMany(p => p.All("privacyMark"))];
        Index();
        new PolicyTwins(values.Problems).Check(this);
    }

    public string Id { get; }

    public string Name { get; }

    public IReadOnlyList<ClassificationHeading> Classifications { get; }

    public IReadOnlyList<TagSetHeading> TagSets { get; }

    public IReadOnlyList<SpifElement> EquivalentPolicies { get; }

    public IReadOnlyList<SpifElement> PrivacyMarks { get; }

    /// <summary>By name, or by identifier as ASN.1 refers to it.</summary>
    public TagSetHeading? FindTagSet(string reference) => setsByReference.GetValueOrDefault(reference);

    /// <summary>Identifier of an equivalent policy, by name, or by identifier as ASN.1 refers to it.</summary>
    public string? FindPolicy(string reference) => policies.GetValueOrDefault(reference);

    private void Index()
    {
        foreach (var set in TagSets) setsByReference.TryAdd(set.Name, set);
        foreach (var set in TagSets) setsByReference.TryAdd(set.Id, set);
        foreach (var policy in EquivalentPolicies) policies.TryAdd(values.Name(policy), values.ObjectIdentifier(policy, "id"));
        foreach (var policy in EquivalentPolicies) policies.TryAdd(policy["id"] ?? "", policy["id"] ?? "");
    }

    private ClassificationHeading Classification(SpifElement element) => new(
        element, values.Name(element), values.Integer(element, "lacv", 0, LabelBounds.Classification), values.Integer(element, "hierarchy", 0, int.MaxValue));

    private TagSetHeading TagSet(SpifElement element)
    {
        var name = values.Name(element);
        return new TagSetHeading(element, name, values.ObjectIdentifier(element, "id"), [.. element.All("securityCategoryTag").Select(t => Tag(t, name))]);
    }

    private TagHeading Tag(SpifElement element, string set)
    {
        var type = TagTypeWords.Of(element, values);
        var categories = element.All("tagCategory").Select(c => Category(c, type)).ToArray();
        if (categories.Length is 0) values.Problems.Add(element.Place, "A securityCategoryTag has no category");
        if (categories.Length > LabelBounds.Values) values.Problems.Add(element.Place, $"A securityCategoryTag has more than {LabelBounds.Values} categories");
        return new TagHeading(element, element["name"] is null ? set : values.Name(element), type, new SelectionReader(values).Read(element, categories.Any(c => c.IsOpen) ? LabelBounds.Values : categories.Length), categories);
    }

    private CategoryHeading Category(SpifElement element, TagType? type)
    {
        var isBits = type?.IsBitMap() is not false;
        var (value, text) = values.Lacv(element, type?.IsBitMap() is true ? LabelBounds.BitPosition : int.MaxValue, mayBeText: !isBits);
        return new CategoryHeading(element, values.Name(element), value, text, values.Flag(element, "obsolete"));
    }
}
