using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Lists;

/// <summary>How the progress of lists is kept in the store: one document a message, under its id.</summary>
public static class ExpansionDocuments
{
    public const string Kind = "expansion";

    /// <summary>To be committed with the copy that was made.</summary>
    public static StoredDocument Write(MessageId message, ExpansionProgress progress) => new(Kind, message.ToString(), JsonSerializer.Serialize(progress, ExpansionJson.Default.ExpansionProgress));

    /// <exception cref="JsonException">It is something else.</exception>
    public static ExpansionProgress Read(string json) => JsonSerializer.Deserialize(json, ExpansionJson.Default.ExpansionProgress) ?? ExpansionProgress.None;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ExpansionProgress))]
internal sealed partial class ExpansionJson : JsonSerializerContext;
