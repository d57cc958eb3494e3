using System.Xml.Linq;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// Confidentiality labels in XML (ADatP-4774 edition A, schema 1.3). They speak in names, which only a known policy gives a meaning.
/// Safe for concurrent use.
/// </summary>
public static class Stanag4774
{
    public const string Namespace = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0";

    internal static XNamespace Name => Namespace;

    /// <summary>
    /// Root elements are known with a small or a capital first letter: drafts of the schema had the capital. The attribute <c>URL</c> of
    /// PolicyIdentifier is read like <c>URI</c>.
    /// </summary>
    /// <exception cref="LabelRefusedException">
    /// It is no such label; <see cref="LabelFault.UnknownPolicy"/>, <see cref="LabelFault.UnknownName"/> and
    /// <see cref="LabelFault.Ambiguous"/> when a name has no or no single meaning.
    /// </exception>
    public static Stanag4774Label Read(ReadOnlyMemory<byte> document, PolicySet policies) => Read(LabelXml.Load(document), policies);

    /// <summary>UTF-8, in the order of the schema, names as the policy has them. Nothing is added: whoever makes a label sets its dates.</summary>
    /// <exception cref="LabelRefusedException">The form has no place for it: no classification, a category in an unknown syntax, what the policy does not know.</exception>
    public static byte[] Write(Stanag4774Label label, PolicySet policies, Stanag4774Values values = Stanag4774Values.Names) => LabelXml.Write(Stanag4774Writer.Element(label, policies, values));

    internal static bool IsRoot(XElement element) => Kind(element) is not null;

    internal static Stanag4774Kind? Kind(XElement element) => element.Name.Namespace != Name ? null : element.Name.LocalName switch
    {
        "originatorConfidentialityLabel" or "OriginatorConfidentialityLabel" => Stanag4774Kind.Originator,
        "alternativeConfidentialityLabel" or "AlternativeConfidentialityLabel" => Stanag4774Kind.Alternative,
        "metadataConfidentialityLabel" or "MetadataConfidentialityLabel" => Stanag4774Kind.Metadata,
        "ConfidentialityLabel" => Stanag4774Kind.Unspecified,
        _ => null,
    };

    internal static Stanag4774Label Read(XElement root, PolicySet policies) =>
        Stanag4774Reader.Label(root, Kind(root) ?? throw LabelXml.Refusal(LabelFault.Malformed, "this is no confidentiality label", root), policies);
}
