using System.Diagnostics;
using System.Globalization;

namespace MilSwitch.Testing;

/// <summary>
/// Debian's PostgreSQL with a folder and a socket of its own; the system's instance is never touched. It refuses to run as
/// root, so there it runs as <c>postgres</c>. Commits are synced as always; the rest is set for short tests.
/// </summary>
public sealed class PostgreSqlInstance : IAsyncDisposable
{
    public const string User = "milswitch";

    private const string Account = "postgres";

    private static readonly SemaphoreSlim SharedGate = new(1);
    private static PostgreSqlInstance? shared;
    private static int databases;

    private readonly IReadOnlyDictionary<string, string> environment;
    private Process? process;

    private PostgreSqlInstance(string folder, IReadOnlyDictionary<string, string>? environment = null)
    {
        Folder = folder;
        this.environment = environment ?? new Dictionary<string, string>();
    }

    public string Folder { get; }

    public int Port { get; private set; }

    /// <summary>The process all others of the server descend from.</summary>
    public int Id => int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    /// <summary>Of all its processes, also those that ended.</summary>
    public TimeSpan ProcessorTime => ProcessTree.ProcessorTime(Id);

    /// <summary>What the server says.</summary>
    public string LogFile => Path.Combine(Folder, "log");

    /// <summary>It has not ended, by itself or otherwise.</summary>
    public bool IsRunning => process is { HasExited: false };

    public string Data => Path.Combine(Folder, "data");

    /// <summary>Null when there is a server to start, else one printable line that names what is missing.</summary>
    public static string? Missing => Programs is null ? Requirement.Missing("postgres in /usr/lib/postgresql") : null;

    /// <summary>Where Debian keeps the programs of each version, the newest first.</summary>
    internal static IEnumerable<string> ProgramFolders => (Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [])
        .OrderByDescending(f => double.TryParse(Path.GetFileName(f), CultureInfo.InvariantCulture, out var version) ? version : 0)
        .Select(f => Path.Combine(f, "bin"));

    // Together with its tools, which a link to the server alone has not beside it.
    private static string? Programs => ProgramFolders.FirstOrDefault(f => File.Exists(Path.Combine(f, "postgres")));

    /// <summary>One that all tests of the process share; it ends with the process.</summary>
    public static async Task<PostgreSqlInstance> SharedAsync()
    {
        await SharedGate.WaitAsync();
        try
        {
            if (shared is not null) return shared;
            var workspace = new Workspace("postgres");
            shared = await StartAsync(workspace.Folder);
            AppDomain.CurrentDomain.ProcessExit += (_, _) =>
            {
                shared.KillAtEnd();
                workspace.Dispose();
            };
            return shared;
        }
        finally
        {
            SharedGate.Release();
        }
    }

    /// <summary>Makes a server in a folder and starts it.</summary>
    /// <param name="folder">Made, and left behind.</param>
    /// <param name="settings">Further lines for its configuration.</param>
    public static Task<PostgreSqlInstance> StartAsync(string folder, params string[] settings) => StartAsync(folder, null, settings);

    /// <inheritdoc cref="StartAsync(string, string[])"/>
    /// <param name="folder">Made, and left behind.</param>
    /// <param name="environment">Added to the server's, such as a <see cref="FaultyDevice.Environment"/>.</param>
    /// <param name="settings">Further lines for its configuration.</param>
    public static async Task<PostgreSqlInstance> StartAsync(string folder, IReadOnlyDictionary<string, string>? environment, params string[] settings)
    {
        var made = new PostgreSqlInstance(folder, environment);
        await made.PrepareAsync();
        await made.RunAsync("initdb", "-D", made.Data, "-U", User, "--auth=trust", "-E", "UTF8", "--locale=C", "-N");
        await made.ConfigureAsync(settings);
        await made.StartFirstAsync();
        return made;
    }

    /// <summary>Makes a standby of this server, which follows it, and starts it.</summary>
    public async Task<PostgreSqlInstance> StandbyAsync(string folder)
    {
        var made = new PostgreSqlInstance(folder);
        await made.PrepareAsync();
        await made.RunAsync("pg_basebackup", "-D", made.Data, "-h", Folder, "-p", Text(Port), "-U", User, "-R", "-X", "stream", "-c", "fast");
        await made.ConfigureAsync([]);
        await made.StartFirstAsync();
        return made;
    }

    /// <summary>The standby takes writes from now on.</summary>
    public Task PromoteAsync() => RunAsync("pg_ctl", "promote", "-D", Data, "-w");

    /// <summary>As if the machine had lost its processes: nothing is finished, and the next start recovers.</summary>
    public void Crash() => Signal("QUIT");

    /// <summary>Sessions are ended, and what is under way with them.</summary>
    public void Stop() => Signal("INT");

    /// <summary>Brings it back, with what it has, at the same place.</summary>
    public async Task StartAgainAsync()
    {
        process?.Dispose();
        // The shell ends the server when this process is gone, however that went. It would give what it starts beside itself no
        // input, so that has another number.
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        foreach (var argument in (string[])["-c", "log=$1; shift; exec 3<&0; \"$@\" >>\"$log\" 2>&1 </dev/null 3<&- & server=$!; trap '' INT; (read line <&3; kill -QUIT $server) & reader=$!; wait $server; kill $reader", "sh", LogFile, .. As, Path.Combine(Programs!, "postgres"), "-D", Data, "-p", Text(Port)])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        process = Process.Start(start)!;
        await Eventually.ComesTrueAsync(
            async () => process.HasExited || await TryRunAsync("pg_isready", "-q", "-h", Folder, "-p", Text(Port), "-U", User, "-d", "postgres") == 0,
            TimeSpan.FromSeconds(60), "PostgreSQL answers");
        if (process.HasExited) throw new InvalidOperationException($"PostgreSQL ended: {(await File.ReadAllTextAsync(LogFile))[^Math.Min(1000, (int)new FileInfo(LogFile).Length)..]}");
    }

