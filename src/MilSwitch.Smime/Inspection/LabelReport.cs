using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Smime.Inspection;

/// <summary>A security label, as <c>milswitch label decode</c> shows it.</summary>
public sealed record LabelReport
{
    /// <summary>Object identifier.</summary>
    public required string Policy { get; init; }

    /// <summary>Null: the policy is not at hand.</summary>
    public string? PolicyName { get; init; }

    public int? Classification { get; init; }

    /// <summary>Null: the policy is not at hand or has no such classification.</summary>
    public string? ClassificationName { get; init; }

    public string? PrivacyMark { get; init; }

    public ImmutableArray<LabelCategoryReport> Categories { get; init; } = [];

    /// <summary>As the policy has it on a screen; null: the policy is not at hand.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Marking { get; init; }

    /// <param name="label">Need not be valid.</param>
    /// <param name="policies">Where names are looked up.</param>
    public static LabelReport Of(SecurityLabel label, PolicySet policies)
    {
        var policy = policies.Find(label.Policy);
        if (policy is not null) label = MissiCategories.Resolve(label, policy);
        return new LabelReport
        {
            Policy = label.Policy,
            PolicyName = policy?.Name,
            Classification = label.Classification,
            ClassificationName = label.Classification is { } value ? policy?.Classification(value)?.Name : null,
            PrivacyMark = label.PrivacyMark,
            Categories = [.. label.Categories.Select(c => Of(c, policy))],
            Marking = policy is null ? null : MarkingText.Generate(label, policy, MarkingPlace.Display),
        };
    }

    private static LabelCategoryReport Of(LabelCategory category, SecurityPolicy? policy)
    {
        // What nobody can read stands for itself.
        if (category is UnknownCategory unknown) return new LabelCategoryReport(unknown.Syntax, "unknown", [new LabelValueReport(Convert.ToHexStringLower(unknown.Value.Span), null)]);
        var tag = (TagCategory)category;
        var definition = policy?.Tag(tag.TagSet, tag.Type)?.Tag;
        return new LabelCategoryReport(tag.TagSet, tag.Type.Name(), [.. tag.Values.Select(v => definition?.Find(v)?.Name is { } name ? new LabelValueReport(name, null) : new LabelValueReport(null, v)),
            .. tag.Texts.Select(t => new LabelValueReport(definition?.Find(t)?.Name ?? t, null))])
        {
            TagSetName = policy?.TagSet(tag.TagSet)?.Name, ValueNumbers = tag.Values,
        };
    }
}
