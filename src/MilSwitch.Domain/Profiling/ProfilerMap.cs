using System.Collections.Frozen;
using System.Collections.Immutable;
using MilSwitch.Domain.Lists;

namespace MilSwitch.Domain.Profiling;

/// <summary>The profiling addresses of this switch and the plans by which they distribute. Immutable and thread-safe; a reload swaps it whole.</summary>
public sealed class ProfilerMap : DistributorMap<ProfilingAddress>
{
    private static readonly ProfilePlan NoPlan = new("", []);

    private readonly FrozenDictionary<string, Profiler> profilers;

    /// <param name="addresses">Unique in each domain.</param>
    /// <param name="plans">Their rules have been checked.</param>
    public ProfilerMap(ImmutableArray<ProfilingAddress> addresses, ProfilePlans plans)
        : base(addresses)
    {
        Plans = plans;
        profilers = plans.All.ToFrozenDictionary(p => p.Name, p => new Profiler(p), StringComparer.Ordinal);
    }

    /// <summary>There is no profiler.</summary>
    public static ProfilerMap None { get; } = new([], new ProfilePlans([], NoPlan, null));

    public ImmutableArray<ProfilingAddress> Addresses => All;

    public ProfilePlans Plans { get; }

    /// <summary>By what messages are distributed.</summary>
    /// <param name="choice">What a person switched to; null: the plan that the file names counts.</param>
    /// <returns>Null: the plan that was switched to is not in the file any more.</returns>
    public Profiler? InForce(PlanChoice? choice) => profilers.GetValueOrDefault(choice?.Plan ?? Plans.InForce.Name);
}
