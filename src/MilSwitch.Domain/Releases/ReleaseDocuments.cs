using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Releases;

/// <summary>How the progress of drafts is kept in the store: one document a draft, under its id.</summary>
public static class ReleaseDocuments
{
    public const string Kind = "release";

    public static StoredDocument Write(MessageId draft, ReleaseProgress progress) => new(Kind, draft.ToString(), JsonSerializer.Serialize(progress, ReleaseJson.Default.ReleaseProgress));

    /// <exception cref="JsonException">It is something else.</exception>
    public static ReleaseProgress Read(string json) => JsonSerializer.Deserialize(json, ReleaseJson.Default.ReleaseProgress) ?? throw new JsonException("nothing is there");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ReleaseProgress))]
internal sealed partial class ReleaseJson : JsonSerializerContext;
