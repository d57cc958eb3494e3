using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

internal static class Stanag4774Reader
{
    private static readonly string[] OriginatorTypes =
        ["rfc822Name", "dNSName", "directoryName", "uniformResourceIdentifier", "iPAddress", "x400Address", "userPrincipalName", "jID"];

    private static XNamespace Space => Stanag4774.Name;

    public static Stanag4774Label Label(XElement root, Stanag4774Kind kind, PolicySet policies, bool isSuccessor = false)
    {
        LabelXml.Allow(root, isSuccessor ? ["ReviewDateTime"] : ["Id", "ReviewDateTime"]);
        var children = new Sequence(root);
        var information = children.Required("ConfidentialityInformation");
        var (label, informationExtensions) = Information(information, policies);
        var originator = children.Optional("OriginatorID");
        var created = children.Optional("CreationDateTime");
        var succession = isSuccessor ? null : children.Optional("SuccessionHandling");
        return new Stanag4774Label
        {
            Kind = kind,
            Label = label,
            InformationExtensions = informationExtensions,
            Id = root.Attribute("Id")?.Value,
            Review = root.Attribute("ReviewDateTime") is { } review ? Time(LabelXml.Collapse(review.Value), root) : null,
            Originator = originator is null ? null : Originator(originator),
            Created = created is null ? null : Time(created),
            Succession = succession is null ? null : Succession(succession, kind, policies),
            Extensions = children.Foreign(),
        };
    }

    private static (SecurityLabel Label, ImmutableArray<string> Extensions) Information(XElement element, PolicySet policies)
    {
        LabelXml.Allow(element);
        var children = new Sequence(element);
        var policyElement = children.Required("PolicyIdentifier");
        var policy = Policy(policyElement, policies);
        var classification = children.Required("Classification");
        LabelXml.Allow(classification);
        var name = LabelXml.Token(classification);
        if (name.Length == 0) throw LabelXml.Refusal(LabelFault.Malformed, "Classification is empty", classification);
        var mark = children.Optional("PrivacyMark");
        if (mark is not null) LabelXml.Allow(mark);
        var categories = ImmutableArray.CreateBuilder<LabelCategory>();
        while (children.Optional("Category") is { } category)
        {
            AddCategory(categories, category, policy);
            if (categories.Count > LabelBounds.Categories) throw LabelXml.Refusal(LabelFault.TooLarge, "there are more categories than are allowed", category);
        }

        var extensions = children.Foreign();
        var label = new SecurityLabel
        {
            Policy = policy.Id,
            Classification = LabelNames.Classification(policy, name, classification).Value,
            PrivacyMark = mark is null ? null : LabelXml.Text(mark),
            Categories = categories.ToImmutable(),
        };
        return (label, extensions);
    }

    public static SecurityPolicy Policy(XElement element, PolicySet policies)
    {
        LabelXml.Allow(element, "URI", "URL");
        var name = LabelXml.Token(element);
        if (name.Length == 0) throw LabelXml.Refusal(LabelFault.Malformed, "PolicyIdentifier is empty", element);
        var (uri, url) = (element.Attribute("URI")?.Value, element.Attribute("URL")?.Value);
        if (uri is not null && url is not null && uri != url) throw LabelXml.Refusal(LabelFault.Ambiguous, "PolicyIdentifier has two identifiers", element);
        return LabelNames.Policy(policies, name, Id(uri ?? url, element), element);
    }

    private static string? Id(string? uri, XElement element) => uri is null ? null
        : LabelXml.Oid(uri) ?? throw LabelXml.Refusal(LabelFault.Malformed, "an identifier is a URN with an object identifier", element);

