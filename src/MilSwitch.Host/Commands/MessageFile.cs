namespace MilSwitch.Host.Commands;

/// <summary>Reads the message that an argument names.</summary>
internal static class MessageFile
{
    private const int MostOctets = 512 << 20;

    /// <summary>All of it; '-' is standard input.</summary>
    /// <exception cref="CommandFault">It can't be read, or is too large.</exception>
    public static ReadOnlyMemory<byte> Read(CommandEnvironment environment, string name, string file)
    {
        try
        {
            if (file != "-")
            {
                if (new FileInfo(file).Length > MostOctets) throw new CommandFault(ExitCodes.NotFound, $"{name}: {file}: larger than {MostOctets >> 20} MiB");
                return File.ReadAllBytes(file);
            }

            using var input = environment.OpenInput();
            using var all = new MemoryStream();
            var buffer = new byte[64 << 10];
            for (int count; (count = input.Read(buffer)) > 0;)
            {
                if (all.Length + count > MostOctets) throw new CommandFault(ExitCodes.NotFound, $"{name}: larger than {MostOctets >> 20} MiB");
                all.Write(buffer, 0, count);
            }

            return all.GetBuffer().AsMemory(0, (int)all.Length);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{name}: {file}: {(File.Exists(file) ? "can't be read" : "no such file")}");
        }
    }
}
