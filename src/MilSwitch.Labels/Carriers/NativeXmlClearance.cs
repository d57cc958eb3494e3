using System.Collections.Immutable;
using System.Xml.Linq;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>Clearances in the XML of <see cref="NativeXmlLabel"/>: the same with several classifications. Safe for concurrent use.</summary>
public static class NativeXmlClearance
{
    /// <param name="document">UTF-8.</param>
    /// <param name="policies">Needed for informative values only: their policy says how they are encoded.</param>
    /// <returns>Just the classifications that are listed.</returns>
    /// <exception cref="LabelRefusedException">It is no clearance.</exception>
    public static Clearance Read(ReadOnlyMemory<byte> document, PolicySet policies) => Read(LabelXml.Load(document), policies);

    internal static Clearance Read(XElement root, PolicySet policies)
    {
        var form = NativeXml.Read(root, "clearance", policies);
        if (form.PrivacyMark is not null) throw LabelXml.Refusal(LabelFault.Malformed, "a clearance has no privacy mark", root);
        var classifications = form.Classifications.Sort();
        for (var i = 1; i < classifications.Length; i++)
        {
            if (classifications[i] == classifications[i - 1]) throw LabelXml.Refusal(LabelFault.Duplicate, "a clearance has the same classification twice", root);
        }

        return new Clearance { Policy = form.Policy, Classifications = classifications, Categories = form.Categories };
    }

    /// <exception cref="LabelRefusedException">
    /// The form has no place for it: classifications that stand for those below, a category in an unknown syntax or without values, a tag twice.
    /// </exception>
    public static byte[] Write(Clearance clearance)
    {
        if (clearance.IncludesLower) throw new LabelRefusedException(LabelFault.Malformed, "the form lists every classification of a clearance");
        return NativeXml.Write("clearance", clearance.Policy, clearance.Classifications, clearance.Categories, null);
    }
}
