using System.Text.Json.Serialization;

namespace MilSwitch.Dashboard.Parts;

/// <param name="Names">Of the series.</param>
/// <param name="Data">Times in seconds of Unix, then each series.</param>
internal sealed record ChartData(string[] Names, double[][] Data);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ChartData))]
internal sealed partial class ChartJson : JsonSerializerContext;
