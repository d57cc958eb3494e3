using System.Collections.Immutable;
using System.Text;
using System.Xml.Linq;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// Bindings of labels to objects (ADatP-4778 edition A, schema 1.4): encapsulating (the object within), embedded (an empty reference) and
/// detached (a reference elsewhere). Cryptographic bindings are recognised and never checked. Safe for concurrent use.
/// </summary>
public static class Stanag4778
{
    public const string Namespace = "urn:nato:stanag:4778:bindinginformation:1:0";

    private const string Signature = "http://www.w3.org/2000/09/xmldsig#";
    private const int Bindings = 256;
    private const int Items = 1_024;

    private static readonly XNamespace Mime = "http://www.w3.org/2005/05/xmlmime";

    internal static XNamespace Name => Namespace;

    /// <exception cref="LabelRefusedException">It is no binding, or one of its labels is refused.</exception>
    public static Stanag4778Binding Read(ReadOnlyMemory<byte> document, PolicySet policies) => Read(LabelXml.Load(document), policies);

    /// <summary>UTF-8, in the order of the schema.</summary>
    /// <exception cref="LabelRefusedException">A label has no place in XML.</exception>
    /// <exception cref="ArgumentException">There is nothing to bind, or it claims a signature, which nobody has made.</exception>
    public static byte[] Write(Stanag4778Binding binding, PolicySet policies)
    {
        if (binding.ClaimsSignature) throw new ArgumentException("a binding that claims a signature can't be made", nameof(binding));
        if (binding.Bindings.IsEmpty || binding.Bindings.Any(b => b.Metadata.IsEmpty || b.Data.IsEmpty)) throw new ArgumentException("a binding has metadata and data", nameof(binding));
        var root = new XElement(Name + "BindingInformation");
        foreach (var container in binding.Bindings.GroupBy(b => b.Container))
        {
            root.Add(new XElement(Name + "MetadataBindingContainer", container.Select(b => Element(b, policies))));
        }

        return LabelXml.Write(root);
    }

    internal static Stanag4778Binding Read(XElement root, PolicySet policies)
    {
        if (root.Name != Name + "BindingInformation") throw LabelXml.Refusal(LabelFault.Malformed, "this is no BindingInformation", root);
        var bindings = ImmutableArray.CreateBuilder<MetadataBinding>();
        // Signatures stand before or after the containers, or around and within them; whatever is not the standard's counts as a claim.
        var claims = root.Descendants().Any(e => e.Name.NamespaceName == Signature && e.Name.LocalName is "Signature" or "Manifest" or "Reference" or "DigestValue" or "SignatureValue");
        var containers = 0;
        foreach (var child in LabelXml.Children(root))
        {
            if (child.Name.Namespace != Name) claims = true;
            else if (child.Name.LocalName == "MetadataBindingContainer") claims |= Container(child, containers++, bindings, policies);
            else throw Unknown(child);
        }

        return containers == 0 ? throw LabelXml.Refusal(LabelFault.Malformed, "a BindingInformation has no MetadataBindingContainer", root)
            : new Stanag4778Binding { Bindings = bindings.ToImmutable(), ClaimsSignature = claims };
    }

    private static bool Container(XElement element, int number, ImmutableArray<MetadataBinding>.Builder bindings, PolicySet policies)
    {
        LabelXml.Allow(element, "Id");
        var (foreign, any) = (false, false);
        foreach (var child in LabelXml.Children(element))
        {
            if (child.Name.Namespace != Name)
            {
                foreign = true;
                continue;
            }

            if (child.Name.LocalName != "MetadataBinding") throw Unknown(child);
            if (bindings.Count == Bindings) throw LabelXml.Refusal(LabelFault.TooLarge, "there are more bindings than are allowed", child);
            bindings.Add(Binding(child, number, policies));
            any = true;
        }

        return any ? foreign : throw LabelXml.Refusal(LabelFault.Malformed, "a MetadataBindingContainer has no MetadataBinding", element);
    }

    private static MetadataBinding Binding(XElement element, int container, PolicySet policies)
    {
        LabelXml.Allow(element, "Id");
        var metadata = ImmutableArray.CreateBuilder<BoundMetadata>();
        var data = ImmutableArray.CreateBuilder<BoundData>();
        foreach (var child in LabelXml.Children(element))
        {
            if (metadata.Count + data.Count == Items) throw LabelXml.Refusal(LabelFault.TooLarge, "a binding has more parts than are allowed", child);
            if (child.Name == Name + "Metadata" && data.Count == 0) metadata.Add(Metadata(child, policies));
            else if (child.Name == Name + "MetadataReference" && data.Count == 0) metadata.Add(new BoundMetadata { Uri = Uri(child), ContentType = ContentType(child), Encoding = Encoded(child) });
            else if (child.Name == Name + "Data" && metadata.Count > 0) data.Add(Embedded(child));
            else if (child.Name == Name + "DataReference" && metadata.Count > 0) data.Add(Reference(child));
            else throw Unknown(child);
        }

        return metadata.Count == 0 || data.Count == 0 ? throw LabelXml.Refusal(LabelFault.Malformed, "a MetadataBinding has metadata and data", element)
            : new MetadataBinding(element.Attribute("Id")?.Value, container, metadata.ToImmutable(), data.ToImmutable());
    }

