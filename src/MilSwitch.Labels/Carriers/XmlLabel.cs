using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>A label in any of the XML forms, told apart by the root element. Immutable.</summary>
/// <param name="Form">Which form.</param>
/// <param name="Label">The object's label.</param>
public sealed record XmlLabel(XmlLabelForm Form, SecurityLabel Label)
{
    /// <summary>The whole label; null: another form.</summary>
    public Stanag4774Label? Stanag4774 { get; init; }

    /// <summary>The whole binding; null: another form.</summary>
    public Stanag4778Binding? Binding { get; init; }

    /// <summary>
    /// Reads any of them. Of a binding the label is that of the originator, which must be the same for all that is bound; whether it
    /// counts as bound is for <see cref="Binding"/> to say.
    /// </summary>
    /// <exception cref="LabelRefusedException">It is none of them, or a binding has no or several labels of an originator.</exception>
    public static XmlLabel Read(ReadOnlyMemory<byte> document, PolicySet policies)
    {
        var root = LabelXml.Load(document);
        if (Carriers.Stanag4774.Kind(root) is { } kind)
        {
            if (kind == Stanag4774Kind.Metadata) throw LabelXml.Refusal(LabelFault.Malformed, "a label of metadata is not the object's", root);
            var label = Carriers.Stanag4774.Read(root, policies);
            return new XmlLabel(XmlLabelForm.Stanag4774, label.Label) { Stanag4774 = label };
        }

        if (root.Name.Namespace == Stanag4778.Name)
        {
            var binding = Stanag4778.Read(root, policies);
            var labels = binding.Bindings.SelectMany(b => b.Metadata).Select(m => m.Label).Where(l => l is { Kind: Stanag4774Kind.Originator or Stanag4774Kind.Unspecified }).ToArray();
            if (labels.Length == 0) throw LabelXml.Refusal(LabelFault.Malformed, "a binding has no label of an originator", root);
            if (labels.Any(l => !l!.Label.Equals(labels[0]!.Label))) throw LabelXml.Refusal(LabelFault.Ambiguous, "a binding has different labels of originators", root);
            return new XmlLabel(XmlLabelForm.Stanag4778, labels[0]!.Label) { Stanag4774 = labels[0], Binding = binding };
        }

        if (root.Name.Namespace == NativeXmlLabel.Name) return new XmlLabel(XmlLabelForm.Native, NativeXmlLabel.Read(root, policies));
        if (root.Name.Namespace == SecLabel.Name) return new XmlLabel(XmlLabelForm.SecLabel, SecLabel.Read(root, policies));
        throw LabelXml.Refusal(LabelFault.Malformed, "this is no label in a known form", root);
    }
}
