using System.Diagnostics;
using System.Globalization;

namespace MilSwitch.Testing;

/// <summary>How a Postfix under test is set up.</summary>
public sealed record PostfixOptions
{
    /// <summary><c>host:port</c> of the next hop of all mail.</summary>
    public required string NextHop { get; init; }

    /// <summary>Connections to the next hop at once.</summary>
    public int Connections { get; init; } = 20;

    /// <summary>Writes a log file, which costs time; for tests that ask what Postfix thought.</summary>
    public bool Log { get; init; }

    /// <summary>Further lines for main.cf.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];
}

/// <summary>
/// Debian's Postfix with a configuration, queue and ports of its own; the system's instance is never touched. Needs root.
/// Tuned for relaying: no flow control delay, many processes, no lookups; files are synced as Postfix always does.
/// </summary>
public sealed class PostfixInstance : IAsyncDisposable
{
    private readonly string configuration;

    private PostfixInstance(string folder, PostfixOptions options)
    {
        Folder = folder;
        Options = options;
        configuration = Path.Combine(folder, "etc");
        Port = Ports.Free();
    }

    public string Folder { get; }

    public PostfixOptions Options { get; }

    public int Port { get; }

    /// <summary>The log, when it was asked for.</summary>
    public string LogFile => Path.Combine(Folder, "maillog");

    /// <summary>The process all others descend from.</summary>
    public int MasterId { get; private set; }

    /// <summary>Of all its processes, also those that ended.</summary>
    public TimeSpan ProcessorTime => ProcessTree.ProcessorTime(MasterId);

    /// <summary>Messages in its queue files.</summary>
    public int Queued => ((string[])["incoming", "active", "deferred", "maildrop"]).Sum(q =>
        Directory.Exists(Path.Combine(Folder, "spool", q))
            ? Directory.EnumerateFiles(Path.Combine(Folder, "spool", q), "*", SearchOption.AllDirectories).Count()
            : 0);

