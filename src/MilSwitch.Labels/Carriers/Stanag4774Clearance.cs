using System.Collections.Immutable;
using System.Xml.Linq;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// Clearances in the XML of ADatP-4774 (<c>ConfidentialityClearance</c>), as public examples have them: a policy, a list of classifications
/// and the categories of labels, all by their names. Safe for concurrent use.
/// </summary>
public static class Stanag4774Clearance
{
    public const string Namespace = "urn:nato:stanag:4774:confidentialityclearance:1:0";

    internal static XNamespace Name => Namespace;

    /// <param name="document">UTF-8.</param>
    /// <param name="policies">Which give the names a meaning.</param>
    /// <returns>Just the classifications that are listed.</returns>
    /// <exception cref="LabelRefusedException">It is no clearance: what is not known might limit it, so nothing is passed over; a name has no or no single meaning.</exception>
    public static Clearance Read(ReadOnlyMemory<byte> document, PolicySet policies) => Read(LabelXml.Load(document), policies);

    internal static Clearance Read(XElement root, PolicySet policies)
    {
        if (root.Name != Name + "ConfidentialityClearance") throw LabelXml.Refusal(LabelFault.Malformed, "this is no confidentiality clearance", root);
        LabelXml.Allow(root);
        var children = new Stanag4774Reader.Sequence(root);
        var policy = Stanag4774Reader.Policy(children.Required("PolicyIdentifier"), policies);
        var classifications = Classifications(children.Required(Name + "ClassificationList"), policy);
        var categories = ImmutableArray.CreateBuilder<LabelCategory>();
        while (children.Optional("Category") is { } element)
        {
            Stanag4774Reader.AddCategory(categories, element, policy);
            if (categories.Count > LabelBounds.Categories) throw LabelXml.Refusal(LabelFault.TooLarge, "there are more categories than are allowed", element);
            if (categories.OfType<TagCategory>().GroupBy(c => (c.TagSet, c.Type)).Any(g => g.Skip(1).Any())) throw LabelXml.Refusal(LabelFault.Duplicate, "a tag stands twice", element);
        }

        children.End();
        return new Clearance { Policy = policy.Id, Classifications = classifications, Categories = categories.ToImmutable() };
    }

    private static ImmutableArray<int> Classifications(XElement list, SecurityPolicy policy)
    {
        LabelXml.Allow(list);
        var children = new Stanag4774Reader.Sequence(list);
        var values = new SortedSet<int>();
        for (var element = children.Required("Classification"); element is not null; element = children.Optional("Classification"))
        {
            LabelXml.Allow(element);
            if (!values.Add(LabelNames.Classification(policy, LabelXml.Token(element), element).Value)) throw LabelXml.Refusal(LabelFault.Duplicate, "a clearance has the same classification twice", element);
        }

        children.End();
        return [.. values];
    }
}
