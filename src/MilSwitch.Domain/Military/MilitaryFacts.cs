using System.Collections.Immutable;

namespace MilSwitch.Domain.Military;

/// <summary>What routes may ask of a message beside its addresses. Immutable.</summary>
public sealed record MilitaryFacts
{
    public static MilitaryFacts None { get; } = new();

    /// <summary>Subject indicator codes (RFC 6477 §3.3).</summary>
    public ImmutableArray<string> Codes { get; init; } = [];

    /// <summary>RFC 6477 §3.10: 0–255; null: it has none.</summary>
    public int? Type { get; init; }

    /// <summary>Message and handling instructions (§3.4, §3.5).</summary>
    public ImmutableArray<string> Instructions { get; init; } = [];
}
