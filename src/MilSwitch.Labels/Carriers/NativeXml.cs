using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>What labels and clearances of the native form share.</summary>
internal sealed record NativeXml(string Policy, ImmutableArray<int> Classifications, ImmutableArray<LabelCategory> Categories, string? PrivacyMark)
{
    public static NativeXml Read(XElement root, string name, PolicySet policies)
    {
        if (root.Name != NativeXmlLabel.Name + name) throw LabelXml.Refusal(LabelFault.Malformed, $"this is no {name}", root);
        LabelXml.Allow(root);
        string? policy = null, mark = null;
        var classifications = new List<int>();
        var tags = new List<XElement>();
        foreach (var child in LabelXml.Children(root))
        {
            if (child.Name.Namespace != NativeXmlLabel.Name) throw LabelXml.Refusal(LabelFault.Malformed, $"an element of a {name} is not known", child);
            switch (child.Name.LocalName)
            {
                case "policy" when policy is null:
                    LabelXml.Allow(child, "id");
                    _ = LabelXml.Text(child);
                    policy = Required(child, "id");
                    if (!LabelXml.IsOid(policy)) throw LabelXml.Refusal(LabelFault.Malformed, "a policy's id is an object identifier", child);
                    break;
                case "classification":
                    LabelXml.Allow(child, "lacv");
                    _ = LabelXml.Text(child);
                    classifications.Add(Number(child, LabelBounds.Classification));
                    if (classifications.Count > LabelBounds.Classification + 1) throw LabelXml.Refusal(LabelFault.TooLarge, "there are more classifications than are allowed", child);
                    break;
                case "tag":
                    LabelXml.Allow(child, "type", "id", "lacv");
                    _ = LabelXml.Text(child);
                    tags.Add(child);
                    break;
                case "privacyMark" when mark is null:
                    LabelXml.Allow(child);
                    mark = LabelXml.Text(child);
                    break;
                case "policy" or "privacyMark":
                    throw LabelXml.Refusal(LabelFault.Duplicate, $"{child.Name.LocalName} stands twice", child);
                default:
                    throw LabelXml.Refusal(LabelFault.Malformed, $"an element of a {name} is not known", child);
            }
        }

        if (policy is null) throw LabelXml.Refusal(LabelFault.Malformed, $"a {name} has no policy", root);
        return new NativeXml(policy, [.. classifications], Grouped(tags, policy, policies), mark);
    }

    public static byte[] Write(string name, string policy, ImmutableArray<int> classifications, ImmutableArray<LabelCategory> categories, string? mark)
    {
        var space = NativeXmlLabel.Name;
        var root = new XElement(space + name, new XElement(space + "policy", new XAttribute("id", policy)));
        foreach (var value in classifications) root.Add(new XElement(space + "classification", new XAttribute("lacv", value)));
        if (mark is not null) root.Add(new XElement(space + "privacyMark", mark));
        var seen = new HashSet<(string, string)>();
        foreach (var category in categories)
        {
            if (category is TagCategory { Texts.IsEmpty: false }) throw new LabelRefusedException(LabelFault.Malformed, "the form has no place for a value that is a text");
            if (category is not TagCategory tag || tag.Values.IsEmpty) throw new LabelRefusedException(LabelFault.Malformed, "the form has no place for a category without known values");
            if (!seen.Add((tag.TagSet, TypeName(tag.Type)))) throw new LabelRefusedException(LabelFault.Duplicate, "the form does not tell two categories of one tag apart");
            foreach (var value in tag.Values) root.Add(new XElement(space + "tag", new XAttribute("type", TypeName(tag.Type)), new XAttribute("id", tag.TagSet), new XAttribute("lacv", value)));
        }

        return LabelXml.Write(root);
    }

    private static ImmutableArray<LabelCategory> Grouped(List<XElement> tags, string policy, PolicySet policies)
    {
        var values = new OrderedDictionary<(string TagSet, TagType Type), List<int>>();
        foreach (var element in tags)
        {
            var id = Required(element, "id");
            if (!LabelXml.IsOid(id)) throw LabelXml.Refusal(LabelFault.Malformed, "a tag's id is an object identifier", element);
            var type = Type(element, id, policy, policies);
            if (!values.TryGetValue((id, type), out var list))
            {
                if (values.Count == LabelBounds.Categories) throw LabelXml.Refusal(LabelFault.TooLarge, "there are more categories than are allowed", element);
                values.Add((id, type), list = []);
            }

            list.Add(Number(element, int.MaxValue));
        }

        var syntax = policies.Find(policy)?.LabelSyntax ?? CategorySyntax.Acp145;
        return [.. values.Select(v => new TagCategory(v.Key.TagSet, v.Key.Type, [.. v.Value]) { Syntax = syntax })];
    }

    private static TagType Type(XElement element, string tagSet, string policy, PolicySet policies)
    {
        switch (Required(element, "type"))
        {
            case "restrictive": return TagType.Restrictive;
            case "permissive": return TagType.Permissive;
            case "enumeratedRestrictive": return TagType.EnumeratedRestrictive;
            case "enumeratedPermissive": return TagType.EnumeratedPermissive;
            case "informative": break;
            default: throw LabelXml.Refusal(LabelFault.Malformed, "a tag's type is not known", element);
        }

        var known = policies.Find(policy) ?? throw LabelXml.Refusal(LabelFault.UnknownPolicy, "how informative values are encoded is for a policy to say that is not known", element);
        return (known.Tag(tagSet, TagType.InformativeBits), known.Tag(tagSet, TagType.InformativeValues)) switch
        {
            ({ }, null) => TagType.InformativeBits,
            (null, { }) => TagType.InformativeValues,
            (null, null) => throw LabelXml.Refusal(LabelFault.UnknownName, "the policy has no such informative tag", element),
            _ => throw LabelXml.Refusal(LabelFault.Ambiguous, "the policy has two informative tags in this set", element),
        };
    }

    private static string TypeName(TagType type) => type switch
    {
        TagType.Restrictive => "restrictive",
        TagType.Permissive => "permissive",
        TagType.EnumeratedRestrictive => "enumeratedRestrictive",
        TagType.EnumeratedPermissive => "enumeratedPermissive",
        _ => "informative",
    };

    private static string Required(XElement element, string name) =>
        element.Attribute(name)?.Value ?? throw LabelXml.Refusal(LabelFault.Malformed, $"{element.Name.LocalName} has no {name}", element);

    private static int Number(XElement element, int greatest) =>
        int.TryParse(Required(element, "lacv"), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= greatest ? value
        : throw LabelXml.Refusal(LabelFault.OutOfRange, "lacv is not a number in its range", element);
}
