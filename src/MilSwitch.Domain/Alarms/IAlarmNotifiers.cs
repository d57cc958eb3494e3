namespace MilSwitch.Domain.Alarms;

/// <summary>The ways in which people outside the switch are told of alarms. Thread-safe.</summary>
public interface IAlarmNotifiers
{
    /// <summary>In the order of the configuration.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Tells; ends within the notifier's own bounds, tries included.</summary>
    /// <param name="notifier">One of <see cref="Names"/>.</param>
    /// <param name="notification">Of what.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null: done. Else why not, for the operator; never a secret.</returns>
    ValueTask<string?> NotifyAsync(string notifier, AlarmNotification notification, CancellationToken cancellationToken);

    /// <summary>Whether one more may be told now; counts it.</summary>
    bool Admit(string notifier, DateTimeOffset now);
}
