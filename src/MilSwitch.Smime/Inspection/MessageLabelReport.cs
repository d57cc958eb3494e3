using System.Collections.Immutable;

namespace MilSwitch.Smime.Inspection;

/// <summary>What all carriers of labels say together.</summary>
/// <param name="Sources">Of <c>ess sio-label stanag4774 flot subject</c>, those that carry one.</param>
/// <param name="Agree">They say the same.</param>
/// <param name="Policy">Object identifier; null: no carrier could be read.</param>
/// <param name="Classification">Of the most restrictive one.</param>
/// <param name="Marking">By the policy's SPIF; null when there is none.</param>
public sealed record MessageLabelReport(ImmutableArray<string> Sources, bool Agree, string? Policy, int? Classification, string? Marking)
{
    /// <summary>In what they differ, as <c>SOURCE and SOURCE: WHAT</c>.</summary>
    public ImmutableArray<string> Differences { get; init; } = [];

    /// <summary>What stands where a label stands, is none, and is covered by no signature, as <c>SOURCE: WHAT</c>. Beside a signed label it changes no verdict.</summary>
    public ImmutableArray<string> Faults { get; init; } = [];
}
