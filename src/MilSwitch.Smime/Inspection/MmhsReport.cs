using System.Text.Json.Serialization;

namespace MilSwitch.Smime.Inspection;

/// <summary>MMHS fields (RFC 6477). What is not there is left out.</summary>
[method: JsonConstructor]
public sealed record MmhsReport(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? PrimaryPrecedence = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CopyPrecedence = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? MessageType = null);
