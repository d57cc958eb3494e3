namespace MilSwitch.Testing;

/// <summary>A folder of one test, on a real disk (a file system in memory would make fsync free), deleted with everything in it.</summary>
public sealed class Workspace : IDisposable
{
    private const UnixFileMode OthersMayPass = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    public Workspace(string purpose)
    {
        var root = Environment.GetEnvironmentVariable("MILSWITCH_WORKSPACE") ?? "/var/tmp";
        Folder = Path.Combine(root, $"milswitch-{purpose}-{Guid.NewGuid():N}"[..(purpose.Length + 19)]);
        Directory.CreateDirectory(Folder);
        // Daemons that give up root must be able to pass.
        File.SetUnixFileMode(Folder, OthersMayPass);
    }

    public string Folder { get; }

    public string this[string name] => Path.Combine(Folder, name);

    /// <summary>MILSWITCH_KEEP set: the folder stays for a look.</summary>
    public void Dispose()
    {
        if (Environment.GetEnvironmentVariable("MILSWITCH_KEEP") is not null) return;
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // A daemon that is just ending may still write; what stays is in /var/tmp and small.
        }
    }

    /// <summary>The folder that holds MilSwitch.sln, above the running program.</summary>
    public static string RepositoryRoot
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "MilSwitch.sln"))) return folder.FullName;
            throw new DirectoryNotFoundException("MilSwitch.sln is in no folder above " + AppContext.BaseDirectory);
        }
    }
}
