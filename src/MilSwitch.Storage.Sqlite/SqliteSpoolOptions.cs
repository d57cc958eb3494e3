namespace MilSwitch.Storage.Sqlite;

/// <summary>Where the embedded store keeps its files and what it keeps inline.</summary>
public sealed record SqliteSpoolOptions
{
    /// <summary>Made when absent. Used by one process at a time, on a local file system.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Octets up to which a content is a row; larger ones are files. 4 KiB to 256 KiB.</summary>
    public int InlineLimit { get; init; } = 64 << 10;

    /// <summary>
    /// Contents that may be written to files at once. One more is refused for now, so that clients that send slowly can't
    /// take all files that the system lets the process open.
    /// </summary>
    public int OpenContents { get; init; } = 2048;

    /// <summary>
    /// Octets of contents in files that may stay in memory, all together and of one, until they are sent for the first time:
    /// what leaves at once need not be read back.
    /// </summary>
    public long Retained { get; init; } = 64 << 20;

    /// <inheritdoc cref="Retained"/>
    public long RetainedPerContent { get; init; } = 2 << 20;

    /// <summary>Bounds of the queue and of one transaction.</summary>
    public SpoolWriterOptions Writer { get; init; } = new();

    /// <summary>Keys that wait in order of arrival before they are sorted in; smaller in tests.</summary>
    internal int FreshLimit { get; init; } = 65_536;
}