    public static void AddCategory(ImmutableArray<LabelCategory>.Builder categories, XElement element, SecurityPolicy policy)
    {
        LabelXml.Allow(element, "Type", "TagName", "URI");
        var tagName = element.Attribute("TagName")?.Value ?? throw LabelXml.Refusal(LabelFault.Malformed, "Category has no TagName", element);
        var (set, named) = LabelNames.TagSet(policy, tagName, Id(element.Attribute("URI")?.Value, element), element);
        Func<TagType, bool> isOfType = element.Attribute("Type")?.Value switch
        {
            "RESTRICTIVE" => static t => t.IsRestrictive(),
            "PERMISSIVE" => static t => t.IsPermissive(),
            "INFORMATIVE" => static t => t.IsInformative(),
            _ => throw LabelXml.Refusal(LabelFault.Malformed, "the Type of a Category is RESTRICTIVE, PERMISSIVE or INFORMATIVE", element),
        };
        ImmutableArray<TagDefinition> tags = [.. named.Where(t => isOfType(t.Type))];
        if (tags.IsEmpty) throw LabelXml.Refusal(LabelFault.UnknownName, "the policy has no such tag", element);

        var values = new OrderedDictionary<TagType, (List<int> Numbers, List<string> Texts)>();
        foreach (var value in LabelXml.Children(element))
        {
            foreach (var (tag, category) in Values(tags, value))
            {
                if (!values.TryGetValue(tag.Type, out var list)) values.Add(tag.Type, list = ([], []));
                if (list.Numbers.Count + list.Texts.Count == LabelBounds.Values) throw LabelXml.Refusal(LabelFault.TooLarge, "a category has more values than are allowed", value);
                if (category.Text is { } text ? list.Texts.Contains(text) : list.Numbers.Contains(category.Value)) throw LabelXml.Refusal(LabelFault.Duplicate, "a category has the same value twice", value);
                if (category.Text is not null) list.Texts.Add(category.Text);
                else list.Numbers.Add(category.Value);
            }
        }

        if (values.Count == 0) values.Add(tags.Length == 1 ? tags[0].Type : throw LabelXml.Refusal(LabelFault.Ambiguous, "more than one tag has this name", element), ([], []));
        foreach (var (type, list) in values) Put(categories, new TagCategory(set.Id, type, [.. list.Numbers]) { Texts = [.. list.Texts], Syntax = policy.LabelSyntax }, policy);
    }

    // Several tags of one type stand each by itself here, and are one in a label.
    private static void Put(ImmutableArray<LabelCategory>.Builder categories, TagCategory category, SecurityPolicy policy)
    {
        for (var i = 0; i < categories.Count && policy.Tags(category.TagSet, category.Type).Length > 1; i++)
        {
            if (categories[i] is not TagCategory before || before.Type != category.Type || before.TagSet != category.TagSet) continue;
            categories[i] = new TagCategory(category.TagSet, category.Type, [.. before.Values, .. category.Values]) { Texts = [.. before.Texts, .. category.Texts], Syntax = category.Syntax };
            return;
        }

        categories.Add(category);
    }

