using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;

namespace MilSwitch.Labels.Policies;

/// <summary>Makes a policy of the elements of a SPIF, or says all that is wrong with them. Not thread-safe.</summary>
internal sealed class PolicyBuilder
{
    private const string Acp145 = "2.16.840.1.101.2.1.8.3";

    // What ADatP-4774.1 wants policies to name; its labels in ASN.1 have the categories of ACP 145.
    private const string Nato = "1.3.26.0.4774.5.24.1";

    private static readonly FrozenDictionary<string, CategorySyntax> LabelSyntaxes = new Dictionary<string, CategorySyntax>(StringComparer.Ordinal)
    {
        [Acp145] = CategorySyntax.Acp145,
        [Nato] = CategorySyntax.Acp145,
        ["2.16.840.1.101.2.1.8.1"] = CategorySyntax.Missi,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, CategorySyntax> ClearanceSyntaxes = new Dictionary<string, CategorySyntax>(StringComparer.Ordinal)
    {
        [Acp145] = CategorySyntax.Acp145,
        [Nato] = CategorySyntax.Acp145,
        ["2.16.840.1.101.2.1.8.2"] = CategorySyntax.Missi,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, InputKind> Inputs =
        new Dictionary<string, InputKind>(StringComparer.Ordinal) { ["string"] = InputKind.String, ["integer"] = InputKind.Integer, ["date"] = InputKind.Date }.ToFrozenDictionary();

    // True: with hyphens.
    private static readonly FrozenDictionary<string, bool> DateFormats = new Dictionary<string, bool>(StringComparer.Ordinal)
    {
        ["YYYYMMDD"] = false, ["yyyyMMdd"] = false, ["CCYYMMDD"] = false, ["YYYY-MM-DD"] = true, ["yyyy-MM-dd"] = true, ["CCYY-MM-DD"] = true,
    }.ToFrozenDictionary();

    private readonly SpifElement root;
    private readonly SpifValues values;
    private readonly PolicyHeadings headings;
    private readonly MarkingReader markings;
    private readonly RuleReader rules;
    private readonly PolicyContradictions contradictions;

    private PolicyBuilder(SpifElement root, PolicyProblems problems)
    {
        this.root = root;
        values = new SpifValues(problems);
        headings = new PolicyHeadings(root, values);
        markings = new MarkingReader(values);
        rules = new RuleReader(headings, values);
        contradictions = new PolicyContradictions(headings, problems);
    }

    private enum InputKind
    {
        String,
        Integer,
        Date,
    }

    /// <param name="root">SPIF.</param>
    /// <param name="document">All octets that it was read from, of which the policy keeps the digest.</param>
    /// <param name="problems">What is wrong with its form.</param>
    /// <exception cref="PolicyRefusedException">Something is wrong.</exception>
    public static SecurityPolicy Build(SpifElement root, ReadOnlySpan<byte> document, PolicyProblems problems)
    {
        SpifSchema.Check(root, problems);
        return new PolicyBuilder(root, problems).Build(Convert.ToHexStringLower(SHA256.HashData(document)));
    }

    private SecurityPolicy Build(string digest)
    {
        SpifVersions.Check(root, values.Problems);
        if (root["version"] is { } version && !version.All(char.IsAsciiDigit)) values.Problems.Add(root.PlaceOf("version"), "The version of SPIF is no integer");
        var labelSyntax = values.Choice(root, "rbacId", LabelSyntaxes) ?? CategorySyntax.Acp145;
        var clearanceSyntax = values.Choice(root, "privilegeId", ClearanceSyntaxes) ?? CategorySyntax.Acp145;
        var notBefore = Moment(root, "notBefore");
        var notAfter = Moment(root, "notAfter");
        if (notAfter < notBefore) values.Problems.Add(root.PlaceOf("notAfter"), "The policy ends before it begins");
        var group = root.First("securityClassifications");
        if (group is not null && headings.Classifications.Count is 0) values.Problems.Add(group.Place, "securityClassifications has no classification");
        var ownId = root.First("securityPolicyId");
        var byDefault = root.First("defaultSecurityPolicyId");
        if (byDefault is not null) values.Name(byDefault);
        var defaultPolicy = byDefault is null ? "" : values.ObjectIdentifier(byDefault, "id");
        var classifications = headings.Classifications.Select(c => Classification(c, group!)).ToImmutableArray();
        var ordinal = 0;
        var tagSets = headings.TagSets.Select(s => TagSet(s, labelSyntax, ref ordinal)).ToImmutableArray();
        var equivalentPolicies = headings.EquivalentPolicies.Select(p => new EquivalentPolicy(p["id"] ?? "", p["name"] ?? "", rules.Required(p, isOwn: false))).ToImmutableArray();
        var marks = root.First("privacyMarks");
        var needsMark = NeedsPrivacyMark(marks);
        var privacyMarks = headings.PrivacyMarks.Select(PrivacyMark).ToImmutableArray();
        var markMarkings = marks is null ? [] : markings.Markings(marks);
        var markQualifiers = marks is null ? [] : markings.Qualifiers(marks);
        var ownMarkings = Replacing(ownId).Concat(markings.Markings(root)).ToImmutableArray();
        var qualifiers = (ownId is null ? [] : markings.Qualifiers(ownId)).Concat(markings.Qualifiers(root)).ToImmutableArray();
        contradictions.Check(classifications, tagSets);
        values.Problems.Throw();
        return new SecurityPolicy
        {
            Id = headings.Id,
            Name = headings.Name,
            Version = root["version"] ?? "",
            Created = SpifTime.Read(root["creationDate"] ?? ""),
            NotBefore = notBefore,
            NotAfter = notAfter,
            Originator = root["originatorDN"] ?? "",
            Digest = digest,
            DefaultPolicy = defaultPolicy,
            LabelSyntax = labelSyntax,
            ClearanceSyntax = clearanceSyntax,
            Classifications = classifications,
            TagSets = tagSets,
            EquivalentPolicies = equivalentPolicies,
            PrivacyMarks = privacyMarks,
            NeedsPrivacyMark = needsMark,
            PrivacyMarkMarkings = markMarkings,
            PrivacyMarkQualifiers = markQualifiers,
            Markings = ownMarkings,
            Qualifiers = qualifiers,
        };
    }

    private ClassificationDefinition Classification(ClassificationHeading heading, SpifElement group)
    {
        var element = heading.Element;
        var own = markings.Markings(element);
        var qualifiers = markings.Qualifiers(element);
        return new ClassificationDefinition
        {
            Name = heading.Name,
            // What is missing or doubled has been told; the number only keeps the policy from being made of it.
            Value = heading.Value ?? -1,
            Hierarchy = heading.Hierarchy ?? -1,
            IsObsolete = values.Flag(element, "obsolete"),
            Color = Color(element),
            Markings = own.IsEmpty ? markings.Markings(group) : own,
            Qualifiers = qualifiers.IsEmpty ? markings.Qualifiers(group) : qualifiers,
            Equivalents = rules.EquivalentClassifications(element),
            Required = rules.Required(element, isOwn: true),
            Excluded = rules.Excluded(element),
        };
    }

    private TagSetDefinition TagSet(TagSetHeading heading, CategorySyntax syntax, ref int ordinal)
    {
        var element = heading.Element;
        if (syntax is CategorySyntax.Missi && heading.Tags.Count(t => t.Type is TagType.EnumeratedPermissive or TagType.EnumeratedRestrictive) > 1)
            values.Problems.Add(element.Place, "A tag set has enumerated tags of both kinds, which labels in the syntax of rbacId can't tell apart");
        var tags = ImmutableArray.CreateBuilder<TagDefinition>(heading.Tags.Count);
        foreach (var tag in heading.Tags)
        {
            var categories = ImmutableArray.CreateBuilder<CategoryDefinition>(tag.Categories.Count);
            foreach (var category in tag.Categories) categories.Add(Category(category, tag.Type, ordinal++));
            tags.Add(new TagDefinition
            {
                Name = tag.Name,
                Type = tag.Type ?? TagType.Restrictive,
                LeastSelected = tag.Selection.Least,
                MostSelected = tag.Selection.Most,
                // Two of the same value, which have been told, can't be looked up.
                Categories = contradictions.AreTold ? [] : categories.ToImmutable(),
                Markings = markings.Markings(tag.Element),
                Qualifiers = markings.Qualifiers(tag.Element),
            });
        }

        return new TagSetDefinition { Name = heading.Name, Id = heading.Id, Tags = tags.ToImmutable(), Equivalents = rules.EquivalentTagSets(element), Markings = markings.Markings(element), Qualifiers = markings.Qualifiers(element) };
    }

    // Of the forms of ISO 8601 those of a whole date.
    private UserInput? Input(SpifElement element, TagType? type)
    {
        var kind = values.Choice(element, "userInput", Inputs);
        var format = values.Choice(element, "dateFormat", DateFormats);
        if (element["dateFormat"] is not null && kind is not InputKind.Date) values.Problems.Add(element.PlaceOf("dateFormat"), "A category has a dateFormat and its user input is no date");
        if (kind is not null && type?.IsBitMap() is true) values.Problems.Add(element.PlaceOf("userInput"), "A category with user input is in a tag of bits, which has no place for a value");
        return kind is null ? null : new UserInput(kind is InputKind.Date, format ?? false) { IsText = kind is InputKind.String };
    }

    private CategoryDefinition Category(CategoryHeading heading, TagType? type, int ordinal)
    {
        var element = heading.Element;
        var (notBefore, notAfter) = (Moment(element, "notBefore"), Moment(element, "notAfter"));
        if (notAfter < notBefore) values.Problems.Add(element.PlaceOf("notAfter"), "The period of a category ends before it begins");
        return new CategoryDefinition
        {
            Name = heading.Name,
            Value = heading.Value ?? -1,
            Text = heading.Text,
            Input = Input(element, type),
            NotBefore = notBefore,
            NotAfter = notAfter,
            Ordinal = ordinal,
            IsObsolete = heading.IsObsolete,
            Markings = markings.Markings(element),
            Qualifiers = markings.Qualifiers(element),
            Equivalents = rules.EquivalentCategories(element),
            ExcludedClassifications = rules.ExcludedClassifications(element),
            Required = rules.Required(element, isOwn: true),
            Excluded = rules.Excluded(element),
        };
    }

    // A label has one at most, whatever may be selected.
    private bool NeedsPrivacyMark(SpifElement? group)
    {
        if (group is null) return false;
        var selection = new SelectionReader(values).Read(group, headings.PrivacyMarks.Count);
        if (selection.Least > 1) values.Problems.Add(group.PlaceOf("minSelection"), "The minSelection of privacyMarks is greater than one, and a label has one privacy mark at most");
        return selection.Least > 0;
    }

    private PrivacyMarkDefinition PrivacyMark(SpifElement element) =>
        new(values.Name(element), values.Flag(element, "obsolete"), markings.Markings(element)) { Qualifiers = markings.Qualifiers(element) };

    // Marking data of the policy's identifier speak of its name, so they stand in place of it.
    private IEnumerable<MarkingData> Replacing(SpifElement? id) =>
        id is null ? [] : markings.Markings(id).Select(m => m with { Codes = m.Codes | MarkingCodes.ReplacePolicy });

    private string? Color(SpifElement element)
    {
        if (element["color"] is not { Length: > 0 } color) return null;
        if (color[0] is '#' ? color.Length is 7 && color.Skip(1).All(char.IsAsciiHexDigit) : SpifColors.IsKnown(color)) return color;
        values.Problems.Add(element.PlaceOf("color"), "The color is neither the name of one nor # with six hexadecimal digits");
        return null;
    }

    private DateTimeOffset? Moment(SpifElement element, string attribute)
    {
        if (element[attribute] is not { } text) return null;
        if (DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)) return moment;
        values.Problems.Add(element.PlaceOf(attribute), $"The {attribute} of {element.Name} is no dateTime");
        return null;
    }
}
