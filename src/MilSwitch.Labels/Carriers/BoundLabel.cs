namespace MilSwitch.Labels.Carriers;

/// <summary>One label and one object that it is said to belong to.</summary>
/// <param name="Label">Of any kind: a label of metadata does not speak for the object.</param>
/// <param name="Data">Embedded or referred to.</param>
/// <param name="State">Whether that counts.</param>
public sealed record BoundLabel(Stanag4774Label Label, BoundData Data, BindingState State);
