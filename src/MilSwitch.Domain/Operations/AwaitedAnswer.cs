using MilSwitch.Domain.Acknowledgments;

namespace MilSwitch.Domain.Operations;

/// <summary>What is known and awaited of one recipient of a message that a boundary released. Immutable.</summary>
/// <param name="State">As it is durable.</param>
/// <param name="Address">The recipient's.</param>
/// <param name="Deadline">Of its level, by the configuration in force, from <see cref="Acknowledgment.SentAt"/> on.</param>
public sealed record AwaitedAnswer(Acknowledgment State, string Address, AcknowledgmentDeadline Deadline);
