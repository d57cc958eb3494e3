using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Smime.Clearances;

/// <summary>How a clearance out of certificates is judged. Immutable.</summary>
public sealed record ClearanceOptions
{
    /// <summary>How paths are judged; its revocation mode counts for attribute certificates, too.</summary>
    public required PathOptions Path { get; init; }

    /// <summary>The constraints that the operator adds to those of the path (RFC 5913 §4.1.1.1).</summary>
    public ClearanceConstraints Constraints { get; init; } = ClearanceConstraints.All;

    /// <summary>Policies that are loaded (see <see cref="ClearanceCodec.Read"/>).</summary>
    public PolicySet Policies { get; init; } = PolicySet.Empty;

    /// <summary>Whose attribute certificates are taken: each is trusted directly (RFC 5755 §5), beside its path. None: nobody's.</summary>
    public IReadOnlyList<Certificate> AttributeAuthorities { get; init; } = [];

    /// <summary>Names of this switch and of the groups that it belongs to, for attribute certificates that are for some servers only.</summary>
    public IReadOnlyList<GeneralName> Targets { get; init; } = [];
}
