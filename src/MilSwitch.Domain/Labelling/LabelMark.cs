namespace MilSwitch.Domain.Labelling;

/// <summary>A label as people read it. Immutable.</summary>
/// <param name="Text">Its marking; for one of an unknown policy its numbers.</param>
/// <param name="Rank">Greater is more sensitive; what can't be read has the greatest of all.</param>
/// <param name="Color">The policy's own name of a colour; null: it has none.</param>
/// <param name="IsKnown">Its policy is loaded and the label holds under it.</param>
public sealed record LabelMark(string Text, int Rank, string? Color, bool IsKnown);
