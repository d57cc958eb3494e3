using MilSwitch.Domain.Labelling;

namespace MilSwitch.Host.Api;

/// <summary>The labels of a policy that a sender may use towards recipients.</summary>
/// <param name="Policy">Object identifier.</param>
/// <param name="PolicyName">Its name.</param>
/// <param name="PolicyVersion">Its version; empty: none given.</param>
/// <param name="Items">By classification.</param>
public sealed record LabelCatalogueView(string Policy, string PolicyName, string PolicyVersion, IReadOnlyList<LabelCatalogueItemView> Items)
{
    public static LabelCatalogueView Of(LabelCatalogue catalogue) => new(
        catalogue.Policy, catalogue.PolicyName, catalogue.PolicyVersion,
        [.. catalogue.Entries.Select(e => new LabelCatalogueItemView(
            e.Classification, e.Name, e.Color, e.Label is { } label ? Convert.ToBase64String(label.Span) : null, e.Marking,
            [.. e.Categories.Select(c => new LabelCatalogueCategoryView(c.TagSet, c.TagSetName, c.Type, c.Value, c.Name))]))]);
}

/// <summary>One classification that may be used.</summary>
/// <param name="Classification">Its value in labels.</param>
/// <param name="Name">Its name.</param>
/// <param name="Color">As the policy gives it.</param>
/// <param name="Label">The label of the classification alone, an ESSSecurityLabel in base64; null: one of the categories is needed with it.</param>
/// <param name="Marking">What is shown for that label.</param>
/// <param name="Categories">What may stand with it, each for itself.</param>
public sealed record LabelCatalogueItemView(
    int Classification, string Name, string? Color, string? Label, string? Marking, IReadOnlyList<LabelCatalogueCategoryView> Categories);

/// <summary>One category that may stand with a classification.</summary>
/// <param name="TagSet">Object identifier.</param>
/// <param name="TagSetName">Its name.</param>
/// <param name="Type">restrictive, permissive, enumerated-restrictive, enumerated-permissive or informative.</param>
/// <param name="Value">The value in labels.</param>
/// <param name="Name">Its name.</param>
public sealed record LabelCatalogueCategoryView(string TagSet, string TagSetName, string Type, int Value, string Name);
