using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Watching;

/// <summary>What the watch writes down for the next one; the same on all nodes, and never changed afterwards. Thread-safe.</summary>
public interface IWatchLog
{
    /// <summary>Newest first.</summary>
    /// <param name="after"><see cref="WatchNote.Id"/> of the last one seen; null: from the newest on.</param>
    /// <param name="limit">At most so many; 1 to 1,000.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<WatchNote>> ListAsync(string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Writes a note; of a <see cref="WatchNoteKind.Handover"/> it begins with how everything stands.</summary>
    /// <param name="kind">Of what kind it is.</param>
    /// <param name="text">1 to <see cref="WatchNote.Longest"/> characters; of a handover it may be empty.</param>
    /// <param name="who">Who writes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NotPermittedException">Without <see cref="OperatorRight.Act"/>.</exception>
    /// <exception cref="FormatException">The text is empty or too long; the message is for the person.</exception>
    /// <exception cref="SpoolUnavailableException">The store refused it: it is not written.</exception>
    ValueTask<WatchNote> WriteAsync(WatchNoteKind kind, string text, OperatorIdentity who, CancellationToken cancellationToken);
}
