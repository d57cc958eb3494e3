namespace MilSwitch.Domain.Profiling;

/// <summary>The plan that a person switched to; it counts until somebody switches again, whatever the file names. Immutable.</summary>
/// <param name="Plan">Its name.</param>
/// <param name="Reason">Why.</param>
/// <param name="By">Who.</param>
/// <param name="At">When.</param>
public sealed record PlanChoice(string Plan, string Reason, string By, DateTimeOffset At);
