using System.Collections.Immutable;

namespace MilSwitch.Domain.Alarms;

/// <summary>What a notifier passes on.</summary>
/// <param name="Node">The node that tells.</param>
/// <param name="At">When.</param>
/// <param name="Alarms">Of what, those that stand first, then those that are over; empty for a test.</param>
public sealed record AlarmNotification(string Node, DateTimeOffset At, ImmutableArray<AlarmRecord> Alarms)
{
    /// <summary>So many alarms go into one.</summary>
    public const int Most = 50;

    /// <summary>Nothing is the matter: a person wants to see whether it arrives.</summary>
    public bool IsTest { get; init; }
}
