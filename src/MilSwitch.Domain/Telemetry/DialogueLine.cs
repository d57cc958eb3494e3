namespace MilSwitch.Domain.Telemetry;

/// <summary>A line of an SMTP dialogue as it was recorded: without secrets and without content.</summary>
/// <param name="Number">In the trace, from 1; what is missing between two was dropped.</param>
/// <param name="At">When it was said.</param>
/// <param name="Session">The same for the lines of one connection.</param>
/// <param name="Direction">Who said it.</param>
/// <param name="Text">Printable.</param>
public sealed record DialogueLine(long Number, DateTimeOffset At, long Session, DialogueDirection Direction, string Text);
