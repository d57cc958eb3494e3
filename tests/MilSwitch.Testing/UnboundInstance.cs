using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Testing;

/// <summary>
/// A validating unbound with zones of its own, signed with ldns, and an anchor for each zone that is signed; the system's instance
/// is never touched, and nobody outside is asked.
/// </summary>
public sealed class UnboundInstance : IDisposable
{
    public const string Program = "unbound";
    public const string Signer = "ldns-signzone";

    private readonly Process process;

    private UnboundInstance(Process process, int port) => (this.process, Port) = (process, port);

    public int Port { get; }

    public IPEndPoint Endpoint => new(IPAddress.Loopback, Port);

    public static async Task<UnboundInstance> StartAsync(string folder, params Zone[] zones)
    {
        Directory.CreateDirectory(folder);
        var port = Ports.Free();
        var configuration = new StringBuilder($"""
            server:
              directory: "{folder}"
              chroot: ""
              username: ""
              pidfile: "{folder}/pid"
              logfile: "{folder}/log"
              use-syslog: no
              interface: 127.0.0.1@{port}
              do-daemonize: no
              do-ip6: no
              do-not-query-localhost: yes
              module-config: "validator iterator"
              trust-anchor-signaling: no

            """);
        foreach (var zone in zones)
        {
            if (await zone.WriteAsync(folder) is { } anchor) configuration.Append($"  trust-anchor-file: \"{anchor}\"\n");
        }

        configuration.Append("remote-control:\n  control-enable: no\n");
        foreach (var zone in zones) configuration.Append($"auth-zone:\n  name: \"{zone.Name}\"\n  zonefile: \"{folder}/{zone.Name}\"\n  for-downstream: no\n  for-upstream: yes\n");
        var file = Path.Combine(folder, "unbound.conf");
        await File.WriteAllTextAsync(file, configuration.ToString());
        var made = new UnboundInstance(Process.Start(Requirement.Find(Program)!, ["-d", "-c", file]), port);
        try
        {
            await Eventually.ComesTrueAsync(made.AnswersAsync, TimeSpan.FromSeconds(20), "unbound answers");
        }
        catch
        {
            made.Dispose();
            throw;
        }

        return made;
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private async Task<bool> AnswersAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A zone.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="IsSigned">It has signatures, and the resolver an anchor.</param>
    public sealed record Zone(string Name, bool IsSigned = true)
    {
        private readonly List<string> records = [];

        /// <summary>Of ldns-signzone.</summary>
        public string[] Signing { get; init; } = [];

        /// <summary>Changes the zone after it was signed.</summary>
        public Func<string, string> Tamper { get; init; } = static text => text;

        public Zone Smimea(string address, byte usage, byte selector, byte matching, ReadOnlySpan<byte> data)
        {
            byte[] whole = [usage, selector, matching, .. data];
            return Raw(address, whole);
        }

        public Zone Raw(string address, byte[] data)
        {
            records.Add($"{Owner(address)}. TYPE53 \\# {data.Length} {Convert.ToHexString(data)}");
            return this;
        }

        public Zone Alias(string address, string target)
        {
            records.Add($"{Owner(address)}. CNAME {Owner(target)}.");
            return this;
        }

        // RFC 8162 §3.
        private static string Owner(string address)
        {
            var mailbox = Mailbox.Parse(address);
            return $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(mailbox.LocalPart)).AsSpan(0, 28))}._smimecert.{mailbox.Domain}";
        }

        /// <summary>Writes the zone; the file of its anchor, null: it has none.</summary>
        public async Task<string?> WriteAsync(string folder)
        {
            var file = Path.Combine(folder, Name);
            await File.WriteAllTextAsync(file, $"$ORIGIN {Name}.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\n{string.Join('\n', records)}\n");
            if (!IsSigned) return null;
            var key = (await RunAsync(folder, "ldns-keygen", "-a", "ECDSAP256SHA256", "-k", Name)).Trim();
            await RunAsync(folder, Signer, [.. Signing, "-o", Name, "-f", file + ".signed", file, key]);
            await File.WriteAllTextAsync(file, Tamper(await File.ReadAllTextAsync(file + ".signed")));
            return Path.Combine(folder, key + ".ds");
        }

        private static async Task<string> RunAsync(string folder, string program, params string[] arguments)
        {
            var start = new ProcessStartInfo(Requirement.Find(program)!) { WorkingDirectory = folder, RedirectStandardOutput = true };
            foreach (var argument in arguments) start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            if (process.ExitCode is not 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
            return output;
        }
    }
}
