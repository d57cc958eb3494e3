using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Translation;

/// <summary>What became of a label on its way into another policy.</summary>
public abstract record TranslationResult
{
    private TranslationResult()
    {
    }

    /// <summary>It has an equivalent.</summary>
    /// <param name="Label">In the target policy, and valid there also as a new label.</param>
    /// <param name="Original">As it was: for equivalentLabels (RFC 2634 §3.4).</param>
    /// <param name="Discarded">Categories of the original that the equivalence leaves behind.</param>
    public sealed record Translated(SecurityLabel Label, SecurityLabel Original, ImmutableArray<CategoryReference> Discarded) : TranslationResult;

    /// <summary>It has none, or not exactly one.</summary>
    /// <param name="Reasons">All of them; at least one.</param>
    public sealed record Unmappable(ImmutableArray<UnmappableReason> Reasons) : TranslationResult;
}
