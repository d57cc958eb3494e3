using System.Collections.Immutable;

namespace MilSwitch.Labels.Policies;

/// <summary>A classification of another policy that is as good as this one (<c>equivalentClassification</c>).</summary>
/// <param name="Policy">Object identifier of the other policy.</param>
/// <param name="Value">Its classification there.</param>
/// <param name="Applied">In which direction.</param>
/// <param name="Required">Categories of the other policy that a translated label must have as well.</param>
public sealed record EquivalentClassification(string Policy, int Value, EquivalenceUse Applied, ImmutableArray<RequiredCategories> Required);
