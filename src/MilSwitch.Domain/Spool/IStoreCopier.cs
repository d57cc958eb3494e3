namespace MilSwitch.Domain.Spool;

/// <summary>A store that makes a copy of itself while it is used. Thread-safe.</summary>
public interface IStoreCopier
{
    /// <summary>
    /// Puts a copy into a folder: a store as of one moment after the call began, with everything whose commit had returned
    /// before. What stands in the folder is a store only when this returns; when it does not, nothing of it is left.
    /// </summary>
    /// <param name="folder">Full path; made, or empty.</param>
    /// <param name="further">Documents that the copy has besides.</param>
    /// <param name="progress">Hears of octets.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The folder can't be used, or is not empty.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder can't be used.</exception>
    /// <exception cref="SpoolUnavailableException">The store can't be read, or there is no room for the copy.</exception>
    ValueTask CopyAsync(string folder, IReadOnlyList<StoredDocument> further, IProgress<StoreCopyProgress>? progress, CancellationToken cancellationToken = default);
}

/// <summary>How far a copy is.</summary>
/// <param name="Done">Octets that were written.</param>
/// <param name="All">Octets there are, about.</param>
public readonly record struct StoreCopyProgress(long Done, long All);
