namespace MilSwitch.Domain.Profiling;

/// <summary>A message type that a rule selects. Immutable.</summary>
/// <param name="Value">0–255, RFC 6477 §3.10.</param>
/// <param name="Identifier">In any case; null: any or none.</param>
public sealed record ProfileType(int Value, string? Identifier = null);
