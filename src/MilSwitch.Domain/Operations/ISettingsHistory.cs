namespace MilSwitch.Domain.Operations;

/// <summary>
/// Which settings were in force on which node, since when, and by whose word. Both acts are for <see cref="OperatorRight.Configure"/>
/// and <see cref="OperatorRight.ReadAudit"/>, and throw <see cref="NotPermittedException"/>. What is kept has no secrets: they
/// are taken out before it is written. Thread-safe.
/// </summary>
public interface ISettingsHistory
{
    /// <summary>Versions of all nodes that share a store, the newest first; of each node the last <see cref="Most"/>.</summary>
    ValueTask<IReadOnlyList<SettingsVersion>> VersionsAsync(OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>What differs between two versions, line by line.</summary>
    /// <param name="from">Id of the earlier one.</param>
    /// <param name="to">Id of the later one.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null: one of them is not there, or not any more.</returns>
    ValueTask<SettingsDifference?> CompareAsync(string from, string to, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Versions that are kept of a node.</summary>
    public const int Most = 50;
}

/// <summary>What was in force on a node from a time on.</summary>
/// <param name="Id">The node's name and the number.</param>
/// <param name="Node">Whose.</param>
/// <param name="Number">Rises by one with each version of this node.</param>
/// <param name="At">In force since then.</param>
/// <param name="By">Who applied it; null: the node started with it, or a signal had it read.</param>
/// <param name="Reason">Why; null as with <paramref name="By"/>.</param>
/// <param name="Digest">SHA-256 over all files.</param>
/// <param name="Files">The configuration first, then what it names: policies, plans of the profiler, tables of precedence, members of lists, directories.</param>
public sealed record SettingsVersion(string Id, string Node, int Number, DateTimeOffset At, string? By, string? Reason, string Digest, IReadOnlyList<SettingsFile> Files);

/// <param name="Name">As the configuration names it.</param>
/// <param name="Digest">SHA-256 of what it held, secrets and all.</param>
/// <param name="Octets">Its size.</param>
/// <param name="IsKept">Its text is there; false: it is none, or was too large, and only the digest tells whether it changed.</param>
public sealed record SettingsFile(string Name, string Digest, long Octets, bool IsKept);

/// <param name="From">The earlier version.</param>
/// <param name="To">The later version.</param>
/// <param name="Files">Those that differ.</param>
public sealed record SettingsDifference(SettingsVersion From, SettingsVersion To, IReadOnlyList<FileDifference> Files);

/// <param name="Name">Of the file.</param>
/// <param name="Change">What happened to it.</param>
/// <param name="Lines">With those around them; empty where the texts are not kept, or differ in secrets or comments alone.</param>
/// <param name="IsCut">There are more than are shown.</param>
public sealed record FileDifference(string Name, FileChange Change, IReadOnlyList<DifferenceLine> Lines, bool IsCut);

/// <summary>What became of a file between two versions.</summary>
public enum FileChange : byte
{
    Changed,
    Added,
    Removed,
}
