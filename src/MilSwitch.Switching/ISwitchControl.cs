using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching;

/// <summary>The switching core as the host sees it. Thread-safe.</summary>
public interface ISwitchControl
{
    /// <summary>Every partition of this node is owned and loaded, and the store can be written.</summary>
    bool IsReady { get; }

    /// <summary>Ends when the node is ready for the first time.</summary>
    Task WhenReady { get; }

    SwitchConfiguration Current { get; }

    /// <summary>
    /// Asked in a cluster when rules or settings in the store have another version: whether those of the configuration were
    /// taken over. As long as it says no, nothing that depends on them leaves this node.
    /// </summary>
    void FollowWith(Func<CancellationToken, Task<bool>> follow);

    /// <summary>One more who is asked each second for alarms of what runs beside the switch, to be shown together with its own; may be asked by many at a time. Their ids begin with kinds of <see cref="Domain.Alarms.AlarmCatalogue"/>.</summary>
    void AlarmWith(Func<IEnumerable<Alarm>> further);

    /// <summary>Swaps the configuration whole; links take over their new settings, what waits stays.</summary>
    void Apply(SwitchConfiguration configuration);

    /// <summary>Puts an event of the node into the audit trail.</summary>
    /// <param name="kind">What happened.</param>
    /// <param name="detail">Short, printable, no secrets.</param>
    /// <param name="who">The person who did it; null: nobody in particular.</param>
    /// <returns>False when the store could not take it.</returns>
    Task<bool> RecordAsync(AuditKind kind, string detail, string? who);
}
