using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MilSwitch.Host.Folders;

/// <summary>Files as Linux has them: links are not followed, nothing waits, and errors of a sync count. Stateless.</summary>
internal static class UnixFile
{
    private const int NonBlocking = 0x800, CloseOnExec = 0x80000; // O_NONBLOCK, O_CLOEXEC
    private const int CurrentFolder = -100; // AT_FDCWD
    private const int NoFollow = 0x100, EmptyPath = 0x1000; // AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH
    private const uint BasicStats = 0x7ff;
    private const int TypeMask = 0xf000, RegularFile = 0x8000, Folder = 0x4000;
    private const int NoSuchFile = 2, Interrupted = 4, NoDevice = 6, TooManyLinks = 40;

    // O_NOFOLLOW and O_DIRECTORY are among the few flags that architectures do not share.
    private static readonly (int NoFollow, int Folder) Flags = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? (0x8000, 0x4000) : (0x20000, 0x10000);

    /// <summary>What is open, or what it is that can't be.</summary>
    /// <param name="File">Null: see the others.</param>
    /// <param name="IsGone">There is nothing of that name.</param>
    /// <param name="IsSpecial">A symbolic link, a socket or a device without a driver.</param>
    public readonly record struct Opened(SafeFileHandle? File, bool IsGone, bool IsSpecial);

    /// <summary>What the file system says of a file.</summary>
    /// <param name="IsRegular">It is a file with octets.</param>
    /// <param name="IsFolder">It is a folder.</param>
    /// <param name="Number">Of the file in its file system.</param>
    /// <param name="Size">In octets.</param>
    /// <param name="Written">Nanoseconds since 1970 at which it was written.</param>
    /// <param name="Mode">The nine bits of permissions and the three above.</param>
    public readonly record struct Facts(bool IsRegular, bool IsFolder, ulong Number, long Size, long Written, int Mode);

    /// <exception cref="IOException">It is there and may not be read.</exception>
    public static Opened Open(string path)
    {
        var file = OpenAt(Octets(path), Flags.NoFollow | NonBlocking | CloseOnExec, 0);
        if (!file.IsInvalid) return new Opened(file, false, false);
        var error = Marshal.GetLastPInvokeError();
        file.Dispose();
        return error switch
        {
            NoSuchFile => new Opened(null, true, false),
            TooManyLinks or NoDevice => new Opened(null, false, true),
            _ => throw new IOException($"{path} can't be opened: {Marshal.GetPInvokeErrorMessage(error)}"),
        };
    }

    public static Facts Of(SafeFileHandle file)
    {
        var facts = new byte[256];
        if (Statx(file, [0], EmptyPath, BasicStats, facts) != 0) throw new IOException($"fstat failed: {Marshal.GetLastPInvokeErrorMessage()}");
        return Read(facts);
    }

    /// <summary>Of the name itself, not of what a link leads to; null: there is nothing of that name.</summary>
    public static Facts? Of(string path)
    {
        var facts = new byte[256];
        if (StatxAt(CurrentFolder, Octets(path), NoFollow, BasicStats, facts) == 0) return Read(facts);
        return Marshal.GetLastPInvokeError() is NoSuchFile ? null : throw new IOException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Gives a file another name on the same file system, whatever it is.</summary>
    /// <exception cref="IOException">It can't be.</exception>
    public static void Rename(string from, string to)
    {
        if (RenameAt(Octets(from), Octets(to)) != 0) throw new IOException($"{from} can't be moved to {to}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Makes the names in a folder durable.</summary>
    /// <exception cref="IOException">It can't be.</exception>
    public static void SyncFolder(string path)
    {
        using var folder = OpenAt(Octets(path), Flags.Folder | CloseOnExec, 0);
        if (folder.IsInvalid) throw new IOException($"{path} can't be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        int result;
        do result = Fsync(folder);
        while (result != 0 && Marshal.GetLastPInvokeError() == Interrupted);
        if (result != 0) throw new IOException($"fsync of {path} failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    // struct statx of statx(2) is the same on every architecture.
    private static Facts Read(ReadOnlySpan<byte> facts)
    {
        var mode = MemoryMarshal.Read<ushort>(facts[28..]);
        return new Facts(
            (mode & TypeMask) is RegularFile, (mode & TypeMask) is Folder, MemoryMarshal.Read<ulong>(facts[32..]), MemoryMarshal.Read<long>(facts[40..]),
            (MemoryMarshal.Read<long>(facts[112..]) * 1_000_000_000) + MemoryMarshal.Read<uint>(facts[120..]), mode & 0xfff);
    }

    private static byte[] Octets(string path) => Encoding.UTF8.GetBytes(path + "\0");

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern SafeFileHandle OpenAt(byte[] path, int flags, int mode);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static extern int Statx(SafeFileHandle file, byte[] path, int flags, uint mask, byte[] facts);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static extern int StatxAt(int folder, byte[] path, int flags, uint mask, byte[] facts);

    [DllImport("libc", EntryPoint = "rename", SetLastError = true)]
    private static extern int RenameAt(byte[] from, byte[] to);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Fsync(SafeFileHandle file);
}
