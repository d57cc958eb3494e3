using Microsoft.Win32.SafeHandles;

namespace MilSwitch.Storage.Sqlite;

/// <summary>One folder of contents. Files that are finished at the same time share a sync of it. Thread-safe.</summary>
internal sealed class ContentFolder(string path) : IDisposable
{
    private readonly Lock gate = new();
    private SafeFileHandle? handle;
    private long asked;
    private long synced;

    public string Path => path;

    /// <summary>Returns when every name that was in the folder at the call is durable.</summary>
    public void Sync()
    {
        var mine = Interlocked.Increment(ref asked);
        lock (gate)
        {
            // While this one waited for the gate another sync began and ended: it began after this one's file was there.
            if (synced >= mine) return;
            handle ??= Posix.OpenFolder(path);
            var covered = Interlocked.Read(ref asked);
            Posix.Sync(handle);
            synced = covered;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            handle?.Dispose();
            handle = null;
        }
    }
}
