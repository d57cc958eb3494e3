using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilSwitch.Host.Auditing;

/// <summary>
/// The lines of an export. Each has one of the members; the first is <c>export</c>, the last two are <c>end</c> and, where the
/// node has a key, <c>signature</c>, which is over the octets of the line before it.
/// </summary>
internal sealed record AuditExportLine
{
    public ExportHead? Export { get; init; }

    public ExportTrail? Trail { get; init; }

    public ExportRecord? Record { get; init; }

    /// <summary>The text of a checkpoint, octet for octet.</summary>
    public ExportCheckpoint? Checkpoint { get; init; }

    public ExportEnd? End { get; init; }

    /// <summary>Detached CMS SignedData, base64 of its DER.</summary>
    public string? Signature { get; init; }
}

/// <param name="Version">Of this format: 1.</param>
/// <param name="Node">Which node wrote it.</param>
/// <param name="At">When.</param>
/// <param name="From">Records of this time or later.</param>
/// <param name="Until">And before this time; further ones follow up to the next checkpoint.</param>
internal sealed record ExportHead(int Version, string Node, DateTimeOffset At, DateTimeOffset From, DateTimeOffset Until);

/// <param name="Number">Of the trail.</param>
/// <param name="First">Number of the first record.</param>
/// <param name="Last">Number of the last one.</param>
/// <param name="Previous">Hash of the record before the first.</param>
/// <param name="Hash">The last one's hash.</param>
internal sealed record ExportTrail(int Number, long First, long Last, string Previous, string Hash);

/// <param name="Trail">Of which trail.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="At">Unix milliseconds.</param>
/// <param name="Time">The same, for people.</param>
/// <param name="Kind">The number of what happened, which is hashed.</param>
/// <param name="Word">The same, for people.</param>
/// <param name="Message">To which message, as the number that is hashed; 0: to none.</param>
/// <param name="Id">The same, as everywhere else.</param>
/// <param name="Recipient">To which of its recipients; −1: to all or none.</param>
/// <param name="Detail">More.</param>
/// <param name="Actor">The person; absent: the switch.</param>
/// <param name="Hash">Over it and the hash before.</param>
internal sealed record ExportRecord(
    int Trail, long Sequence, long At, DateTimeOffset Time, short Kind, string Word, long Message, string? Id, int Recipient, string Detail, string? Actor, string Hash);

/// <param name="Id">Of the checkpoint.</param>
/// <param name="Body">What is signed.</param>
/// <param name="Signature">Over it; absent: the node had no key.</param>
internal sealed record ExportCheckpoint(string Id, string Body, string? Signature);

/// <param name="Records">How many there are.</param>
/// <param name="Checkpoints">How many of these.</param>
/// <param name="Digest">SHA-256 of all octets before this line, lower-case hexadecimal.</param>
internal sealed record ExportEnd(long Records, int Checkpoints, string Digest);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditExportLine))]
internal sealed partial class AuditExportJson : JsonSerializerContext
{
    /// <summary>Null: it is no line of an export.</summary>
    public static AuditExportLine? TryRead(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, Default.AuditExportLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
