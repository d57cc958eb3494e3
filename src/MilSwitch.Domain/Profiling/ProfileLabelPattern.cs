namespace MilSwitch.Domain.Profiling;

/// <summary>Labels that a rule selects; at least one of the two is given. Immutable.</summary>
/// <param name="Policy">Name in any case or object identifier; null: any.</param>
/// <param name="Classification">Name in any case or number; null: any.</param>
public sealed record ProfileLabelPattern(string? Policy, string? Classification);
