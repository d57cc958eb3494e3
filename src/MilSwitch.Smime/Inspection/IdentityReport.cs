using System.Collections.Immutable;

namespace MilSwitch.Smime.Inspection;

/// <summary>Whether who signed may speak for who is shown.</summary>
/// <param name="From">Addresses of From.</param>
/// <param name="Match">One of <c>ok mismatch ambiguous none</c>.</param>
/// <param name="Detail">Why, for people; null when there is nothing to say.</param>
public sealed record IdentityReport(ImmutableArray<string> From, string Match, string? Detail);
