using System.Collections.Immutable;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Alarms;

/// <summary>
/// The alarms of all nodes, and what people do about them. What a person orders is recorded in the audit trail before it is
/// done, and holds for all nodes and over a restart. Thread-safe.
/// </summary>
public interface IAlarmDesk
{
    /// <summary>The notifiers that there are.</summary>
    IReadOnlyList<string> Notifiers { get; }

    /// <summary>Alarms of all nodes, oldest first. May be up to a second old.</summary>
    ValueTask<IReadOnlyList<AlarmEntry>> ListAsync(AlarmScope scope, CancellationToken cancellationToken);

    /// <summary>A person has seen them.</summary>
    /// <param name="choice">Which.</param>
    /// <param name="note">For the others; null: none.</param>
    /// <param name="who">The person.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Those that were acknowledged; null: there is no such alarm. Empty: all of them were before.</returns>
    /// <exception cref="NotPermittedException">Without <see cref="OperatorRight.AcknowledgeAlarms"/>.</exception>
    /// <exception cref="SpoolUnavailableException">The store refused it; what is left was not done.</exception>
    ValueTask<ImmutableArray<AlarmEntry>?> AcknowledgeAsync(AlarmChoice choice, string? note, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Puts them aside for a time. Nobody is told of them meanwhile.</summary>
    /// <param name="choice">Which.</param>
    /// <param name="time">Not longer than <see cref="AlarmShelf.Longest"/>.</param>
    /// <param name="reason">Why.</param>
    /// <param name="who">The person.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>As of <see cref="AcknowledgeAsync"/>.</returns>
    /// <exception cref="NotPermittedException">Without <see cref="OperatorRight.ShelveAlarms"/>; for critical ones, without being <see cref="OperatorRoles.Supervisor"/>.</exception>
    /// <exception cref="SpoolUnavailableException">The store refused it; what is left was not done.</exception>
    ValueTask<ImmutableArray<AlarmEntry>?> ShelveAsync(AlarmChoice choice, TimeSpan time, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Takes them back before their time.</summary>
    /// <returns>As of <see cref="AcknowledgeAsync"/>.</returns>
    /// <exception cref="NotPermittedException">Without <see cref="OperatorRight.ShelveAlarms"/>.</exception>
    /// <exception cref="SpoolUnavailableException">The store refused it; what is left was not done.</exception>
    ValueTask<ImmutableArray<AlarmEntry>?> UnshelveAsync(AlarmChoice choice, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>What happened of late, newest first: <see cref="AlarmRecord.MostHistory"/> lines of each alarm are kept.</summary>
    /// <param name="id">Of this alarm only; null: of all.</param>
    /// <param name="limit">At most so many lines.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<AlarmHistoryEntry>> HistoryAsync(string? id, int limit, CancellationToken cancellationToken);

    /// <summary>Tells through a notifier that nothing is the matter.</summary>
    /// <returns>Whether there is such a notifier, and why it did not work; null: it did.</returns>
    /// <exception cref="NotPermittedException">Without <see cref="OperatorRight.AcknowledgeAlarms"/>.</exception>
    /// <exception cref="SpoolUnavailableException">The store refused to record it; nobody was told.</exception>
    ValueTask<(bool IsKnown, string? Fault)> TestAsync(string notifier, string reason, OperatorIdentity who, CancellationToken cancellationToken);
}
