using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Profiling;

/// <summary>The profiler as an operator sees it. Immutable.</summary>
/// <param name="Plans">Those of the file, in its order; empty: there is no profiler.</param>
/// <param name="InForce">Name of the plan that counts. It is in the file, or else nothing is distributed.</param>
/// <param name="Configured">Name of the plan that the file names.</param>
/// <param name="Choice">What a person switched to; null: nobody did.</param>
/// <param name="Addresses">Whose mail it distributes.</param>
public sealed record ProfileState(ProfilePlans Plans, string InForce, string Configured, PlanChoice? Choice, ImmutableArray<Mailbox> Addresses);
