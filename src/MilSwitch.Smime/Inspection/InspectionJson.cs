using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilSwitch.Smime.Inspection;

/// <summary>The report's JSON, without reflection. Null members are written, so that a reader finds every name.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(InspectionReport))]
internal sealed partial class InspectionJson : JsonSerializerContext
{
    /// <summary>On one line, for programs.</summary>
    public static InspectionJson OneLine { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase });
}
