using System.Text.Json.Serialization;

namespace MilSwitch.Host.Commands;

/// <summary>What was written.</summary>
/// <param name="File">Where.</param>
/// <param name="Octets">How much.</param>
internal sealed record SavedFile(string File, long Octets);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SavedFile))]
internal sealed partial class AuditCommandJson : JsonSerializerContext;
