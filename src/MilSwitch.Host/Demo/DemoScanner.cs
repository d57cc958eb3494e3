using System.Diagnostics;
using System.Text;
using MilSwitch.Host.Commands;

namespace MilSwitch.Host.Demo;

/// <summary>Debian's clamd with a socket, a folder and one signature of its own; nothing is downloaded. Ended on disposal.</summary>
internal sealed class DemoScanner : IAsyncDisposable
{
    /// <summary>Debian's clamav-daemon.</summary>
    public const string Program = "clamd";

    // Debian keeps it where the PATH of an ordinary user does not lead.
    private const string Usual = "/usr/sbin/clamd";

    private readonly Process process;

    private DemoScanner(Process process, string socket) => (this.process, Socket) = (process, socket);

    /// <summary>The EICAR test file, put together here so that no scanner takes this program for one.</summary>
    public static byte[] TestFile { get; } = Encoding.ASCII.GetBytes(@"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*");

    public string Socket { get; }

    /// <param name="folder">Made by this.</param>
    /// <exception cref="CommandFault">clamd is missing, or does not come up.</exception>
    public static async Task<DemoScanner> StartAsync(string folder, CancellationToken cancellationToken)
    {
        var signatures = Path.Combine(folder, "signatures");
        Directory.CreateDirectory(signatures);
        await File.WriteAllTextAsync(Path.Combine(signatures, "local.ndb"), $"Demonstration.Test:0:*:{Convert.ToHexStringLower(TestFile)}\n", cancellationToken);
        var (socket, configuration) = (Path.Combine(folder, "clamd.ctl"), Path.Combine(folder, "clamd.conf"));
        await File.WriteAllLinesAsync(
            configuration,
            [$"LocalSocket {socket}", $"DatabaseDirectory {signatures}", $"TemporaryDirectory {folder}", $"LogFile {Path.Combine(folder, "clamd.log")}", "Foreground yes", "Bytecode no"],
            cancellationToken);
        var made = Launch(configuration, socket);
        try
        {
            if (await DemoStories.ComesAsync(() => File.Exists(socket), 30, cancellationToken)) return made;
            throw new CommandFault(ExitCodes.Bad, $"{Program} does not come up; its log is {Path.Combine(folder, "clamd.log")}");
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    private static DemoScanner Launch(string configuration, string socket)
    {
        try
        {
            return new DemoScanner(Process.Start(new ProcessStartInfo(File.Exists(Usual) ? Usual : Program, ["-c", configuration]) { RedirectStandardOutput = true, RedirectStandardError = true })!, socket);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{Program} is missing: install Debian's package clamav-daemon, or start the demonstration with deploy/demo, which does");
        }
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
