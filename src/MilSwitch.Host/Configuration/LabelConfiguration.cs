using MilSwitch.Labels.Policies;
using MilSwitch.Switching.Labelling;

namespace MilSwitch.Host.Configuration;

/// <summary>Policies and clearances of a configuration. Immutable.</summary>
/// <param name="Authority">Judges by them.</param>
/// <param name="Home">The policy that is meant where none is named; null: there is none.</param>
/// <param name="HostName">The name that labels' traces name.</param>
public sealed record LabelConfiguration(LabelAuthority Authority, SecurityPolicy? Home, string HostName)
{
    /// <summary>Some listener looks for labels.</summary>
    public bool AreRead { get; init; }

    /// <summary>Some are named, whether or not they could be read.</summary>
    public bool HasPolicies { get; init; }

    /// <summary>Clearances may stand in certificates.</summary>
    public bool HasCertificates { get; init; }

    public static LabelConfiguration None { get; } = new(LabelAuthority.Empty, null, "");
}
