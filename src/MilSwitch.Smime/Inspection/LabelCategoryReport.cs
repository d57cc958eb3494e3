using System.Collections.Immutable;

namespace MilSwitch.Smime.Inspection;

/// <summary>Categories of one tag set in a label.</summary>
/// <param name="TagSet">Its object identifier; of a category in an unknown syntax that of the syntax.</param>
/// <param name="Type">One of <c>restrictive permissive enumerated-restrictive enumerated-permissive informative</c>; <c>unknown</c> in an unknown syntax, the value then being encoded octets in hexadecimal.</param>
/// <param name="Values">In their order: numbers, or names where the policy is known.</param>
public sealed record LabelCategoryReport(string TagSet, string Type, ImmutableArray<string> Values);
