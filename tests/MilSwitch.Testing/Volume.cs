using System.Diagnostics;

namespace MilSwitch.Testing;

/// <summary>A small file system in memory, as full or as closed as a test wants it.</summary>
public sealed class Volume : IDisposable
{
    private readonly Stack<Action> undo = new();

    /// <param name="folder">Where it appears.</param>
    /// <param name="options">As tmpfs(5) has them, such as <c>size=192m,nr_inodes=500</c>.</param>
    public Volume(string folder, string options)
    {
        Folder = folder;
        Directory.CreateDirectory(folder);
        Run("mount", "-t", "tmpfs", "-o", options + ",mode=755", "tmpfs", folder);
        undo.Push(() => Run("umount", "-l", folder));
    }

    public string Folder { get; }

    /// <summary>Writes until nothing goes.</summary>
    public static void Fill(string file)
    {
        var block = new byte[64 << 10];
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        try
        {
            while (true) stream.Write(block);
        }
        catch (IOException)
        {
            // Full, as wished.
        }
    }

    /// <summary>
    /// Makes it read-only for a process that runs. Nobody may remount a file system that is open for writing, so this is
    /// done in two parts: a read-only mount on top, which every name from now on leads to, and EROFS for every write of the
    /// process to the files that it has open.
    /// </summary>
    /// <param name="process">Whose writes fail.</param>
    /// <param name="open">Names of its open files.</param>
    public async Task CloseForWritingAsync(int process, params string[] open)
    {
        Run("mount", "--bind", Folder, Folder);
        undo.Push(() => Run("umount", "-l", Folder));
        Run("mount", "-o", "remount,bind,ro", Folder);
        const string writes = "write,writev,pwrite64,pwritev,ftruncate,fallocate";
        string[] arguments =
        [
            "-f", "-p", $"{process}", "-o", "/dev/null", "-e", "trace=" + writes, "-e", $"inject={writes}:error=EROFS",
            .. open.SelectMany(name => (string[])["-P", Path.Combine(Folder, name)]),
        ];
        var tracer = Process.Start(new ProcessStartInfo(Requirement.Find("strace")!, arguments) { RedirectStandardError = true })!;
        var said = tracer.StandardError.ReadToEndAsync();
        undo.Push(() =>
        {
            ProcessTree.Signal(tracer.Id, 15);
            tracer.WaitForExit();
            tracer.Dispose();
        });
        await Eventually.ComesTrueAsync(
            async () => IsTraced(process, tracer.Id) || (tracer.HasExited ? throw new InvalidOperationException("strace ended: " + await said) : false),
            TimeSpan.FromSeconds(20), "the process is traced");
    }

    /// <summary>Takes back the last thing that was done to it.</summary>
    public void OpenForWriting()
    {
        while (undo.Count > 1) undo.Pop()();
    }

    public void Dispose()
    {
        while (undo.TryPop(out var step)) step();
    }

    // Every thread, or some writes would still go through.
    private static bool IsTraced(int process, int tracer) => Directory.GetDirectories($"/proc/{process}/task")
        .All(thread => File.ReadLines(Path.Combine(thread, "status")).Any(l => l == $"TracerPid:\t{tracer}"));

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(Requirement.Find(program)!, arguments);
        process.WaitForExit();
        if (process.ExitCode is not 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}
