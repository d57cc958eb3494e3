using System.Collections.Immutable;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Intake;

/// <summary>What became of a message because of its MMHS fields.</summary>
/// <param name="Refusal">Null: it is accepted.</param>
/// <param name="Detail">With a refusal for its fields: which of them, where and why, for the client.</param>
/// <param name="Added">The fields that were written into it.</param>
/// <param name="Replacement">The content with them, in place of what came; null: as it came.</param>
internal sealed record MilitaryFields(Refusal? Refusal, string? Detail, ImmutableArray<MmhsField> Added, StagedContent? Replacement)
{
    public static MilitaryFields AsTheyAre { get; } = new(null, null, [], null);

    /// <summary>With a refusal for its fields: all that is wrong.</summary>
    public IReadOnlyList<FieldFault> Faults { get; private init; } = [];

    public static MilitaryFields Refused(Refusal refusal, string? detail = null, IReadOnlyList<FieldFault>? faults = null) => new(refusal, detail, [], null) { Faults = faults ?? [] };
}
