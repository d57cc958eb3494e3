namespace MilSwitch.Domain.Alarms;

/// <summary>That a step of escalation was taken for the present occurrence.</summary>
/// <param name="Step">Which (<see cref="AlarmEscalation.Key"/>).</param>
/// <param name="At">When it was taken last.</param>
/// <param name="Times">How often; what failed does not count.</param>
/// <param name="Failed">The last time in vain.</param>
public sealed record AlarmNotice(string Step, DateTimeOffset At, int Times, bool Failed)
{
    /// <summary>They were told before it became worse, which began the count anew.</summary>
    public bool Earlier { get; init; }

    /// <summary>They know of this occurrence.</summary>
    public bool IsTold => Times > 0 || Earlier;

    /// <summary>They were told that it is over.</summary>
    public bool Over { get; init; }
}
