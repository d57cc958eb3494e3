using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Operations;

/// <summary>Events of the audit trail as they stand in exported evidence.</summary>
internal static class AuditJson
{
    public static string Write(IEnumerable<AuditEvent> events) => JsonSerializer.Serialize(
        [.. events.Select(e => new AuditLine(e.At, e.Kind, e.Message.ToString(), e.Recipient < 0 ? null : e.Recipient, e.Detail, e.Actor))],
        AuditJsonContext.Default.AuditLineArray);
}

/// <param name="At">When.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Message">To which message.</param>
/// <param name="Recipient">To which of its recipients; null: to all or none.</param>
/// <param name="Detail">More.</param>
/// <param name="Actor">The person; null: the switch.</param>
internal sealed record AuditLine(DateTimeOffset At, AuditKind Kind, string Message, int? Recipient, string Detail, string? Actor);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(AuditLine[]))]
internal sealed partial class AuditJsonContext : JsonSerializerContext;
