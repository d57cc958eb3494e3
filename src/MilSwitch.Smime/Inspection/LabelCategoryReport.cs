using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MilSwitch.Smime.Inspection;

/// <summary>Categories of one tag of a label.</summary>
/// <param name="TagSet">Object identifier of its tag set, or of a syntax that is not known.</param>
/// <param name="Type">One of <c>restrictive permissive enumerated-restrictive enumerated-permissive informative</c>; <c>unknown</c>: the value is one encoded element in hexadecimal.</param>
/// <param name="Values">Ascending by number.</param>
public sealed record LabelCategoryReport(string TagSet, string Type, ImmutableArray<LabelValueReport> Values)
{
    /// <summary>Null: the policy is not at hand or has no such tag set.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TagSetName { get; init; }

    /// <summary>The numbers behind <see cref="Values"/>, in their order; empty where there are none.</summary>
    public ImmutableArray<int> ValueNumbers { get; init; } = [];
}
