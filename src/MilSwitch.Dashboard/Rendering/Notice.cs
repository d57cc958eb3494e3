namespace MilSwitch.Dashboard.Rendering;

/// <summary>What became of an act, for the person who did it.</summary>
/// <param name="Good">It was done.</param>
/// <param name="Text">In a sentence.</param>
/// <param name="Details">One line each; may be empty.</param>
public sealed record Notice(bool Good, string Text, IReadOnlyList<string> Details);