    private static BoundMetadata Metadata(XElement element, PolicySet policies)
    {
        Check(element);
        var children = LabelXml.Children(element).ToArray();
        if (children is not [var only]) throw LabelXml.Refusal(children.Length == 0 ? LabelFault.Malformed : LabelFault.Duplicate, "Metadata has exactly one element", element);
        return Stanag4774.IsRoot(only) ? new BoundMetadata { Label = Stanag4774.Read(only, policies), ContentType = ContentType(element), Encoding = Encoded(element) }
            : only.Name.Namespace == Stanag4774.Name || only.Name.Namespace == Name ? throw Unknown(only)
            : new BoundMetadata { Other = only.ToString(SaveOptions.DisableFormatting), ContentType = ContentType(element), Encoding = Encoded(element) };
    }

    private static BoundData Embedded(XElement element)
    {
        Check(element);
        return new BoundData
        {
            Embedded = string.Concat(element.Nodes().Select(n => n.ToString(SaveOptions.DisableFormatting))),
            ContentType = ContentType(element),
            Encoding = Encoded(element),
        };
    }

    private static BoundData Reference(XElement element)
    {
        var uri = Uri(element);
        var children = LabelXml.Children(element).ToArray();
        if (children.Length > 1 || (children.Length == 1 && children[0].Name != XName.Get("Transforms", Signature))) throw Unknown(children[^1]);
        return new BoundData
        {
            Uri = uri,
            ContentType = ContentType(element),
            Encoding = Encoded(element),
            Transforms = children.Length == 0 ? null : children[0].ToString(SaveOptions.DisableFormatting),
        };
    }

    private static string Uri(XElement element)
    {
        Check(element);
        return element.Attribute("URI")?.Value ?? throw LabelXml.Refusal(LabelFault.Malformed, $"{element.Name.LocalName} has no URI", element);
    }

    private static void Check(XElement element)
    {
        foreach (var attribute in LabelXml.Attributes(element))
        {
            if (attribute.Name != Mime + "contentType" && attribute.Name != "encoding" && !(attribute.Name == "URI" && element.Name.LocalName.EndsWith("Reference", StringComparison.Ordinal))) throw Unknown(attribute);
        }
    }

    private static string? ContentType(XElement element) => element.Attribute(Mime + "contentType")?.Value;

    private static string? Encoded(XElement element) => element.Attribute("encoding")?.Value;

    private static LabelRefusedException Unknown(XObject at) => LabelXml.Refusal(LabelFault.Malformed, "a part of a binding is not known or not in its place", at);

    private static XElement Element(MetadataBinding binding, PolicySet policies)
    {
        var element = new XElement(Name + "MetadataBinding");
        if (binding.Id is not null) element.Add(new XAttribute("Id", binding.Id));
        foreach (var metadata in binding.Metadata)
        {
            var child = metadata.Uri is { } uri ? new XElement(Name + "MetadataReference", new XAttribute("URI", uri))
                : new XElement(Name + "Metadata", metadata.Label is { } label ? Stanag4774Writer.Element(label, policies) : LabelXml.Load(Encoding.UTF8.GetBytes(metadata.Other ?? "")));
            if (metadata.ContentType is { } type) child.Add(new XAttribute(Mime + "contentType", type));
            if (metadata.Encoding is { } encoding) child.Add(new XAttribute("encoding", encoding));
            element.Add(child);
        }

        foreach (var data in binding.Data) element.Add(Element(data));
        return element;
    }

    private static XElement Element(BoundData data)
    {
        // What is embedded may be several nodes: it is read as the content of an element.
        var element = data.Uri is { } uri ? new XElement(Name + "DataReference", new XAttribute("URI", uri), data.Transforms is { } t ? LabelXml.Load(Encoding.UTF8.GetBytes(t)) : null)
            : new XElement(Name + "Data", LabelXml.Load(Encoding.UTF8.GetBytes($"<d>{data.Embedded}</d>")).Nodes());
        if (data.ContentType is { } type) element.Add(new XAttribute(Mime + "contentType", type));
        if (data.Encoding is { } encoding) element.Add(new XAttribute("encoding", encoding));
        return element;
    }
}
