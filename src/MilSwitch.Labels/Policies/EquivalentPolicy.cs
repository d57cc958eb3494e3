using System.Collections.Immutable;

namespace MilSwitch.Labels.Policies;

/// <summary>A policy to and from which labels can be translated (<c>equivalentPolicy</c>).</summary>
/// <param name="Id">Object identifier, dotted.</param>
/// <param name="Name">Empty: none.</param>
/// <param name="Required">Categories that a label translated to it must have as well.</param>
public sealed record EquivalentPolicy(string Id, string Name, ImmutableArray<RequiredCategories> Required);
