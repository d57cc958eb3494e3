using System.Collections.Immutable;

namespace MilSwitch.Domain.Profiling;

/// <summary>What becomes of a message. Immutable.</summary>
/// <param name="Addressees">In the order in which rules name them; who acts by one rule acts, whatever others say. Empty when it is unprofiled.</param>
/// <param name="Matches">Rules that selected it, in the order of the plan.</param>
/// <param name="Unprofiled">Null: it is distributed.</param>
public sealed record ProfileDecision(ImmutableArray<ProfileAddressee> Addressees, ImmutableArray<ProfileMatch> Matches, UnprofiledReason? Unprofiled)
{
    /// <summary>For the person who has to look at it; empty: it is distributed, or the reason says all.</summary>
    public string Detail { get; init; } = "";

    internal static ProfileDecision None(UnprofiledReason reason, string detail = "") => new([], [], reason) { Detail = detail };
}
