namespace MilSwitch.Domain.Military;

/// <summary>A line of a catalogue that can't be understood.</summary>
/// <param name="Line">From one.</param>
/// <param name="Text">What is wrong with it.</param>
public sealed record SicCatalogueProblem(int Line, string Text);
