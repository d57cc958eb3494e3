using System.Collections.Immutable;

namespace MilSwitch.Domain.Profiling;

/// <summary>The rules that count together, in their order. Immutable.</summary>
/// <param name="Name">Such as <c>peace</c>.</param>
/// <param name="Rules">Each is selective and has an addressee.</param>
public sealed record ProfilePlan(string Name, ImmutableArray<ProfileRule> Rules);
