using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Configuration;

/// <summary>
/// The settings that count on every node of a cluster, as one node's file had them when it was applied. Of this file only
/// what is no node's own is used (<see cref="IsOwn"/>).
/// </summary>
/// <param name="Text">The whole file.</param>
/// <param name="File">Its name on the node that applied it.</param>
/// <param name="Node">That node.</param>
/// <param name="By">Who applied it; null: it was the first node's at its first start.</param>
public sealed record SharedSettings(string Text, string File, string Node, string? By, DateTimeOffset At)
{
    /// <summary>Why it was applied; null: it was the first node's, or an earlier version of the program applied it.</summary>
    public string? Reason { get; init; }

    public const string Kind = PolicyDocuments.Configuration;

    public const string Id = "shared";

    /// <summary>How problems in it name their file.</summary>
    [JsonIgnore]
    public string Name => $"{File} as {Node} applied it";

    private static readonly FrozenSet<string> Own = new[] { "node", "store", "cluster", "listeners", "acp127", "folders", "keys", "tokens", "admin", "metrics", "logging", "dns", "audit", "tracking" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What a cluster's store has; null: no node has put anything there yet.</summary>
    /// <exception cref="JsonException">It was written by another version.</exception>
    internal static async Task<SharedSettings?> ReadAsync(ISpool store, CancellationToken cancellationToken) =>
        await store.ReadDocumentAsync(Kind, Id, cancellationToken) is { } json ? JsonSerializer.Deserialize(json, SharedSettingsJson.Default.SharedSettings) : null;

    /// <summary>This key of the file is about one node: each has its own.</summary>
    public static bool IsOwn(string key) => Own.Contains(key);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SharedSettings))]
internal sealed partial class SharedSettingsJson : JsonSerializerContext;
