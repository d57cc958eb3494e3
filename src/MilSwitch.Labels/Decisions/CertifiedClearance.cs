namespace MilSwitch.Labels.Decisions;

/// <summary>What the certificates of somebody say of his clearance.</summary>
/// <param name="Clearance">Null: nothing that is believed, so he is cleared for nothing.</param>
/// <param name="Fault">Why there is none, as part of a sentence; empty: there is one.</param>
public sealed record CertifiedClearance(Clearance? Clearance, string Fault);
