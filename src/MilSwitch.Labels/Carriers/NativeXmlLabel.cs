using System.Collections.Immutable;
using System.Xml.Linq;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// Labels in the XML of the library spiffing, namespace <c>http://surevine.com/xmlns/spiffy</c>: numbers throughout, one element for
/// each value. <c>privacyMark</c> is an addition of this product, which others pass over. Safe for concurrent use.
/// </summary>
public static class NativeXmlLabel
{
    public const string Namespace = "http://surevine.com/xmlns/spiffy";

    internal static XNamespace Name => Namespace;

    /// <param name="document">UTF-8.</param>
    /// <param name="policies">Needed for informative values only: their policy says how they are encoded.</param>
    /// <exception cref="LabelRefusedException">It is no label.</exception>
    public static SecurityLabel Read(ReadOnlyMemory<byte> document, PolicySet policies) => Read(LabelXml.Load(document), policies);

    internal static SecurityLabel Read(XElement root, PolicySet policies)
    {
        var form = NativeXml.Read(root, "label", policies);
        if (form.Classifications.Length > 1) throw LabelXml.Refusal(LabelFault.Duplicate, "a label has more than one classification", root);
        return new SecurityLabel
        {
            Policy = form.Policy,
            Classification = form.Classifications.IsEmpty ? null : form.Classifications[0],
            PrivacyMark = form.PrivacyMark,
            Categories = form.Categories,
        };
    }

    /// <exception cref="LabelRefusedException">
    /// The form has no place for it: a category in an unknown syntax or without values, a tag twice, a character that XML does not have.
    /// </exception>
    public static byte[] Write(SecurityLabel label) => NativeXml.Write("label", label.Policy, label.Classification is { } value ? [value] : [], label.Categories, label.PrivacyMark);
}
