using System.Collections.Immutable;

namespace MilSwitch.Domain.Profiling;

/// <summary>A rule that selected a message. Immutable.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Reasons">For each kind of condition what held first, such as <c>sic KA*</c>; words of the plan, not of the message.</param>
public sealed record ProfileMatch(ProfileRule Rule, ImmutableArray<string> Reasons);
