using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Acknowledgments;

/// <summary>How acknowledgments are kept in the store: one document a message, under its id.</summary>
public static class AcknowledgmentDocuments
{
    public const string Kind = "acknowledgment";

    /// <summary>Kind of those from whom nothing more is awaited.</summary>
    public const string Settled = "acknowledged";

    /// <summary>Recipients that are followed of one message; the others are not.</summary>
    public const int MostRecipients = 500;

    /// <summary>To be committed with the message, or put by whoever follows it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="recipients">Each with its own index; at most <see cref="MostRecipients"/>.</param>
    public static StoredDocument Write(MessageId message, ImmutableArray<Acknowledgment> recipients) =>
        new(Kind, message.ToString(), JsonSerializer.Serialize(recipients, AcknowledgmentJson.Default.ImmutableArrayAcknowledgment));

    /// <exception cref="JsonException">It is something else.</exception>
    public static ImmutableArray<Acknowledgment> Read(string json) => JsonSerializer.Deserialize(json, AcknowledgmentJson.Default.ImmutableArrayAcknowledgment);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, IgnoreReadOnlyProperties = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImmutableArray<Acknowledgment>))]
internal sealed partial class AcknowledgmentJson : JsonSerializerContext;