    public static async Task<PostfixInstance> StartAsync(string folder, PostfixOptions options)
    {
        var made = new PostfixInstance(folder, options);
        made.WriteConfiguration();
        await made.PostfixAsync("start").ConfigureAwait(false);
        try
        {
            await Eventually.ComesTrueAsync(made.AnswersAsync, TimeSpan.FromSeconds(20), "postfix answers").ConfigureAwait(false);
            made.MasterId = await ReadMasterIdAsync(folder).ConfigureAwait(false);
        }
        catch
        {
            await made.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return made;
    }

    /// <summary>Tries everything that waits at once.</summary>
    public Task FlushAsync() => PostfixAsync("flush");

    public async ValueTask DisposeAsync() => await PostfixAsync("stop", mayFail: true).ConfigureAwait(false);

    private void WriteConfiguration()
    {
        Directory.CreateDirectory(configuration);
        foreach (var name in (string[])["spool", "data"]) Directory.CreateDirectory(Path.Combine(Folder, name));
        Process.Start("chown", ["postfix:", Path.Combine(Folder, "data")]).WaitForExit();
        var (host, port) = (Options.NextHop[..Options.NextHop.LastIndexOf(':')], Options.NextHop[(Options.NextHop.LastIndexOf(':') + 1)..]);
        List<string> main =
        [
            "compatibility_level = 3.6",
            $"queue_directory = {Folder}/spool",
            $"data_directory = {Folder}/data",
            "command_directory = /usr/sbin",
            "daemon_directory = /usr/lib/postfix/sbin",
            "shlib_directory = /usr/lib/postfix",
            "mail_owner = postfix",
            "setgid_group = postdrop",
            "myhostname = postfix.test",
            "mydestination =",
            "mynetworks = 127.0.0.0/8",
            "inet_interfaces = 127.0.0.1",
            "inet_protocols = ipv4",
            $"relayhost = [{host}]:{port}",
            "alias_maps =",
            "alias_database =",
            "local_recipient_maps =",
            "append_dot_mydomain = no",
            "default_process_limit = 200",
            "in_flow_delay = 0",
            $"smtp_destination_concurrency_limit = {Options.Connections}",
            $"default_destination_concurrency_limit = {Options.Connections}",
            $"initial_destination_concurrency = {Options.Connections}",
            "qmgr_message_active_limit = 40000",
            "qmgr_message_recipient_limit = 40000",
            "smtp_dns_support_level = disabled",
            "smtp_host_lookup = native",
            "smtpd_peername_lookup = no",
            "smtp_tls_security_level = none",
            "smtpd_tls_security_level = none",
            "smtpd_client_connection_count_limit = 0",
            "smtpd_relay_restrictions = permit_mynetworks, reject",
            "smtpd_recipient_restrictions = permit_mynetworks, reject",
            "message_size_limit = 104857600",
            "mailbox_size_limit = 0",
            "bounce_queue_lifetime = 1h",
            "minimal_backoff_time = 2s",
            "maximal_backoff_time = 5s",
            "queue_run_delay = 2s",
        ];
        if (Options.Log) main.AddRange([$"maillog_file = {LogFile}", $"maillog_file_prefixes = {Folder}"]);
        main.AddRange(Options.Extra);
        File.WriteAllLines(Path.Combine(configuration, "main.cf"), main);
        // service type private unpriv chroot wakeup maxproc command: nothing runs in a chroot.
        File.WriteAllLines(Path.Combine(configuration, "master.cf"),
        [
            $"127.0.0.1:{Port} inet n - n - - smtpd",
            "pickup unix n - n 60 1 pickup",
            "cleanup unix n - n - 0 cleanup",
            "qmgr unix n - n 300 1 qmgr",
            "tlsmgr unix - - n 1000? 1 tlsmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce",
            "verify unix - - n - 1 verify",
            "flush unix n - n 1000? 0 flush",
            "proxymap unix - - n - - proxymap",
            "proxywrite unix - - n - 1 proxymap",
            "smtp unix - - n - - smtp",
            "relay unix - - n - - smtp",
            "showq unix n - n - - showq",
            "error unix - - n - - error",
            "retry unix - - n - - error",
            "discard unix - - n - - discard",
            "local unix - n n - - local",
            "virtual unix - n n - - virtual",
            "lmtp unix - - n - - lmtp",
            "anvil unix - - n - 1 anvil",
            "scache unix - - n - 1 scache",
            "postlog unix-dgram n - n - 1 postlogd",
        ]);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var client = await SmtpDialogue.ConnectAsync(Port).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException)
        {
            return false;
        }
    }

    // The master holds a lock on the file, which .NET's own reading respects.
    private static async Task<int> ReadMasterIdAsync(string folder)
    {
        var start = new ProcessStartInfo("cat") { RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(folder, "spool/pid/master.pid"));
        using var cat = Process.Start(start)!;
        return int.Parse((await cat.StandardOutput.ReadToEndAsync().ConfigureAwait(false)).Trim(), CultureInfo.InvariantCulture);
    }

    private async Task PostfixAsync(string verb, bool mayFail = false)
    {
        // Output goes to files: the daemons inherit the descriptors, and a pipe would never end.
        var log = Path.Combine(Folder, "postfix-" + verb + ".txt");
        var program = Requirement.Find("postfix") ?? throw new FileNotFoundException("postfix is not installed.");
        using var process = Process.Start("/bin/sh", ["-c", $"exec '{program}' -c '{configuration}' {verb} >'{log}' 2>&1 </dev/null"]);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60)).ConfigureAwait(false);
        if (process.ExitCode is not 0 && !mayFail)
            throw new InvalidOperationException($"postfix {verb} ended with {process.ExitCode}: {await File.ReadAllTextAsync(log).ConfigureAwait(false)}");
    }
}
