using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>
/// What a store does for the writer, always on the writer's thread. Methods throw <see cref="SpoolFaultException"/> when the
/// volume fails, and anything else when an operation itself can't be stored.
/// </summary>
public interface ISpoolTransactions
{
    void Begin();

    /// <summary>
    /// Applies one operation inside the open transaction and sets its <see cref="SpoolRequest.Result"/>, at the latest in
    /// <see cref="Commit"/>. <see cref="CommitStatus.Fenced"/> writes nothing.
    /// </summary>
    void Apply(SpoolRequest request);

    /// <summary>
    /// Ends the transaction; durable when it returns. With <see cref="SpoolFault.Undecided"/> nobody knows whether it is, until
    /// <see cref="Settle"/> returns.
    /// </summary>
    void Commit();

    /// <summary>Finds out about the undecided transaction, and repeats it when it did not happen. Throws as long as it can't.</summary>
    void Settle();

    /// <summary>Forgets the open transaction, if any, in the store and in memory. Never throws.</summary>
    void Rollback();

    /// <summary>After the callers of a commit have been answered: checkpoints and other work that may not delay them.</summary>
    void Maintain();

    /// <summary>Writes and removes something, to find out whether the volume takes writes again.</summary>
    void Probe();
}
