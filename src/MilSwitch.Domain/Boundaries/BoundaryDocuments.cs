using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Lists;

namespace MilSwitch.Domain.Boundaries;

/// <summary>The documents that the store keeps about the passages of a message, each under the message's id; committed with what they tell of.</summary>
public static class BoundaryDocuments
{
    /// <summary>Kind of the list of <see cref="CrossingRecord"/>, oldest first.</summary>
    public const string Decisions = "decisions";

    /// <summary>Kind of the list of <see cref="CustodyRecord"/>.</summary>
    public const string Custody = "custody";

    /// <summary>Kind of the list of <see cref="BoundaryApproval"/>.</summary>
    public const string Approvals = "approvals";

    /// <summary>All of these, and what is kept of lists, acknowledgments and receipts; the store forgets them with their message.</summary>
    public static ImmutableArray<string> Kinds { get; } = [Decisions, Custody, Approvals, ExpansionDocuments.Kind, AcknowledgmentDocuments.Kind, AcknowledgmentDocuments.Settled, ReceiptAsked.Kind, ReceiptAsked.Awaited];

    public static string Write(ImmutableArray<CrossingRecord> records) => JsonSerializer.Serialize(records, BoundaryJson.Default.ImmutableArrayCrossingRecord);

    public static string Write(ImmutableArray<CustodyRecord> records) => JsonSerializer.Serialize(records, BoundaryJson.Default.ImmutableArrayCustodyRecord);

    public static string Write(ImmutableArray<BoundaryApproval> approvals) => JsonSerializer.Serialize(approvals, BoundaryJson.Default.ImmutableArrayBoundaryApproval);

    /// <exception cref="JsonException">It is something else.</exception>
    public static ImmutableArray<CrossingRecord> ReadDecisions(string json) => JsonSerializer.Deserialize(json, BoundaryJson.Default.ImmutableArrayCrossingRecord);

    /// <exception cref="JsonException">It is something else.</exception>
    public static ImmutableArray<CustodyRecord> ReadCustody(string json) => JsonSerializer.Deserialize(json, BoundaryJson.Default.ImmutableArrayCustodyRecord);

    /// <exception cref="JsonException">It is something else.</exception>
    public static ImmutableArray<BoundaryApproval> ReadApprovals(string json) => JsonSerializer.Deserialize(json, BoundaryJson.Default.ImmutableArrayBoundaryApproval);
}

/// <summary>How records of boundaries are written: the order of members is that of their declaration, since digests are made over it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ImmutableArray<CrossingRecord>))]
[JsonSerializable(typeof(ImmutableArray<CustodyRecord>))]
[JsonSerializable(typeof(ImmutableArray<BoundaryApproval>))]
[JsonSerializable(typeof(CustodyRecord))]
internal sealed partial class BoundaryJson : JsonSerializerContext;
