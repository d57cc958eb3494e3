using System.Collections.Immutable;

namespace MilSwitch.Smime.Inspection;

/// <summary>Categories of one tag set in a label.</summary>
/// <param name="TagSet">Its object identifier.</param>
/// <param name="Type">One of <c>restrictive permissive enumerated-restrictive enumerated-permissive informative</c>; <c>unknown</c> without its policy, the values then being encoded octets in hexadecimal.</param>
/// <param name="Values">In their order.</param>
public sealed record LabelCategoryReport(string TagSet, string Type, ImmutableArray<string> Values);
