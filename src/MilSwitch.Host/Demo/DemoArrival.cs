using MilSwitch.Domain.Precedences;

namespace MilSwitch.Host.Demo;

/// <summary>One message that the neighbour took.</summary>
/// <param name="At">When it had all of it.</param>
/// <param name="Precedence">As the header says it; null when it says nothing.</param>
/// <param name="Suspected">It carries the switch's warning that it may have come before.</param>
/// <param name="Text">All of it, as far as 64 KiB.</param>
internal sealed record DemoArrival(
    DateTimeOffset At, Precedence? Precedence, string Subject, string ReversePath, IReadOnlyList<string> Recipients, bool Suspected, string Text);
