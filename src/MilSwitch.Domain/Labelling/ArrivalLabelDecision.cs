using System.Collections.Immutable;
using MilSwitch.Domain.Intake;

namespace MilSwitch.Domain.Labelling;

/// <summary>What becomes of a message on its way in because of its label. Immutable.</summary>
public sealed record ArrivalLabelDecision
{
    /// <summary>Null: it is accepted.</summary>
    public Refusal? Refusal { get; init; }

    /// <summary>Accepted and kept until somebody acts: why, for the operator; null: it goes on.</summary>
    public string? HeldBecause { get; init; }

    /// <summary>The label by which it is handled; null: it has none.</summary>
    public MessageLabel? Label { get; init; }

    /// <summary>The whole message as it is to be stored; null: as it came.</summary>
    public ReadOnlyMemory<byte>? Changed { get; init; }

    /// <summary>What was found and done, for the audit trail and for the log of a refusal: at least one line.</summary>
    public required ImmutableArray<string> Findings { get; init; }
}
