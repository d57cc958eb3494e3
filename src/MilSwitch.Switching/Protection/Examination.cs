using System.Collections.Immutable;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Protection;

/// <summary>What the examination of a message on its way in led to.</summary>
/// <param name="Refusal">Null: it may be accepted.</param>
/// <param name="Replacement">The content to be accepted in place of the one that came; null: that one. The caller owns it.</param>
/// <param name="Trace">Header fields before the content.</param>
/// <param name="Notes">For its audit trail.</param>
/// <param name="IsOpened">It came encrypted and does not any more.</param>
/// <param name="Labels">What was decided because of its label; null: nothing asked.</param>
internal sealed record Examination(
    Refusal? Refusal, StagedContent? Replacement, ReadOnlyMemory<byte> Trace, ImmutableArray<ProtectionNote> Notes, bool IsOpened, ArrivalLabelDecision? Labels)
{
    public static Examination Refused(Refusal refusal) => new(refusal, null, default, [], false, null);
}
