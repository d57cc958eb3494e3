using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Profiling;

/// <summary>How the chosen plan is kept in the store: one document for all nodes.</summary>
public static class PlanChoiceDocument
{
    public const string Kind = PolicyDocuments.ProfilePlan;

    public const string Id = "chosen";

    public static string Write(PlanChoice choice) => JsonSerializer.Serialize(choice, PlanChoiceJson.Default.PlanChoice);

    /// <exception cref="JsonException">It is something else.</exception>
    public static PlanChoice? Read(string json) => JsonSerializer.Deserialize(json, PlanChoiceJson.Default.PlanChoice);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PlanChoice))]
internal sealed partial class PlanChoiceJson : JsonSerializerContext;
