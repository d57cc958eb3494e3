using System.Text.Json.Serialization;

namespace MilSwitch.Lookup.Finding.Harvest;

[JsonSerializable(typeof(HarvestEntry.Document))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class HarvestJson : JsonSerializerContext;
