using System.Runtime.CompilerServices;
using MilSwitch.Labels.Decisions;

namespace MilSwitch.Switching.Labelling;

/// <summary>What is known of one address: equal when it is the very same, so that decisions about one count for the other.</summary>
/// <param name="Configured">Null: nothing is configured.</param>
/// <param name="Certified">Null: its certificates say nothing.</param>
public readonly record struct AddressLimits(Clearance? Configured, CertifiedClearance? Certified)
{
    public bool IsNone => Configured is null && Certified is null;

    public bool Equals(AddressLimits other) => ReferenceEquals(Configured, other.Configured) && ReferenceEquals(Certified, other.Certified);

    public override int GetHashCode() => HashCode.Combine(RuntimeHelpers.GetHashCode(Configured), RuntimeHelpers.GetHashCode(Certified));
}
