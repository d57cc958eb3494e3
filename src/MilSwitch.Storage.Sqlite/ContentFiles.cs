using System.Globalization;
using System.Security.Cryptography;

namespace MilSwitch.Storage.Sqlite;

/// <summary>
/// The folder of contents that are too large for a row: <c>content/xx/NAME</c>, and <c>.tmp</c> while they arrive. A file is
/// synced, renamed and its folder synced before a row may name it; it is removed after the row that named it is gone.
/// Thread-safe.
/// </summary>
internal sealed class ContentFiles
{
    private const string Unfinished = ".tmp";

    private readonly string root;
    private readonly Action<SpoolFaultException> report;
    private long octets;

    /// <param name="dataFolder">Where the folder <c>content</c> is.</param>
    /// <param name="report">Told about each fault of the volume.</param>
    public ContentFiles(string dataFolder, Action<SpoolFaultException> report)
    {
        root = Path.Combine(dataFolder, "content");
        this.report = report;
        // At every start: of a first start that the power cut short any of them may be there, and none for good.
        for (var i = 0; i < 256; i++) Directory.CreateDirectory(Path.Combine(root, i.ToString("x2", CultureInfo.InvariantCulture)));
        Posix.SyncFolder(root);
        Posix.SyncFolder(dataFolder);
    }

    /// <summary>Octets of all files that exist.</summary>
    public long Octets => Interlocked.Read(ref octets);

    public static string NewName() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public string PathOf(string name) => Path.Combine(root, name[..2], name);

    public string UnfinishedPathOf(string name) => PathOf(name) + Unfinished;

    /// <summary>Gives a synced file its name, durably.</summary>
    public void Publish(string name, long length)
    {
        File.Move(UnfinishedPathOf(name), PathOf(name));
        Posix.SyncFolder(Path.Combine(root, name[..2]));
        Interlocked.Add(ref octets, length);
    }

    /// <summary>Removes a file that no row names. A failure leaves it for the sweep at the next start.</summary>
    public void Remove(string name)
    {
        try
        {
            var file = new FileInfo(PathOf(name));
            if (!file.Exists) return;
            var length = file.Length;
            file.Delete();
            Interlocked.Add(ref octets, -length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            report(Posix.Fault(error));
        }
    }

    public void RemoveUnfinished(string name)
    {
        try
        {
            File.Delete(UnfinishedPathOf(name));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            report(Posix.Fault(error));
        }
    }

    public SpoolFaultException Report(Exception error)
    {
        var fault = error as SpoolFaultException ?? Posix.Fault(error);
        report(fault);
        return fault;
    }

    /// <summary>Removes what a crash left behind: everything that no row names. Only at start. Returns how many.</summary>
    public int Sweep(HashSet<string> named)
    {
        var removed = 0;
        foreach (var file in new DirectoryInfo(root).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            if (named.Contains(file.Name))
            {
                octets += file.Length;
                continue;
            }

            file.Delete();
            removed++;
        }

        return removed;
    }
}
