using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>One event of the stream.</summary>
/// <param name="At">When it was decided.</param>
/// <param name="Type">As the stream's <c>event</c> field.</param>
/// <param name="Message">Which message it is about.</param>
/// <param name="Recipient">Which of its recipients, from 0; absent: all or none.</param>
/// <param name="Precedence">The message's level.</param>
/// <param name="Subject">Which link, rule, alarm or file it is about.</param>
/// <param name="Detail">As in the audit trail.</param>
/// <param name="Actor">Who did it, when it was a person.</param>
public sealed record EventView(
    DateTimeOffset At, string Type, string? Message, int? Recipient, string? Precedence, string? Subject, string? Detail, string? Actor)
{
    public static EventView Of(SwitchEvent e) => new(
        e.At, e.Type, e.Message?.ToString(), e.Recipient < 0 ? null : e.Recipient, e.Precedence is { } level ? Words.Of(level) : null, e.Subject,
        e.Detail.Length > 0 ? e.Detail : null, e.Actor);
}

/// <summary>One line for each event, as the stream needs it; what is absent is left out.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EventView))]
internal sealed partial class EventJson : JsonSerializerContext;
