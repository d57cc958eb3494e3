using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Alarms;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Alarms;

/// <summary>What web hooks and commands get.</summary>
/// <param name="Node">The node that tells.</param>
/// <param name="At">When.</param>
/// <param name="Test">Nothing is the matter.</param>
/// <param name="Alarms">The most severe first, then those that are over; none in a test.</param>
internal sealed record NotificationBody(string Node, DateTimeOffset At, bool Test, IReadOnlyList<NotifiedAlarm> Alarms)
{
    public static byte[] Write(AlarmNotification told) => JsonSerializer.SerializeToUtf8Bytes(
        new NotificationBody(told.Node, told.At, told.IsTest, [.. told.Alarms.Select(NotifiedAlarm.Of)]), NotificationJson.Default.NotificationBody);
}

/// <param name="Id"><c>KIND</c> or <c>KIND:SUBJECT</c>.</param>
/// <param name="Kind">What stands before the colon.</param>
/// <param name="Node">Where it stands.</param>
/// <param name="Severity">critical, high, medium or low.</param>
/// <param name="Text">For people.</param>
/// <param name="State">unacknowledged; of one that is over returned, or normal when somebody had seen it.</param>
/// <param name="Since">When it began.</param>
/// <param name="Cleared">When it ended; absent: it stands.</param>
/// <param name="Occurrences">How often it was raised.</param>
/// <param name="Runbook">Page of the documentation that says what to do.</param>
internal sealed record NotifiedAlarm(string Id, string Kind, string Node, string Severity, string Text, string State, DateTimeOffset Since, DateTimeOffset? Cleared, int Occurrences, string? Runbook)
{
    public static NotifiedAlarm Of(AlarmRecord r) =>
        new(r.Id, AlarmCatalogue.NameOf(r.Id), r.Node, Words.Of(r.Severity), r.Text, Words.Of(r.State), r.RaisedAt, r.ClearedAt, r.Occurrences, AlarmCatalogue.Find(r.Id)?.Runbook);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NotificationBody))]
internal sealed partial class NotificationJson : JsonSerializerContext;
