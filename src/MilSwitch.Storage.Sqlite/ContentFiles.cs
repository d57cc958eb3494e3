using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace MilSwitch.Storage.Sqlite;

/// <summary>
/// The folder of contents that are too large for a row: <c>content/xx/NAME</c>. A file and then its folder are synced before
/// a row may name it; it is removed after the row that named it is gone. What no row names is nothing, finished or not, so
/// files keep the name they are made with. Thread-safe.
/// </summary>
internal sealed class ContentFiles : IDisposable
{
    /// <summary>New files that go into one folder before the next one's turn comes: those that end together share its sync.</summary>
    private const int FilesPerTurn = 256;
    private const int ProbeOctets = 64 << 10;

    /// <summary>A disk takes several syncs at once for little more than the price of one.</summary>
    private const int Syncs = 8;

    private readonly string root;
    private readonly Action<SpoolFaultException> report;
    private readonly ContentFolder[] folders = new ContentFolder[256];
    private readonly Lock holding = new();
    private readonly List<string> held = [];
    private int holders;
    private readonly DiskThreads syncs = new(Syncs);
    private readonly int mostOpen;
    private long octets;
    private long written;
    private int open;
    private int named = RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <param name="dataFolder">Where the folder <c>content</c> is.</param>
    /// <param name="mostOpen">Files that may be written at once.</param>
    /// <param name="report">Told about each fault of the volume.</param>
    public ContentFiles(string dataFolder, int mostOpen, Action<SpoolFaultException> report)
    {
        this.mostOpen = mostOpen;
        root = Path.Combine(dataFolder, "content");
        this.report = report;
        // At every start: of a first start that the power cut short any of them may be there, and none for good.
        for (var i = 0; i < folders.Length; i++)
        {
            folders[i] = new ContentFolder(Path.Combine(root, i.ToString("x2", CultureInfo.InvariantCulture)));
            Directory.CreateDirectory(folders[i].Path);
        }

        Posix.SyncFolder(root);
        Posix.SyncFolder(dataFolder);
    }

    /// <summary>Octets of all files that exist.</summary>
    public long Octets => Interlocked.Read(ref octets);

    /// <summary>Octets that were ever written to files, finished or not.</summary>
    public long Written => Interlocked.Read(ref written);

    public void CountWritten(int count) => Interlocked.Add(ref written, count);

    public string NewName()
    {
        var turn = (uint)Interlocked.Increment(ref named) / FilesPerTurn % (uint)folders.Length;
        return turn.ToString("x2", CultureInfo.InvariantCulture) + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(15));
    }

    public string PathOf(string name) => Path.Combine(root, name[..2], name);

    /// <summary>Makes a file to be written, which ends with <see cref="Close"/>; null when too many are being written already.</summary>
    public SafeFileHandle? Create(string name)
    {
        if (Interlocked.Increment(ref open) <= mostOpen)
        {
            try
            {
                return File.OpenHandle(PathOf(name), FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);
            }
            catch
            {
                Interlocked.Decrement(ref open);
                throw;
            }
        }

        Interlocked.Decrement(ref open);
        return null;
    }

    public void Close(SafeFileHandle file)
    {
        file.Dispose();
        Interlocked.Decrement(ref open);
    }

    /// <summary>Makes a file and its name durable.</summary>
    public Task PublishAsync(SafeFileHandle file, string name, long length) => syncs.RunAsync(() =>
    {
        Posix.Sync(file);
        folders[int.Parse(name.AsSpan(0, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)].Sync();
        Interlocked.Add(ref octets, length);
    });

    /// <summary>Until it is disposed files stay that are to be removed; then they go. A crash leaves them for the sweep at the next start.</summary>
    public IDisposable HoldRemovals()
    {
        lock (holding) holders++;
        return new Hold(this);
    }

    /// <summary>Removes a file that no row names. A failure leaves it for the sweep at the next start.</summary>
    public void Remove(string name)
    {
        lock (holding)
        {
            if (holders > 0)
            {
                held.Add(name);
                return;
            }
        }

        RemoveNow(name);
    }

    private void RemoveNow(string name)
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
            File.Delete(PathOf(name));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            report(Posix.Fault(error));
        }
    }

    /// <summary>Makes and removes a file; throws <see cref="SpoolFaultException"/> when that is not possible.</summary>
    public void Probe()
    {
        var path = PathOf(NewName());
        try
        {
            File.WriteAllBytes(path, new byte[ProbeOctets]);
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Posix.Fault(error);
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

    public void Dispose()
    {
        syncs.Dispose();
        foreach (var folder in folders) folder.Dispose();
    }

    private void Release()
    {
        string[] over;
        lock (holding)
        {
            if (--holders > 0) return;
            over = [.. held];
            held.Clear();
        }

        foreach (var name in over) RemoveNow(name);
    }

    private sealed class Hold(ContentFiles files) : IDisposable
    {
        private int released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref released, 1) is 0) files.Release();
        }
    }
}
