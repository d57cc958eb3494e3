using System.Collections.Immutable;
using System.Text.Json;

namespace MilSwitch.Smime.Inspection;

/// <summary>
/// What <c>milswitch inspect --json</c> says about a message. The names are an interface that others rely on: members may be
/// added, never changed. Reason codes and verdicts stand as the words that users see.
/// </summary>
public sealed record InspectionReport
{
    /// <summary>One of <c>valid invalid unsigned partial undecryptable malformed</c>.</summary>
    public required string Verdict { get; init; }

    public ImmutableArray<string> Reasons { get; init; } = [];

    /// <summary>Outermost first.</summary>
    public ImmutableArray<LayerReport> Layers { get; init; } = [];

    public required HeaderProtectionReport HeaderProtection { get; init; }

    public required IdentityReport Identity { get; init; }

    /// <summary>Null when no carrier has a label.</summary>
    public MessageLabelReport? Label { get; init; }

    /// <summary>Null when the message has no MMHS field.</summary>
    public MmhsReport? Mmhs { get; init; }

    public ImmutableArray<AttachmentReport> Attachments { get; init; } = [];

    /// <summary>As JSON, indented or on one line.</summary>
    public string ToJson(bool indented = true) =>
        JsonSerializer.Serialize(this, indented ? InspectionJson.Default.InspectionReport : InspectionJson.OneLine.InspectionReport);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static InspectionReport FromJson(string json) => JsonSerializer.Deserialize(json, InspectionJson.Default.InspectionReport) ?? throw new JsonException("no report");
}
