namespace MilSwitch.Domain.Boundaries;

/// <summary>A person's word that one held message may go on in spite of one decision. Immutable.</summary>
/// <param name="Step">The step that held it.</param>
/// <param name="Reasons">SHA-384, in hexadecimal, of the reasons that were there: other reasons need another approval.</param>
/// <param name="Who">The person.</param>
/// <param name="At">When.</param>
/// <param name="Why">In their words.</param>
public sealed record BoundaryApproval(string Step, string Reasons, string Who, DateTimeOffset At, string Why);
