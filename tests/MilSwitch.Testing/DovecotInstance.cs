using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MilSwitch.Testing;

/// <summary>
/// Debian's Dovecot as a delivery agent that speaks LMTP, with a configuration, mailboxes and a port of its own; the system's
/// instance is never touched. Needs root.
/// </summary>
public sealed class DovecotInstance : IAsyncDisposable
{
    /// <summary>What must be installed: the package dovecot-lmtpd, which brings the rest.</summary>
    public const string Program = "/usr/lib/dovecot/lmtp";

    // Debian's nobody and nogroup: whom a mailbox belongs to must not be root.
    private const int Owner = 65534;

    private readonly string configuration;

    private DovecotInstance(string folder)
    {
        Folder = folder;
        configuration = Path.Combine(folder, "dovecot.conf");
        Port = Ports.Free();
    }

    public string Folder { get; }

    public int Port { get; }

    public string NextHop => $"127.0.0.1:{Port}";

    /// <param name="folder">Made, and left behind.</param>
    /// <param name="mailboxes">Addresses that have one, and how many octets fit; null: as many as come.</param>
    public static async Task<DovecotInstance> StartAsync(string folder, params (string Address, int? Room)[] mailboxes)
    {
        var made = new DovecotInstance(folder);
        made.WriteConfiguration(mailboxes);
        await made.RunAsync("dovecot").ConfigureAwait(false);
        try
        {
            await Eventually.ComesTrueAsync(made.AnswersAsync, TimeSpan.FromSeconds(20), "dovecot answers").ConfigureAwait(false);
        }
        catch
        {
            await made.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return made;
    }

    /// <summary>The messages of a mailbox, octet for octet as they are stored.</summary>
    public IReadOnlyList<byte[]> Delivered(string address)
    {
        var arrived = Path.Combine(Folder, "mail", address, "new");
        return Directory.Exists(arrived) ? [.. Directory.EnumerateFiles(arrived).Select(File.ReadAllBytes)] : [];
    }

    public async ValueTask DisposeAsync() => await RunAsync("doveadm", "stop", mayFail: true).ConfigureAwait(false);

    private void WriteConfiguration((string Address, int? Room)[] mailboxes)
    {
        var mail = Path.Combine(Folder, "mail");
        Directory.CreateDirectory(mail);
        Process.Start("chown", [Owner.ToString(CultureInfo.InvariantCulture), mail]).WaitForExit();
        var users = Path.Combine(Folder, "users");
        var lines = new StringBuilder();
        foreach (var (address, room) in mailboxes)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{address}::{Owner}:{Owner}::{mail}/{address}::");
            if (room is not null) lines.Append(CultureInfo.InvariantCulture, $"userdb_quota_rule=*:bytes={room}");
            lines.Append('\n');
        }

        File.WriteAllText(users, lines.ToString());
        // Line ends are kept as they come, or nothing could be compared.
        File.WriteAllText(configuration, $$"""
            base_dir = {{Folder}}/run
            state_dir = {{Folder}}/state
            log_path = {{Folder}}/log
            protocols = lmtp
            listen = 127.0.0.1
            ssl = no
            first_valid_uid = 1
            mail_location = maildir:{{mail}}/%u
            mail_save_crlf = yes
            mail_plugins = quota
            # Nobody logs in, but the lookup of users does not start without it.
            passdb {
              driver = passwd-file
              args = {{users}}
            }
            userdb {
              driver = passwd-file
              args = {{users}}
            }
            plugin {
              quota = maildir:User quota
            }
            service lmtp {
              inet_listener lmtp {
                address = 127.0.0.1
                port = {{Port}}
              }
              unix_listener lmtp {
                mode = 0
              }
            }

            """);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var client = await SmtpDialogue.OpenAsync(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, Port)).ConfigureAwait(false);
            return (await client.ReadAsync().ConfigureAwait(false)).Code is 220;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private async Task RunAsync(string name, string verb = "", bool mayFail = false)
    {
        // Output goes to files: the daemons inherit the descriptors, and a pipe would never end.
        var log = Path.Combine(Folder, name + verb + ".txt");
        var program = Requirement.Find(name) ?? throw new FileNotFoundException(name + " is not installed.");
        using var process = Process.Start("/bin/sh", ["-c", $"exec '{program}' -c '{configuration}' {verb} >'{log}' 2>&1 </dev/null"]);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60)).ConfigureAwait(false);
        if (process.ExitCode is not 0 && !mayFail)
            throw new InvalidOperationException($"{name} {verb} ended with {process.ExitCode}: {await File.ReadAllTextAsync(log).ConfigureAwait(false)}");
    }
}
