using MilSwitch.Labels.Policies;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Smime.Policies;

/// <summary>A policy with a good signature over all of it, by a signer whose path is valid. Immutable.</summary>
/// <param name="Policy">What it says.</param>
/// <param name="Signer">Who signed it.</param>
/// <param name="Path">Why the signer is believed.</param>
public sealed record SignedPolicy(SecurityPolicy Policy, Certificate Signer, PathVerdict Path);