    // The standard wants names and forbids the two others, which its schema has.
    private static IEnumerable<(TagDefinition Tag, CategoryDefinition Category)> Values(ImmutableArray<TagDefinition> tags, XElement value)
    {
        LabelXml.Allow(value);
        if (value.Name == Space + "GenericValue") return [LabelNames.Category(tags, LabelXml.Text(value), value)];
        if (value.Name == Space + "IntegerValue")
        {
            if (!int.TryParse(LabelXml.Token(value), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) throw LabelXml.Refusal(LabelFault.OutOfRange, "IntegerValue is not a number in its range", value);
            return [Value(tags, number, value)];
        }

        return value.Name == Space + "BitStringValue" ? Bits(tags, LabelXml.Token(value), value) : throw LabelXml.Refusal(LabelFault.Malformed, "an element of a Category is not known", value);
    }

    private static (TagDefinition Tag, CategoryDefinition Category) Value(ImmutableArray<TagDefinition> tags, int number, XElement at) => tags.Where(t => t.Find(number) is not null).Take(2).ToArray() switch
    {
        [var tag] => (tag, tag.Find(number)!),
        [] => throw LabelXml.Refusal(LabelFault.UnknownName, "the policy has no category of this value", at),
        _ => throw LabelXml.Refusal(LabelFault.Ambiguous, "more than one category has this value", at),
    };

    // The digits 0 and 1, the first for position 0, as in a BIT STRING.
    private static IEnumerable<(TagDefinition Tag, CategoryDefinition Category)> Bits(ImmutableArray<TagDefinition> tags, string bits, XElement at)
    {
        if (bits.Length > LabelBounds.BitPosition + 1) throw LabelXml.Refusal(LabelFault.TooLarge, "a bit map is wider than is allowed", at);
        if (bits.Length is 0 || bits.AsSpan().ContainsAnyExceptInRange('0', '1')) throw LabelXml.Refusal(LabelFault.Malformed, "BitStringValue is not a string of bits", at);
        ImmutableArray<TagDefinition> maps = [.. tags.Where(t => t.Type.IsBitMap())];
        if (maps.IsEmpty) throw LabelXml.Refusal(LabelFault.UnknownName, "the policy has no bit map of this name", at);
        var found = Enumerable.Range(0, bits.Length).Where(i => bits[i] is '1').ToArray();
        return found.Length <= LabelBounds.Values ? found.Select(i => Value(maps, i, at)) : throw LabelXml.Refusal(LabelFault.TooLarge, "a category has more values than are allowed", at);
    }

    private static Stanag4774Originator Originator(XElement element)
    {
        LabelXml.Allow(element, "IDType");
        var type = element.Attribute("IDType")?.Value;
        return type is not null && OriginatorTypes.Contains(type) ? new Stanag4774Originator(type, LabelXml.Text(element))
            : throw LabelXml.Refusal(LabelFault.Malformed, "the IDType of an OriginatorID is not known", element);
    }

    private static Stanag4774Succession Succession(XElement element, Stanag4774Kind kind, PolicySet policies)
    {
        LabelXml.Allow(element);
        var children = new Sequence(element);
        var time = Time(children.Required("SuccessionDateTime"));
        var successor = Label(children.Required("SuccessorConfidentialityLabel"), kind, policies, isSuccessor: true);
        children.End();
        return new Stanag4774Succession(time, successor);
    }

    private static XmlTime Time(XElement element)
    {
        LabelXml.Allow(element);
        return Time(LabelXml.Token(element), element);
    }

    private static XmlTime Time(string text, XElement at) => XmlTime.Parse(text) ?? throw LabelXml.Refusal(LabelFault.Malformed, "a time is not an xs:dateTime", at);

    /// <summary>Children in the order of a schema.</summary>
    public sealed class Sequence(XElement parent)
    {
        private readonly XElement[] children = [.. LabelXml.Children(parent)];
        private int next;

        public XElement Required(string name) => Required(Space + name);

        public XElement Required(XName name) => Optional(name)
            ?? throw LabelXml.Refusal(LabelFault.Malformed, $"{parent.Name.LocalName} has no {name.LocalName} in its place", next < children.Length ? children[next] : parent);

        public XElement? Optional(string name) => Optional(Space + name);

        public XElement? Optional(XName name) => next < children.Length && children[next].Name == name ? children[next++] : null;

        /// <summary>What is left is of other namespaces.</summary>
        public ImmutableArray<string> Foreign()
        {
            var start = next;
            while (next < children.Length && children[next].Name.Namespace != Space && children[next].Name.Namespace != XNamespace.None) next++;
            End();
            return [.. children[start..].Select(e => e.ToString(SaveOptions.DisableFormatting))];
        }

        public void End()
        {
            if (next == children.Length) return;
            var repeated = next > 0 && children[next].Name == children[next - 1].Name;
            throw LabelXml.Refusal(repeated ? LabelFault.Duplicate : LabelFault.Malformed, $"an element of {parent.Name.LocalName} is not known or not in its place", children[next]);
        }
    }
}
