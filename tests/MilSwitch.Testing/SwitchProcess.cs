using System.Collections.Concurrent;
using System.Diagnostics;

namespace MilSwitch.Testing;

/// <summary>A real <c>milswitch run</c> in a process of its own. Not thread-safe.</summary>
public sealed class SwitchProcess : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> errors = new();
    private Process? process;
    private TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SwitchProcess(string folder, SwitchSetup setup)
    {
        ConfigurationFile = Path.Combine(folder, "milswitch.yaml");
        Setup = setup;
    }

    public SwitchSetup Setup { get; private set; }

    public string ConfigurationFile { get; }

    public int Port => Setup.Port;

    public int Id => process?.Id ?? throw new InvalidOperationException("The switch does not run.");

    public bool IsRunning => process is { HasExited: false };

    /// <summary>What it wrote to standard error in all its lives.</summary>
    public IReadOnlyList<string> Errors => [.. errors];

    /// <summary>From the start of the last process to its line <c>ready</c>.</summary>
    public TimeSpan TimeToReady { get; private set; }

    public TimeSpan ProcessorTime => ProcessTree.ProcessorTime(Id);

    /// <inheritdoc cref="ProcessTree.ThreadTimes"/>
    public IReadOnlyDictionary<int, TimeSpan> ThreadTimes => ProcessTree.ThreadTimes(Id);

    public long ResidentOctets => ProcessTree.ResidentOctets(Id);

    /// <summary>
    /// The built program: MILSWITCH_BINARY, or what the build left in src/MilSwitch.Host/bin for the tests' own configuration.
    /// </summary>
    public static string Binary
    {
        get
        {
            if (System.Environment.GetEnvironmentVariable("MILSWITCH_BINARY") is { Length: > 0 } named) return named;
#if DEBUG
            const string configuration = "Debug";
#else
            const string configuration = "Release";
#endif
            return Path.Combine(Workspace.RepositoryRoot, "src/MilSwitch.Host/bin", configuration, "net10.0/milswitch");
        }
    }

    /// <summary>Starts and waits for <c>ready</c>.</summary>
    public static async Task<SwitchProcess> StartAsync(string folder, SwitchSetup setup, TimeSpan? within = null)
    {
        var made = new SwitchProcess(folder, setup);
        made.Configure(setup);
        try
        {
            await made.StartAsync(within).ConfigureAwait(false);
            return made;
        }
        catch
        {
            await made.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Writes the configuration file; a running switch reads it at the next SIGHUP.</summary>
    public void Configure(SwitchSetup setup)
    {
        Setup = setup;
        File.WriteAllText(ConfigurationFile, setup.ToYaml());
    }

    /// <summary>Starts the process (again) on the same data and waits for <c>ready</c>.</summary>
    /// <exception cref="InvalidOperationException">It ended, or said nothing for too long; with what it wrote.</exception>
    public async Task StartAsync(TimeSpan? within = null)
    {
        var limit = within ?? TimeSpan.FromSeconds(60);
        ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = ready;
        var watch = Stopwatch.StartNew();
        var started = Launch(["run", "--config", ConfigurationFile], Setup);
        process = started;
        started.OutputDataReceived += (_, line) =>
        {
            if (line.Data == "ready") said.TrySetResult();
        };
        started.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null) errors.Enqueue(line.Data);
        };
        started.BeginOutputReadLine();
        started.BeginErrorReadLine();
        var ended = started.WaitForExitAsync();
        var first = await Task.WhenAny(said.Task, ended, Task.Delay(limit, TimeProvider.System)).ConfigureAwait(false);
        if (first != said.Task)
        {
            var how = first == ended ? $"ended with {started.ExitCode}" : $"did not say ready within {limit.TotalSeconds} s";
            throw new InvalidOperationException($"milswitch {how}:\n{string.Join('\n', errors.TakeLast(40))}");
        }

        TimeToReady = watch.Elapsed;
    }

    /// <summary>SIGKILL; returns when the process is gone.</summary>
    public async Task KillAsync()
    {
        if (process is null) return;
        ProcessTree.Signal(process.Id, 9);
        await process.WaitForExitAsync().ConfigureAwait(false);
        process.Dispose();
        process = null;
    }

    /// <summary>SIGTERM; the exit code.</summary>
    /// <exception cref="TimeoutException">It is still there.</exception>
    public async Task<int> TerminateAsync(TimeSpan? within = null)
    {
        var running = process ?? throw new InvalidOperationException("The switch does not run.");
        ProcessTree.Signal(running.Id, 15);
        await running.WaitForExitAsync().WaitAsync(within ?? TimeSpan.FromSeconds(40)).ConfigureAwait(false);
        var code = running.ExitCode;
        running.Dispose();
        process = null;
        return code;
    }

    /// <summary>SIGHUP: read the configuration file again.</summary>
    public void Reload() => ProcessTree.Signal(Id, 1);

    /// <summary>Waits for the end that a switch comes to by itself; its exit code.</summary>
    public async Task<int> WaitForEndAsync(TimeSpan within)
    {
        await process!.WaitForExitAsync().WaitAsync(within).ConfigureAwait(false);
        return process.ExitCode;
    }

    /// <summary>Runs an operator's verb against this node.</summary>
    public Task<CommandResult> CommandAsync(params string[] arguments) => CommandAsync(null, arguments);

    /// <summary>Runs an operator's verb against this node, with text on standard input.</summary>
    public Task<CommandResult> CommandAsync(string? input, IReadOnlyList<string> arguments) =>
        RunAsync([.. arguments, "--config", ConfigurationFile], input);

    /// <summary>Runs the program to its end.</summary>
    public static async Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, string? input = null, TimeSpan? within = null)
    {
        using var command = Launch(arguments);
        if (input is not null) await command.StandardInput.WriteAsync(input).ConfigureAwait(false);
        command.StandardInput.Close();
        var output = command.StandardOutput.ReadToEndAsync();
        var error = command.StandardError.ReadToEndAsync();
        try
        {
            await command.WaitForExitAsync().WaitAsync(within ?? TimeSpan.FromSeconds(60)).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            command.Kill();
            throw;
        }

        return new CommandResult(command.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
    }

    public async ValueTask DisposeAsync() => await KillAsync().ConfigureAwait(false);

    private static Process Launch(IReadOnlyList<string> arguments, SwitchSetup? setup = null)
    {
        var program = setup?.Program ?? Binary;
        if (!File.Exists(program)) throw new FileNotFoundException($"{program} is not built.");
        string[] line = [.. setup?.Launcher ?? [], program, .. arguments];
        var start = new ProcessStartInfo(line[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in line[1..]) start.ArgumentList.Add(argument);
        foreach (var (name, value) in setup?.Environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}

/// <summary>The end of a command.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Error);
