using System.Collections.Immutable;

namespace MilSwitch.Host.Configuration;

/// <summary>The end of reading a configuration: every problem, or a whole configuration. Never both, never neither.</summary>
/// <param name="Problems">In the order of the file.</param>
/// <param name="Configuration">Null when there is a problem.</param>
public sealed record ConfigurationResult(ImmutableArray<ConfigurationProblem> Problems, NodeConfiguration? Configuration)
{
    /// <summary>The file itself could not be read, so nothing is known about its content.</summary>
    public bool Unreadable { get; init; }
}
