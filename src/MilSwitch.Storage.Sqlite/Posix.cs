using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MilSwitch.Storage.Sqlite;

/// <summary>
/// System calls whose errors count. <c>FileStream.Flush(true)</c> and <c>RandomAccess.FlushToDisk</c> return normally when
/// fsync fails.
/// </summary>
internal static partial class Posix
{
    private const int OpenReadOnlyDirectory = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC
    private const int OpenReadOnly = 0x80000; // O_RDONLY | O_CLOEXEC
    private const int OpenOrCreate = 2 | 0x40 | 0x80000; // O_RDWR | O_CREAT | O_CLOEXEC
    private const int OwnerOnly = 0x180; // 0600
    private const int LockExclusive = 2, LockNonBlocking = 4;
    private const int NoSpace = 28, ReadOnlyVolume = 30, WouldBlock = 11, QuotaExceeded = 122, Interrupted = 4;

    /// <summary>Throws <see cref="SpoolFaultException"/> with <see cref="SpoolFault.Broken"/>.</summary>
    public static void Sync(SafeFileHandle file)
    {
        int result;
        do result = fsync(file);
        while (result != 0 && Marshal.GetLastPInvokeError() == Interrupted);
        if (result != 0) throw new SpoolFaultException(SpoolFault.Broken, $"fsync failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Makes the names in a folder durable.</summary>
    public static void SyncFolder(string path)
    {
        using var folder = OpenFolder(path);
        Sync(folder);
    }

    /// <summary>Opens a folder so that it can be synced.</summary>
    public static SafeFileHandle OpenFolder(string path)
    {
        var descriptor = open(path, OpenReadOnlyDirectory, 0);
        if (descriptor < 0) throw new SpoolFaultException(SpoolFault.Unwritable, $"A folder can't be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Makes a folder, and those above it, where they are missing; their names are durable when it returns.</summary>
    public static void MakeFolder(string path)
    {
        if (Directory.Exists(path)) return;
        var above = Path.GetDirectoryName(path)!;
        MakeFolder(above);
        Directory.CreateDirectory(path);
        SyncFolder(above);
    }

    /// <summary>Opens or makes a file without the lock that .NET's own open takes.</summary>
    public static SafeFileHandle OpenUnlocked(string path)
    {
        var descriptor = open(path, OpenOrCreate, OwnerOnly);
        if (descriptor < 0) throw new IOException($"{path} can't be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>As <see cref="OpenUnlocked"/>, for reading, and only a file that is there; null: there is none.</summary>
    public static SafeFileHandle? OpenExisting(string path)
    {
        if (!File.Exists(path)) return null;
        var descriptor = open(path, OpenReadOnly, 0);
        if (descriptor < 0) throw new IOException($"{path} can't be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>False: somebody else holds the lock.</summary>
    public static bool TryLock(SafeFileHandle file)
    {
        if (flock(file, LockExclusive | LockNonBlocking) == 0) return true;
        if (Marshal.GetLastPInvokeError() == WouldBlock) return false;
        throw new IOException($"The lock file can't be locked: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>What an error of .NET's own file calls means for the spool.</summary>
    public static SpoolFaultException Fault(Exception error) => new(
        error.HResult is NoSpace or QuotaExceeded ? SpoolFault.Full : SpoolFault.Unwritable,
        error.HResult == ReadOnlyVolume ? "The volume is read-only." : "A content file can't be written.", error);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);
}
