using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MilSwitch.Smime.Inspection;

/// <summary>One layer. What its type does not have is left out.</summary>
public sealed record LayerReport
{
    public required int Index { get; init; }

    public required string Part { get; init; }

    /// <summary>One of <c>signed encrypted auth-encrypted compressed certs-only receipt authenticated unsupported</c>.</summary>
    public required string Type { get; init; }

    public required string Verdict { get; init; }

    public ImmutableArray<string> Reasons { get; init; } = [];

    public ImmutableArray<SignerReport> Signers { get; init; } = [];

    public ImmutableArray<RecipientReport> Recipients { get; init; } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ContentEncryption { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LabelReport? Label { get; init; }

    public ImmutableArray<LabelReport> EquivalentLabels { get; init; } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ReceiptRequestReport? ReceiptRequest { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ReceiptReport? Receipt { get; init; }

    public ImmutableArray<ListExpansionReport> MlExpansionHistory { get; init; } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ContentHints { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ContentReference { get; init; }
}
