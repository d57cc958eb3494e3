namespace MilSwitch.Labels.Markings;

/// <param name="Value">In labels.</param>
/// <param name="Text">With what qualifies it; null: nothing is shown.</param>
/// <param name="PolicyText">Shown in place of the policy's name; null: leaves that alone.</param>
internal sealed record ShownClassification(int Value, string? Text, string? PolicyText);
