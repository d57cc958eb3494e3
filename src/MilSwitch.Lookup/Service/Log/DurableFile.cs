using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MilSwitch.Lookup.Service.Log;

/// <summary>System calls whose errors count: <c>RandomAccess.FlushToDisk</c> returns normally when fsync fails.</summary>
public static class DurableFile
{
    private const int OpenReadOnlyDirectory = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC
    private const int Interrupted = 4;

    /// <exception cref="IOException">What the disk has is not known any more.</exception>
    public static void Sync(SafeFileHandle file)
    {
        int result;
        do result = Fsync(file);
        while (result != 0 && Marshal.GetLastPInvokeError() == Interrupted);
        if (result != 0) throw new IOException($"fsync failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Makes the names in a folder durable.</summary>
    /// <exception cref="IOException">It can't be.</exception>
    public static void SyncFolder(string path)
    {
        using var folder = Open(System.Text.Encoding.UTF8.GetBytes(path + "\0"), OpenReadOnlyDirectory, 0);
        if (folder.IsInvalid) throw new IOException($"The folder {path} can't be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        Sync(folder);
    }

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Fsync(SafeFileHandle file);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern SafeFileHandle Open(byte[] path, int flags, int mode);
}
