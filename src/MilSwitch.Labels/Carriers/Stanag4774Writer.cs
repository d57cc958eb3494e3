using System.Collections.Immutable;
using System.Text;
using System.Xml.Linq;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

internal static class Stanag4774Writer
{
    private static XNamespace Space => Stanag4774.Name;

    public static XElement Element(Stanag4774Label label, PolicySet policies, Stanag4774Values values = Stanag4774Values.Names) => Element(label, label.Kind switch
    {
        Stanag4774Kind.Originator => "originatorConfidentialityLabel",
        Stanag4774Kind.Alternative => "alternativeConfidentialityLabel",
        Stanag4774Kind.Metadata => "metadataConfidentialityLabel",
        _ => "ConfidentialityLabel",
    }, policies, values);

    private static XElement Element(Stanag4774Label label, string name, PolicySet policies, Stanag4774Values values)
    {
        var root = new XElement(Space + name);
        if (label.Id is not null) root.Add(new XAttribute("Id", label.Id));
        if (label.Review is not null) root.Add(new XAttribute("ReviewDateTime", label.Review.Text));
        root.Add(Information(label, policies, values));
        if (label.Originator is { } originator) root.Add(new XElement(Space + "OriginatorID", new XAttribute("IDType", originator.Type), originator.Value));
        if (label.Created is not null) root.Add(new XElement(Space + "CreationDateTime", label.Created.Text));
        if (label.Succession is { } succession)
        {
            root.Add(new XElement(
                Space + "SuccessionHandling",
                new XElement(Space + "SuccessionDateTime", succession.From.Text),
                Element(succession.Successor with { Id = null, Succession = null }, "SuccessorConfidentialityLabel", policies, values)));
        }

        foreach (var extension in label.Extensions) root.Add(LabelXml.Load(Encoding.UTF8.GetBytes(extension)));
        return root;
    }

    private static XElement Information(Stanag4774Label label, PolicySet policies, Stanag4774Values values)
    {
        var policy = policies.Find(label.Label.Policy) ?? throw new LabelRefusedException(LabelFault.UnknownPolicy, "the label's policy is not known");
        var classification = label.Label.Classification is { } value
            ? policy.Classification(value) ?? throw new LabelRefusedException(LabelFault.UnknownName, "the policy has no such classification")
            : throw new LabelRefusedException(LabelFault.Malformed, "the form has no place for a label without a classification");
        var information = new XElement(
            Space + "ConfidentialityInformation",
            new XElement(Space + "PolicyIdentifier", new XAttribute("URI", LabelXml.OidUrn + policy.Id), policy.Name),
            new XElement(Space + "Classification", classification.Name));
        if (label.Label.PrivacyMark is { } mark) information.Add(new XElement(Space + "PrivacyMark", mark));
        foreach (var category in label.Label.Categories) information.Add(Categories(category, policy, values));
        foreach (var extension in label.InformationExtensions) information.Add(LabelXml.Load(Encoding.UTF8.GetBytes(extension)));
        return information;
    }

    // Of several tags of one type each has its own name: two of their values may have the same.
    private static IEnumerable<XElement> Categories(LabelCategory category, SecurityPolicy policy, Stanag4774Values form)
    {
        if (category is not TagCategory known) throw new LabelRefusedException(LabelFault.Malformed, "the form has no place for a category in an unknown syntax");
        var tag = policy.Tag(known.TagSet, known.Type) ?? throw new LabelRefusedException(LabelFault.UnknownName, "the policy has no such tag");
        if (known.Values.Any(v => !tag.Tag.Has(v)) || known.Texts.Any(t => !tag.Tag.Has(t))) throw new LabelRefusedException(LabelFault.UnknownName, "the policy has no such category");
        var parts = policy.Tags(known.TagSet, known.Type);
        if (parts.Length < 2 || known.IsEmpty) return [Element(tag.Set.Name, tag.Tag, known)];
        return parts.Where(p => p.Count(known) > 0).Select(p => Element(p.Name, p, p.Own(known)));

        XElement Element(string name, TagDefinition definition, TagCategory values) => new(
            Space + "Category",
            new XAttribute("Type", known.Type.IsRestrictive() ? "RESTRICTIVE" : known.Type.IsPermissive() ? "PERMISSIVE" : "INFORMATIVE"),
            new XAttribute("TagName", name),
            new XAttribute("URI", LabelXml.OidUrn + tag.Set.Id),
            Numbers(definition, values),
            values.Texts.Select(t => new XElement(Space + "GenericValue", definition.IsEntered(t) ? t : definition.Find(t)!.Name)));

        IEnumerable<XElement> Numbers(TagDefinition definition, TagCategory values) => form is Stanag4774Values.Names
            ? values.Values.Select(v => new XElement(Space + "GenericValue", definition.IsEntered(v) ? definition.Open!.Input!.Text(v) : definition.Find(v)!.Name))
            : !values.Type.IsBitMap() ? values.Values.Select(v => new XElement(Space + "IntegerValue", v))
            : values.Values.IsEmpty ? []
            : [new XElement(Space + "BitStringValue", Bits(values.Values))];
    }

    // As wide as the last bit that is set.
    private static string Bits(ImmutableArray<int> positions) => string.Create(positions[^1] + 1, positions, static (bits, set) =>
    {
        bits.Fill('0');
        foreach (var position in set) bits[position] = '1';
    });
}
