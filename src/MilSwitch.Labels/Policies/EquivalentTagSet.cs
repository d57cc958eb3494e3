using System.Collections.Immutable;

namespace MilSwitch.Labels.Policies;

/// <summary>
/// What another policy has for a tag set (<c>equivalentSecurityCategoryTagSet</c>). It maps no value: each has an equivalence of its own.
/// </summary>
/// <param name="Policy">Object identifier of the other policy.</param>
/// <param name="TagSet">There, by object identifier or by name; null: it is not said which.</param>
/// <param name="Required">Categories that a label translated to that policy must have as well, when it had a value of the tag set.</param>
public sealed record EquivalentTagSet(string Policy, string? TagSet, ImmutableArray<RequiredCategories> Required);
