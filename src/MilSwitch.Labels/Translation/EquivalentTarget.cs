using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Translation;

/// <summary>Where one category goes.</summary>
/// <param name="Targets">All of them; none: it is discarded.</param>
internal sealed record EquivalentTarget(ImmutableArray<CategoryReference> Targets)
{
    public bool IsSame(EquivalentTarget other) => Targets.Length == other.Targets.Length && Targets.All(other.Targets.Contains);
}
