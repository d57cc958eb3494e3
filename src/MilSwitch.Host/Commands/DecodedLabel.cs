using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;

namespace MilSwitch.Host.Commands;

/// <summary>A label and the form that it came in.</summary>
/// <param name="Form">Which.</param>
/// <param name="Label">Need not be valid in its policy.</param>
internal sealed record DecodedLabel(LabelForm Form, SecurityLabel Label)
{
    /// <summary>What the form says besides; null: another form.</summary>
    public Stanag4774Label? Stanag4774 { get; init; }

    /// <summary>The header field; null: another form.</summary>
    public SioLabel? Field { get; init; }
}
