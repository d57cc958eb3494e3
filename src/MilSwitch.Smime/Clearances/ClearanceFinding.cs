namespace MilSwitch.Smime.Clearances;

/// <summary>One reason why no clearance is taken.</summary>
/// <param name="Fault">Which.</param>
/// <param name="Detail">A sentence for the operator, without a full stop.</param>
public sealed record ClearanceFinding(ClearanceFault Fault, string Detail);
