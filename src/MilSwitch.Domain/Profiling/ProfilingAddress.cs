using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Lists;

namespace MilSwitch.Domain.Profiling;

/// <summary>An address whose mail goes to those whom the profiler's plan names. Immutable.</summary>
public sealed record ProfilingAddress : Distributor
{
    /// <summary>What is encrypted goes by what its outer header says; else a person looks at it, since rules about words can't be judged.</summary>
    public bool ReadsHeadersOfEncrypted { get; init; }

    /// <summary>By which rules see what is encrypted for the profiler: nothing of it is kept, and what goes on stays as it came. Null: nothing is opened.</summary>
    public BoundaryOpening? Opening { get; init; }

    public override string Source => Messages.Origin.Profile + Address.Text;

    public override string Description => "profiling address";
}
