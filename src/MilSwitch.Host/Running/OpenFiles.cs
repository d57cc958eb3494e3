using System.Globalization;

namespace MilSwitch.Host.Running;

/// <summary>
/// What the system's limit on open files leaves for clients. It must never be reached: without one more file the runtime
/// can start no thread, and a process that can't start a thread ends.
/// </summary>
internal static class OpenFiles
{
    /// <summary>
    /// Below this a node does not start: the program's own parts are some 300 and the store's folders 256, and a part that
    /// can't be loaded later fails for good.
    /// </summary>
    public const int Fewest = 1024;

    /// <summary>The store keeps a folder open once it was used.</summary>
    private const int Folders = 256;

    private const int LargestReserve = 1024;
    private const int MostContents = 2048;
    private const int FewestSessions = 16;
    private const int HttpEndpoints = 3;

    /// <summary>
    /// Sessions that may be open at once, so that links, store and operators still get files when clients take all they can:
    /// a quarter of the limit is theirs, 1,024 at most, and an eighth, 2,048 at most, is for contents that are being written.
    /// </summary>
    public static int Sessions(long limit, int open) =>
        (int)Math.Clamp(limit - open - Folders - Reserve(limit) - Contents(limit), FewestSessions, int.MaxValue);

    /// <summary>For this process, as it stands now.</summary>
    public static int Sessions() => Limit() is { } limit ? Sessions(limit, Directory.GetFileSystemEntries("/proc/self/fd").Length) : int.MaxValue;

    /// <summary>Contents that may be written to files at once.</summary>
    public static int Contents(long limit) => (int)Math.Min(MostContents, limit / 8);

    /// <inheritdoc cref="Contents(long)"/>
    public static int Contents() => Contents(Limit() ?? long.MaxValue);

    /// <summary>Connections to each of the HTTP endpoints: at most half of the reserve for all of them.</summary>
    public static int HttpConnections() => (int)(Reserve(Limit() ?? long.MaxValue) / 2 / HttpEndpoints);

    /// <summary>Files that this process may open; null when the system does not say. The runtime has raised the soft limit to the hard one.</summary>
    public static long? Limit()
    {
        const string row = "Max open files", limits = "/proc/self/limits";
        if (!File.Exists(limits)) return null;
        var soft = File.ReadLines(limits).FirstOrDefault(l => l.StartsWith(row, StringComparison.Ordinal))?[row.Length..].TrimStart().Split(' ')[0];
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }

    private static long Reserve(long limit) => Math.Min(LargestReserve, limit / 4);
}
