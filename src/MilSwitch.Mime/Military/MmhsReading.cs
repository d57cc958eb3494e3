using System.Collections.Immutable;
using MilSwitch.Domain.Military;

namespace MilSwitch.Mime;

/// <summary>The MMHS fields of a header as they were read. Immutable.</summary>
/// <param name="Fields">Those that are sound; of a field with a fault nothing.</param>
/// <param name="Faults">At most one for each field, in the order of the fields; empty: all are sound.</param>
public sealed record MmhsReading(MmhsFields Fields, ImmutableArray<MmhsFault> Faults)
{
    /// <summary>The fields that are there, sound or not, in their order.</summary>
    public required ImmutableArray<MmhsField> Present { get; init; }

    public bool Has(MmhsField field) => Present.Contains(field);
}
