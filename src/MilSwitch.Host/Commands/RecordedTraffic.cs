namespace MilSwitch.Host.Commands;

/// <summary>Finds and reads messages that were kept in files: named ones, those of a folder that end in .eml, and all in folders named cur and new, as a Maildir has.</summary>
internal static class RecordedTraffic
{
    /// <summary>The files in the order of their names.</summary>
    /// <exception cref="CommandFault">There is no such file or folder, or it can't be listed.</exception>
    public static IReadOnlyList<string> Files(string name, string[] paths)
    {
        var files = new List<string>();
        foreach (var path in paths)
        {
            if (!Directory.Exists(path))
            {
                if (!File.Exists(path)) throw new CommandFault(ExitCodes.NotFound, $"{name}: {path}: no such file or folder");
                files.Add(path);
                continue;
            }

            try
            {
                files.AddRange(Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(IsMessage).Order(StringComparer.Ordinal));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw new CommandFault(ExitCodes.NotFound, $"{name}: {path}: can't be read");
            }
        }

        return files.Count > 0 ? files : throw new CommandFault(ExitCodes.NotFound, $"{name}: there is no message: no file ends in .eml, and none is in a folder cur or new");
    }

    /// <summary>A message with the line ends that it has on the wire: a Maildir keeps it with those of the machine.</summary>
    public static ReadOnlyMemory<byte> WithLineEnds(ReadOnlyMemory<byte> message)
    {
        var octets = message.Span;
        if (octets.Contains((byte)'\r')) return message;
        var copy = new byte[octets.Length + octets.Count((byte)'\n')];
        var length = 0;
        foreach (var octet in octets)
        {
            if (octet is (byte)'\n') copy[length++] = (byte)'\r';
            copy[length++] = octet;
        }

        return copy;
    }

    private static bool IsMessage(string file) =>
        file.EndsWith(".eml", StringComparison.OrdinalIgnoreCase) || Path.GetFileName(Path.GetDirectoryName(file)) is "cur" or "new";
}
