using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

public sealed partial class SqliteSpool : IStoreCopier
{
    private const int CopyBuffer = 1 << 20;

    /// <summary>Steps of SQLite between two looks at how far it is.</summary>
    private const int StepsPerLook = 200_000;

    public async ValueTask CopyAsync(string folder, IReadOnlyList<StoredDocument> further, IProgress<StoreCopyProgress>? progress, CancellationToken cancellationToken = default)
    {
        var target = Path.GetFullPath(folder);
        // On a thread of its own: those of the pool carry mail.
        await Task.Factory.StartNew(() => Copy(target, further, progress, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    private void Copy(string target, IReadOnlyList<StoredDocument> further, IProgress<StoreCopyProgress>? progress, CancellationToken cancellationToken)
    {
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()) throw new IOException($"{target} is not empty");
        Posix.MakeFolder(target);
        // It holds mail.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var (source, unfinished) = (Path.Combine(folder, "spool.db"), Path.Combine(target, "spool.db.unfinished"));
        try
        {
            // From before the moment of the copy: what is named then must be there until it is copied.
            using var held = files.HoldRemovals();
            var all = new FileInfo(source).Length + files.Octets;
            using (var database = SqliteDatabase.Open(source, readOnly: true))
            {
                database.Watch(StepsPerLook, () =>
                {
                    progress?.Report(new StoreCopyProgress(File.Exists(unfinished) ? new FileInfo(unfinished).Length : 0, all));
                    return !cancellationToken.IsCancellationRequested;
                });
                using var copy = database.Once("VACUUM INTO ?1");
                copy.Bind(1, unfinished).Run();
            }

            var named = Finish(unfinished, further);
            var done = new FileInfo(unfinished).Length;
            progress?.Report(new StoreCopyProgress(done, all));
            var folders = new HashSet<string>(StringComparer.Ordinal);
            foreach (var name in named)
            {
                cancellationToken.ThrowIfCancellationRequested();
                // What is missing here is missing there as well: whoever reads the message is told.
                if (!File.Exists(files.PathOf(name))) continue;
                var into = Path.Combine(target, "content", name[..2]);
                if (folders.Add(into)) Posix.MakeFolder(into);
                done += CopyFile(files.PathOf(name), Path.Combine(into, name), cancellationToken);
                progress?.Report(new StoreCopyProgress(done, Math.Max(all, done)));
            }

            foreach (var made in folders) Posix.SyncFolder(made);
            // By its name it is a store, and all of it is there.
            File.Move(unfinished, Path.Combine(target, "spool.db"));
            Posix.SyncFolder(target);
        }
        catch (Exception fault)
        {
            Clear(target);
            cancellationToken.ThrowIfCancellationRequested();
            if (fault is SpoolFaultException spoolFault) throw new SpoolUnavailableException(spoolFault.Fault == SpoolFault.Full ? SpoolHealth.Full : SpoolHealth.Unwritable, spoolFault);
            throw;
        }
    }

    private static HashSet<string> Finish(string path, IReadOnlyList<StoredDocument> further)
    {
        HashSet<string> named;
        using (var database = SqliteDatabase.Open(path, readOnly: false))
        {
            database.Execute("PRAGMA synchronous = FULL");
            using var put = database.Once("INSERT OR REPLACE INTO document (kind, id, json) VALUES (?1, ?2, ?3)");
            foreach (var document in further) put.Bind(1, document.Kind).Bind(2, document.Id).Bind(3, document.Json).Run();
            named = NamedFiles(database);
        }

        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        Posix.Sync(file);
        return named;
    }

    private static long CopyFile(string from, string to, CancellationToken cancellationToken)
    {
        using var source = File.OpenHandle(from, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.SequentialScan);
        using var target = File.OpenHandle(to, FileMode.CreateNew, FileAccess.Write);
        var buffer = new byte[CopyBuffer];
        long at = 0;
        for (int count; (count = RandomAccess.Read(source, buffer, at)) > 0; at += count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RandomAccess.Write(target, buffer.AsSpan(0, count), at);
        }

        Posix.Sync(target);
        return at;
    }

    // Only what this made: the folder was empty.
    private static void Clear(string target)
    {
        try
        {
            foreach (var name in new[] { "spool.db", "spool.db.unfinished", "spool.db.unfinished-journal" }) File.Delete(Path.Combine(target, name));
            if (Directory.Exists(Path.Combine(target, "content"))) Directory.Delete(Path.Combine(target, "content"), recursive: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The first fault is the one to be told.
        }
    }
}
