using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilSwitch.Labels.Decisions;

/// <summary>A clearance as people write it in a configuration or a file, in the names of its policy or, where it has none of that name, in its numbers.</summary>
public sealed record ClearanceText
{
    private const int MostOctets = 1 << 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Strict) { MaxDepth = 4, PropertyNameCaseInsensitive = false, ReadCommentHandling = JsonCommentHandling.Skip };

    /// <summary>Name of the policy, or its object identifier.</summary>
    [JsonPropertyName("policy")]
    public required string Policy { get; init; }

    /// <summary>Exactly these classifications, and none below them.</summary>
    [JsonPropertyName("classifications")]
    public IReadOnlyList<string> Classifications { get; init; } = [];

    /// <summary>This classification and all below it; instead of <see cref="Classifications"/>.</summary>
    [JsonPropertyName("up-to")]
    public string? UpTo { get; init; }

    /// <summary>Names of values by the name or object identifier of their tag set; <c>*</c> alone: every value of the set that the policy has now.</summary>
    [JsonPropertyName("categories")]
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Categories { get; init; } = ImmutableDictionary<string, IReadOnlyList<string>>.Empty;

    /// <summary>Reads the form in JSON: <c>{ "policy": …, "classifications": […] or "up-to": …, "categories": { "set": ["value", …] } }</c>.</summary>
    /// <exception cref="ClearanceRefusedException">It is not of that form.</exception>
    public static ClearanceText FromJson(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > MostOctets) throw new ClearanceRefusedException(["the clearance is larger than is allowed"]);
        try
        {
            var text = JsonSerializer.Deserialize<ClearanceText>(octets, Json);
            // The reader checks that members are not null, and does not look into lists.
            if (text is null || text.Classifications.Contains(null!) || text.Categories.Values.Any(values => values is null || values.Contains(null!))) throw new ClearanceRefusedException(["the clearance has a null in it"]);
            return text;
        }
        catch (JsonException fault)
        {
            throw new ClearanceRefusedException([$"line {fault.LineNumber + 1}: the clearance is not of the form {{ policy, classifications or up-to, categories }}"], fault);
        }
    }
}
