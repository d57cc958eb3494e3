using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>A folder with the exported evidence about one message. Names and sizes are bounded; nothing is read or written outside of it; links in it are not followed.</summary>
internal sealed class EvidenceFolder(string path)
{
    private const int MostFiles = 1_000;
    private const int LongestName = 100;
    private const int LongestSmallFile = 64 << 20;
    private const int DigestCharacters = 96;

    public string PathOf(string name) => Path.Combine(path, name);

    /// <summary>Unpacks an archive into the folder, which must be new or empty.</summary>
    /// <returns>Names of the files.</returns>
    /// <exception cref="CommandFault">The folder has something in it or can't be written, or the archive is none.</exception>
    public async Task<IReadOnlyList<string>> UnpackAsync(Stream archive, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        try
        {
            await using var reader = new TarReader(archive);
            while (await reader.GetNextEntryAsync(cancellationToken: cancellationToken) is { } entry)
            {
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || !IsName(entry.Name) || names.Count == MostFiles)
                    throw new CommandFault(ExitCodes.Internal, "the node's answer can't be understood; is it another version?");
                var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
                if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                await using var file = new FileStream(PathOf(entry.Name), options);
                if (entry.DataStream is { } data) await data.CopyToAsync(file, cancellationToken);
                names.Add(entry.Name);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or HttpRequestException)
        {
            throw new CommandFault(fault is HttpRequestException or EndOfStreamException ? ExitCodes.Unreachable : ExitCodes.NotFound, $"--export: {path}: {fault.Message}");
        }
        catch (Exception fault) when (fault is InvalidDataException or FormatException)
        {
            throw new CommandFault(ExitCodes.Internal, "the node's answer can't be understood; is it another version?");
        }

        return names;
    }

    /// <summary>Makes the folder, for its owner only.</summary>
    /// <exception cref="CommandFault">It has something in it, or can't be made.</exception>
    public void Create()
    {
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
            else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            if (Directory.EnumerateFileSystemEntries(path).Any()) throw new CommandFault(ExitCodes.Conflict, $"--export: {path} has something in it");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCodes.NotFound, $"--export: {path}: {fault.Message}");
        }
    }

    /// <summary>Names of everything in it.</summary>
    /// <exception cref="CommandFault">It can't be read.</exception>
    public IReadOnlyList<string> Names()
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal).Take(10 * MostFiles)];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{path}: {(Directory.Exists(path) ? "can't be read" : "no such folder")}");
        }
    }

    /// <summary>A small file as a whole; null: it is not there, no file, or larger than such a file is.</summary>
    public byte[]? Read(string name)
    {
        try
        {
            if (Find(name) is not { Length: <= LongestSmallFile } file) return null;
            return file.Length is 0 ? [] : File.ReadAllBytes(file.FullName);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>SHA-384 of a file, in hexadecimal; null: it is not there or can't be read.</summary>
    public async Task<string?> DigestAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            if (Find(name) is not { } found) return null;
            await using Stream file = found.Length is 0 ? new MemoryStream() : found.OpenRead();
            return Convert.ToHexStringLower(await SHA384.HashDataAsync(file, cancellationToken));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The lines of the list of digests; null: it is none.</summary>
    public static IReadOnlyDictionary<string, string>? Sums(byte[] octets)
    {
        var sums = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!Ascii.IsValid(octets) || octets is not [.., (byte)'\n']) return null;
        foreach (var line in Encoding.ASCII.GetString(octets)[..^1].Split('\n'))
        {
            if (line.Length <= DigestCharacters + 2 || line[DigestCharacters] is not ' ' || line[DigestCharacters + 1] is not ' ' || sums.Count == MostFiles) return null;
            var (digest, name) = (line[..DigestCharacters], line[(DigestCharacters + 2)..]);
            if (!digest.All(char.IsAsciiHexDigitLower) || !IsName(name) || name is EvidenceEndpoints.Sums or EvidenceEndpoints.Signature || !sums.TryAdd(name, digest)) return null;
        }

        return sums;
    }

    // A link leads elsewhere. What has no length is not opened: a pipe or a device has none and may never end.
    private FileInfo? Find(string name) => new FileInfo(PathOf(name)) is { Exists: true, LinkTarget: null } file ? file : null;

    private static bool IsName(string name) => name.Length is > 0 and <= LongestName && name[0] is not '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');
}
