using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Switching.Labelling;

/// <summary>The label in a field SIO-Label, whichever of the forms of RFC 7444 §3 it has. Pure.</summary>
internal static class SioLabels
{
    /// <returns>Null: it has a marking only.</returns>
    /// <exception cref="LabelRefusedException">It is no label.</exception>
    public static SecurityLabel? Decode(SioLabel field, PolicySet policies)
    {
        return field.Type switch
        {
            null => null,
            SioLabel.Ess or SioLabel.X411 => field.Decode(policies),
            SioLabel.Xml => XmlLabel.Read(field.LabelOctets, policies).Label,
            _ => throw new LabelRefusedException(LabelFault.Malformed, "its label is of a type that is not known"),
        };
    }
}
