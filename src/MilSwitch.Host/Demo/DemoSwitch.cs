using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MilSwitch.Host.Demo;

/// <summary>The switch of the demonstration: this very program in a process of its own, so that it can be killed. Not thread-safe.</summary>
internal sealed class DemoSwitch(string configuration, string log) : IAsyncDisposable
{
    private const int Terminate = 15;

    private Process? process;

    public int Id => process?.Id ?? 0;

    /// <summary>Returns when it says that it is ready.</summary>
    /// <exception cref="InvalidOperationException">It did not become ready; the log tells why.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var started = Launch(["run", "--config", configuration]);
        process = started;
        // Shared: the copier of the life before may not have closed it yet.
        var errors = new StreamWriter(new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        _ = CopyAsync(started.StandardError, errors);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (await started.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line != "ready") continue;
            _ = CopyAsync(started.StandardOutput, TextWriter.Null);
            return;
        }

        throw new InvalidOperationException($"The switch ended before it was ready; see {log}.");
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (process is not { } running) return;
        running.Kill();
        await running.WaitForExitAsync();
        running.Dispose();
        process = null;
    }

    /// <summary>One of the operator's verbs; what it wrote to standard output.</summary>
    /// <exception cref="InvalidOperationException">It ended with another code than 0.</exception>
    public async Task<string> CommandAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        using var command = Launch([.. arguments, "--config", configuration]);
        var output = command.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = command.StandardError.ReadToEndAsync(cancellationToken);
        await command.WaitForExitAsync(cancellationToken);
        if (command.ExitCode is not 0) throw new InvalidOperationException($"milswitch {string.Join(' ', arguments)} ended with {command.ExitCode}: {(await errors).Trim()}");
        return (await output).Trim();
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not { } running) return;
        _ = Signal(running.Id, Terminate);
        try
        {
            await running.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        }
        catch (TimeoutException)
        {
            running.Kill();
        }

        running.Dispose();
        process = null;
    }

    private static Process Launch(IEnumerable<string> arguments)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is unknown.");
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        // Run as "dotnet milswitch.dll", the program is the first argument.
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "milswitch.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        var started = Process.Start(start)!;
        started.StandardInput.Close();
        return started;
    }

    private static async Task CopyAsync(StreamReader from, TextWriter to)
    {
        await using (to)
        {
            while (await from.ReadLineAsync() is { } line) await to.WriteLineAsync(line);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int process, int signal);
}
