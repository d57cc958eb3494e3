using System.Text;
using MilSwitch.Lookup.Service.Log;

namespace MilSwitch.Host.Acp127;

/// <summary>Files that are there whole or not at all.</summary>
internal static class DurableText
{
    /// <summary>Puts the text in the place of what the file held: written, synced, renamed, and the name synced.</summary>
    /// <exception cref="IOException">It could not be; the file is as it was, or as it is to be.</exception>
    public static void Write(string path, string text)
    {
        var folder = Path.GetDirectoryName(path)!;
        var beside = Path.Combine(folder, $".{Path.GetFileName(path)}.tmp");
        WriteWhole(beside, Encoding.UTF8.GetBytes(text));
        File.Move(beside, path, overwrite: true);
        DurableFile.SyncFolder(folder);
    }

    /// <summary>Puts a new file into a folder in which others look for files.</summary>
    /// <returns>False: there is one of this name with another content, and nothing was changed.</returns>
    /// <exception cref="IOException">It could not be; the file is not there, or whole.</exception>
    public static bool TryAdd(string folder, string name, byte[] octets)
    {
        var path = Path.Combine(folder, name);
        var beside = Path.Combine(folder, $".{name}.tmp");
        if (File.Exists(path))
        {
            if (new FileInfo(path).Length != octets.Length || !File.ReadAllBytes(path).AsSpan().SequenceEqual(octets)) return false;
        }
        else
        {
            WriteWhole(beside, octets);
            // Whoever takes it may be another user, of the folder's group.
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(beside, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
            // Nobody else writes such names; whoever did all the same keeps what is his.
            File.Move(beside, path, overwrite: false);
        }

        DurableFile.SyncFolder(folder);
        return true;
    }

    private static void WriteWhole(string path, byte[] octets)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        RandomAccess.Write(file, octets, 0);
        DurableFile.Sync(file);
    }
}
