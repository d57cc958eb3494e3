using System.Text.Json.Serialization;

namespace MilSwitch.Dashboard.Live;

/// <param name="At">The node's time, in milliseconds of Unix.</param>
/// <param name="Html">Of the view.</param>
/// <param name="Banner">Html of the banner.</param>
/// <param name="Alarms">That nobody has acknowledged, for the bar.</param>
internal sealed record LivePicture(long At, string Html, string Banner, int Alarms);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LivePicture))]
internal sealed partial class LiveJson : JsonSerializerContext;
