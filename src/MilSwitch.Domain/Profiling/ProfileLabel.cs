namespace MilSwitch.Domain.Profiling;

/// <summary>What a rule sees of a message's security label. Immutable.</summary>
/// <param name="Policy">Object identifier of its policy.</param>
/// <param name="PolicyName">The policy's name; null: it is not known here.</param>
/// <param name="Classification">The number; null: the label has none.</param>
/// <param name="ClassificationName">Its name in the policy; null: it is not known here.</param>
public sealed record ProfileLabel(string Policy, string? PolicyName, int? Classification, string? ClassificationName);