    /// <summary>Lets everybody of a network in, who reaches an address that <c>listen_addresses</c> names.</summary>
    /// <param name="network">As pg_hba.conf has it.</param>
    public async Task AdmitAsync(string network)
    {
        await File.AppendAllLinesAsync(Path.Combine(Data, "pg_hba.conf"), [$"host all all {network} trust"]);
        await QueryAsync("postgres", "SELECT pg_reload_conf()");
    }

    /// <summary>A database of its own for one test; returns how to reach it.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref databases)}");
        await QueryAsync("postgres", $"CREATE DATABASE {name}");
        return Connection(name);
    }

    /// <summary>How to reach a database over the socket.</summary>
    public string Connection(string database) => ConnectionBy(Folder, database);

    /// <summary>How to reach a database over one of its addresses.</summary>
    public string ConnectionBy(string host, string database) => $"Host={host};Port={Port};Username={User};Database={database}";

    /// <summary>How to reach a database over the network.</summary>
    public string NetworkConnection(string database) => $"Host=127.0.0.1;Port={Port};Username={User};Database={database}";

    /// <summary>Asks with the server's own client; returns what it prints, one line a row, columns between bars.</summary>
    public async Task<string> QueryAsync(string database, string sql)
    {
        using var client = Process.Start(new ProcessStartInfo(
            Path.Combine(Programs!, "psql"), ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", Folder, "-p", Text(Port), "-U", User, "-d", database, "-c", sql])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var error = client.StandardError.ReadToEndAsync();
        var output = await client.StandardOutput.ReadToEndAsync();
        await client.WaitForExitAsync();
        return client.ExitCode == 0 ? output.TrimEnd('\n') : throw new InvalidOperationException($"{sql}: {await error}");
    }

    /// <summary>Runs commands of the shell as the server's account, its programs first on the path; returns what they print.</summary>
    /// <exception cref="InvalidOperationException">One failed; with what it said.</exception>
    public async Task<string> ShellAsync(string commands)
    {
        string[] line = [.. As, "/bin/sh", "-ec", commands];
        var start = new ProcessStartInfo(line[0], line[1..]) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{Programs}:{start.Environment["PATH"]}";
        (start.Environment["PGHOST"], start.Environment["PGPORT"], start.Environment["PGUSER"]) = (Folder, Text(Port), User);
        using var shell = Process.Start(start)!;
        var error = shell.StandardError.ReadToEndAsync();
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return shell.ExitCode is 0 ? output.Trim() : throw new InvalidOperationException($"{commands}: {await error}");
    }

    public ValueTask DisposeAsync()
    {
        KillAtEnd();
        process?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string[] As => Environment.UserName == "root" ? ["setpriv", $"--reuid={Account}", $"--regid={Account}", "--clear-groups"] : [];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Somebody may take a port between the look for it and the server's start.</summary>
    private async Task StartFirstAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            Port = Ports.Free();
            try
            {
                await StartAgainAsync();
                return;
            }
            catch (InvalidOperationException) when (attempt < 5)
            {
                // Another one.
            }
        }
    }

    private async Task PrepareAsync()
    {
        if (Missing is { } missing) throw new InvalidOperationException(missing);
        Directory.CreateDirectory(Folder);
        if (Environment.UserName != "root") return;
        using var own = Process.Start("chown", [$"{Account}:", Folder]);
        await own.WaitForExitAsync();
    }

    private async Task ConfigureAsync(IReadOnlyList<string> settings)
    {
        await File.AppendAllLinesAsync(Path.Combine(Data, "postgresql.conf"),
        [
            "listen_addresses = '127.0.0.1'",
            $"unix_socket_directories = '{Folder}'",
            "max_connections = 200",
            "shared_buffers = 64MB",
            "checkpoint_timeout = 30min",
            "max_wal_size = 4GB",
            "wal_level = replica",
            "max_wal_senders = 4",
            "hot_standby = on",
            "log_min_messages = warning",
            .. settings,
        ]);
    }

    private async Task RunAsync(string program, params string[] arguments)
    {
        if (await TryRunAsync(program, arguments) is not 0 and var code) throw new InvalidOperationException($"{program} ended with {code}; see {LogFile}.");
    }

    private async Task<int> TryRunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = Folder };
        foreach (var argument in (string[])["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", LogFile + ".tools", .. As, Path.Combine(Programs!, program), .. arguments])
            start.ArgumentList.Add(argument);
        using var tool = Process.Start(start)!;
        await tool.WaitForExitAsync();
        return tool.ExitCode;
    }

    private void Signal(string signal)
    {
        using (var kill = Process.Start("kill", [$"-{signal}", Text(Id)])) kill.WaitForExit();
        process!.WaitForExit();
    }

    private void KillAtEnd()
    {
        if (IsRunning) Signal("QUIT");
    }
}
