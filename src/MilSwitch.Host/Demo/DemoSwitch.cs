using System.Diagnostics;
using System.Runtime.InteropServices;
using MilSwitch.Host.Commands;

namespace MilSwitch.Host.Demo;

/// <summary>The switch of the demonstration: this very program in a process of its own, so that it can be killed. Not thread-safe.</summary>
internal sealed class DemoSwitch(string configuration, string log) : IAsyncDisposable
{
    private const int Terminate = 15;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(30);

    private Process? process;

    /// <summary>What it finds in its environment besides ours.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Variables { get; set; } = [];

    public int Id => process?.Id ?? 0;

    /// <summary>Returns when it says that it is ready.</summary>
    /// <exception cref="CommandFault">It did not become ready; with the last of what it wrote.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var started = Launch(["run", "--config", configuration], Variables);
        process = started;
        // Shared: the copier of the life before may not have closed it yet.
        var errors = new StreamWriter(new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        var copying = CopyAsync(started.StandardError, errors);
        using var limit = new CancellationTokenSource(StartLimit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            while (await started.StandardOutput.ReadLineAsync(either.Token) is { } line)
            {
                if (line != "ready") continue;
                _ = CopyAsync(started.StandardOutput, TextWriter.Null);
                return;
            }

            await copying;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandFault(ExitCodes.Bad, $"the switch was not ready after {StartLimit.TotalSeconds} s; the last it wrote:\n{LastLines()}");
        }

        throw new CommandFault(ExitCodes.Bad, $"the switch ended before it was ready; the last it wrote:\n{LastLines()}");
    }

    /// <summary>Returns when the process has ended by itself.</summary>
    public Task WaitForEndAsync(CancellationToken cancellationToken) => process?.WaitForExitAsync(cancellationToken) ?? Task.CompletedTask;

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
    /// <exception cref="CommandFault">It ended with another code than 0.</exception>
    public async Task<string> CommandAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var (exitCode, output, error) = await TryCommandAsync(cancellationToken, arguments);
        return exitCode is ExitCodes.Done ? output : throw new CommandFault(exitCode, $"milswitch {string.Join(' ', arguments)} ended with {exitCode}: {error}");
    }

    /// <summary>One of the operator's verbs, however it ends.</summary>
    public async Task<(int ExitCode, string Output, string Error)> TryCommandAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        using var command = Launch([.. arguments, "--config", configuration], Variables);
        var output = command.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = command.StandardError.ReadToEndAsync(cancellationToken);
        await command.WaitForExitAsync(cancellationToken);
        return (command.ExitCode, (await output).Trim(), (await error).Trim());
    }

    /// <summary>One of the commands that speak to no node.</summary>
    /// <exception cref="CommandFault">It ended with another code than 0.</exception>
    public static async Task ToolAsync(KeyValuePair<string, string> variable, CancellationToken cancellationToken, params string[] arguments)
    {
        using var command = Launch(arguments, [variable]);
        var output = command.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = command.StandardError.ReadToEndAsync(cancellationToken);
        await command.WaitForExitAsync(cancellationToken);
        await output;
        if (command.ExitCode is not ExitCodes.Done) throw new CommandFault(command.ExitCode, $"milswitch {arguments[0]} {arguments[1]} ended with {command.ExitCode}: {(await error).Trim()}");
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not { } running) return;
        if (!running.HasExited) _ = Signal(running.Id, Terminate);
        try
        {
            await running.WaitForExitAsync().WaitAsync(DrainLimit, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            running.Kill();
            await running.WaitForExitAsync();
        }

        running.Dispose();
        process = null;
    }

    private string LastLines() => File.Exists(log) ? string.Join('\n', File.ReadAllLines(log).TakeLast(10)) : "nothing";

    private static Process Launch(IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> variables)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is unknown.");
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        // Run as "dotnet milswitch.dll", the program is the first argument.
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "milswitch.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in variables) start.Environment[name] = value;
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
