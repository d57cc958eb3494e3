using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MilSwitch.Domain.Auditing;

/// <summary>
/// What somebody who signs says about a trail at one moment. The checkpoints of a trail are a chain of their own, so that the
/// last signature speaks for all before it. The order of members is that of their declaration: signatures are made over the text.
/// </summary>
/// <param name="Trail">Which trail.</param>
/// <param name="Number">From 1 on, without gaps.</param>
/// <param name="Kind">Why it was made.</param>
/// <param name="Node">Which node made it.</param>
/// <param name="At">When.</param>
/// <param name="Sequence">The last record of the trail then.</param>
/// <param name="Hash">That record's hash.</param>
/// <param name="Previous">Digest of the checkpoint before; null: it is the first of its trail.</param>
public sealed record AuditCheckpoint(int Trail, long Number, AuditCheckpointKind Kind, string Node, DateTimeOffset At, long Sequence, string Hash, string? Previous)
{
    /// <summary>Kind of the documents in the store.</summary>
    public const string DocumentKind = "audit-checkpoint";

    /// <summary>Of the first of a trail: what had been pruned before there were checkpoints.</summary>
    public AuditPoint? Anchor { get; init; }

    /// <summary>Of the first of a trail: the last checkpoint of the trail before, so that no trail is missing as a whole unnoticed.</summary>
    public AuditCheckpointLink? Before { get; init; }

    /// <summary>What is forgotten from now on, by retention.</summary>
    public AuditPruning? Pruned { get; init; }

    /// <summary>Of a start on a trail that goes on: the record that was the last one when the store was opened; null: the trail began with this start.</summary>
    public AuditPoint? Found { get; init; }

    /// <summary>Id of its document: trail and number in hexadecimal, so that their order is that of the text.</summary>
    public string Id => IdOf(Trail, Number);

    /// <summary>The record it speaks for.</summary>
    public AuditPoint Point => new(Sequence, Hash);

    /// <summary>The id of a document.</summary>
    public static string IdOf(int trail, long number) => string.Create(CultureInfo.InvariantCulture, $"{trail:x8}{number:x16}");

    /// <summary>SHA-256 of its text, lower-case hexadecimal.</summary>
    public static string DigestOf(string body) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));

    /// <summary>The text that is signed.</summary>
    public string Write() => JsonSerializer.Serialize(this, AuditCheckpointJson.Default.AuditCheckpoint);

    /// <summary>Null: it is something else.</summary>
    public static AuditCheckpoint? TryRead(string body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, AuditCheckpointJson.Default.AuditCheckpoint) is { Node: not null, Hash: not null } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Why a checkpoint was made.</summary>
public enum AuditCheckpointKind : byte
{
    /// <summary>There were new records.</summary>
    Interval,

    /// <summary>The node started.</summary>
    Start,

    /// <summary>The node stops.</summary>
    Stop,

    /// <summary>Old records are about to be forgotten.</summary>
    Prune,

    /// <summary>Somebody asked: what he is shown is to be covered.</summary>
    Asked,
}

/// <summary>One checkpoint, named by another.</summary>
/// <param name="Trail">Of which trail.</param>
/// <param name="Number">Its number.</param>
/// <param name="Digest">Of its text.</param>
public sealed record AuditCheckpointLink(int Trail, long Number, string Digest);

/// <summary>Records that retention takes away.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last.</param>
/// <param name="Hash">The last one's hash.</param>
/// <param name="Before">All of them are older than this.</param>
/// <param name="Checkpoints">Checkpoints that go with them: up to and including this one; null: none.</param>
public sealed record AuditPruning(long From, long To, string Hash, DateTimeOffset Before, AuditCheckpointLink? Checkpoints)
{
    /// <summary>How many records.</summary>
    [JsonIgnore]
    public long Count => To - From + 1;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditCheckpoint))]
[JsonSerializable(typeof(SignedCheckpoint))]
internal sealed partial class AuditCheckpointJson : JsonSerializerContext;
