using System.Collections.Immutable;

namespace MilSwitch.Labels.Policies;

/// <summary>Categories that must stand in a label together with the element that has this rule (<c>requiredCategory</c>, <c>OptionalCategoryGroup</c>).</summary>
/// <param name="Operation">How many of them.</param>
/// <param name="Group">Which; at least one.</param>
public sealed record RequiredCategories(RequiredOperation Operation, ImmutableArray<CategoryReference> Group);

/// <summary>How many categories of a group are needed (X.841 <c>Operation</c>).</summary>
public enum RequiredOperation : byte
{
    OnlyOne = 1,
    OneOrMore = 2,
    All = 3,
}
