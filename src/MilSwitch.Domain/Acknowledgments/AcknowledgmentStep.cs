using System.Collections.Immutable;

namespace MilSwitch.Domain.Acknowledgments;

/// <summary>What follows from one input: to be made durable as a whole before anything is done about it. Immutable.</summary>
/// <param name="State">From now on.</param>
/// <param name="Raised">Alarms that begin.</param>
/// <param name="Cleared">Alarms that end.</param>
/// <param name="AlternateDue">A copy is to go to the action point; said once.</param>
public sealed record AcknowledgmentStep(Acknowledgment State, AcknowledgmentAlarms Raised, AcknowledgmentAlarms Cleared, bool AlternateDue);
