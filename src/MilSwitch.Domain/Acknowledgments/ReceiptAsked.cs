using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Acknowledgments;

/// <summary>
/// What a gateway keeps of a message whose originator asked for a signed receipt, when it sends a copy with a signature and a
/// request of its own: the values that a receipt for the original repeats (RFC 2634 §2.8), and those that a receipt for the
/// copy must have (§2.2.2). Of a message that goes on as it is, both are about that one. Nothing of it is secret. Immutable.
/// </summary>
/// <param name="ContentType">Of the original's signed content.</param>
/// <param name="ContentIdentifier">Of the originator's request.</param>
/// <param name="OriginatorSignature">The originator's signature.</param>
/// <param name="MessageSignatureDigest">Of what the originator signed.</param>
/// <param name="To">The address that hears of it; never more than one (threat C13).</param>
public sealed record ReceiptAsked(
    string ContentType, ReadOnlyMemory<byte> ContentIdentifier, ReadOnlyMemory<byte> OriginatorSignature, ReadOnlyMemory<byte> MessageSignatureDigest, string To)
{
    /// <summary>Kind of the document that keeps it, under the ids of the copy and of the original.</summary>
    public const string Kind = "receipt";

    /// <summary>Kind of the document that keeps it of a message whose signature goes on as it is, under that message's id: what a receipt for it must have.</summary>
    public const string Awaited = "receipt-awaited";

    /// <summary>Addresses that are asked; empty: all recipients are.</summary>
    public ImmutableArray<string> From { get; init; } = [];

    /// <summary>What the originator has heard already; the same again is a replay.</summary>
    public ImmutableArray<ReceiptGiven> Given { get; init; } = [];

    /// <summary>Is this recipient asked?</summary>
    public bool IsAsked(string recipient) => From.IsDefaultOrEmpty || From.Contains(recipient, StringComparer.OrdinalIgnoreCase);

    /// <summary>Of the copy that was signed here, or of the message that goes on as it is; one for each signer who asks.</summary>
    public ImmutableArray<SentReceiptEvidence> Sent { get; init; } = [];

    /// <summary>To be committed with the copy.</summary>
    /// <param name="id">That of the copy, to judge receipts by; or of the original, whose reports name its identifier.</param>
    /// <param name="kind"><see cref="Kind"/> or <see cref="Awaited"/>.</param>
    public StoredDocument Write(MessageId id, string kind = Kind) => new(kind, id.ToString(), JsonSerializer.Serialize(this, ReceiptAskedJson.Default.ReceiptAsked));

    /// <exception cref="JsonException">It is something else.</exception>
    public static ReceiptAsked Read(string json) => JsonSerializer.Deserialize(json, ReceiptAskedJson.Default.ReceiptAsked) ?? throw new JsonException("no receipt was asked for");
}

/// <summary>A receipt that the originator was given.</summary>
/// <param name="Recipient">About this recipient: the number in the copy's envelope.</param>
/// <param name="Grade">Each by itself.</param>
public readonly record struct ReceiptGiven(int Recipient, AcknowledgmentGrade Grade);

/// <summary>What a receipt for a copy must have.</summary>
/// <param name="ContentIdentifier">Of the gateway's request.</param>
/// <param name="MessageSignatureDigest">Of what the gateway signed.</param>
/// <param name="ReceiptDigests">Of the Receipt, by the names of digests.</param>
public sealed record SentReceiptEvidence(
    ReadOnlyMemory<byte> ContentIdentifier, ReadOnlyMemory<byte> MessageSignatureDigest, ImmutableDictionary<string, ReadOnlyMemory<byte>> ReceiptDigests);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ReceiptAsked))]
internal sealed partial class ReceiptAskedJson : JsonSerializerContext;
