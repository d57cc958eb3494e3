using System.Collections.Immutable;
using MilSwitch.Domain.Military;

namespace MilSwitch.Domain.Profiling;

/// <summary>The plans between which one can switch. Immutable.</summary>
/// <param name="All">At least one, with different names.</param>
/// <param name="InForce">The one that counts.</param>
/// <param name="Catalogue">The codes that exist; null: nobody said.</param>
public sealed record ProfilePlans(ImmutableArray<ProfilePlan> All, ProfilePlan InForce, SicCatalogue? Catalogue)
{
    /// <summary>Rules of all plans together.</summary>
    public const int MostRules = 20_000;

    /// <summary>Tells one state of the file from another: the beginning of its SHA-256, in hexadecimal.</summary>
    public string Version { get; init; } = "";

    /// <summary>Null: there is no such plan.</summary>
    public ProfilePlan? Find(string name) => All.FirstOrDefault(p => p.Name == name);
}
