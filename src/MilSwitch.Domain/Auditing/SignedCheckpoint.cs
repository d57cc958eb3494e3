using System.Text.Json;

namespace MilSwitch.Domain.Auditing;

/// <summary>A checkpoint as it is kept.</summary>
/// <param name="Body">The text of an <see cref="AuditCheckpoint"/>, octet for octet.</param>
/// <param name="Signature">Detached CMS SignedData in DER and base64; null: the node had no key.</param>
public sealed record SignedCheckpoint(string Body, string? Signature)
{
    /// <summary>The document's text.</summary>
    public string Write() => JsonSerializer.Serialize(this, AuditCheckpointJson.Default.SignedCheckpoint);

    /// <summary>Null: it is something else.</summary>
    public static SignedCheckpoint? TryRead(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, AuditCheckpointJson.Default.SignedCheckpoint) is { Body: not null } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
