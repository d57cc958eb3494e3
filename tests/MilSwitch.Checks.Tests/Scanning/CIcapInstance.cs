using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using MilSwitch.Checks.Scanning;
using MilSwitch.Testing;

namespace MilSwitch.Checks.Tests.Scanning;

/// <summary>Debian's c-icap with its echo service and its virus scan by a clamd, with files and a port of its own. Needs root.</summary>
internal sealed class CIcapInstance : IAsyncDisposable
{
    public const string VirusScan = "/usr/lib/x86_64-linux-gnu/c_icap/virus_scan.so";
    private const string Modules = "/usr/lib/x86_64-linux-gnu/c_icap";

    private readonly Process process;

    private CIcapInstance(Process process, int port)
    {
        this.process = process;
        Address = ScannerAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), 1344);
    }

    public ScannerAddress Address { get; }

    public static async Task<CIcapInstance> StartAsync(Workspace workspace, ScannerAddress clamd)
    {
        var port = Ports.Free();
        await File.WriteAllLinesAsync(workspace["c-icap.conf"],
        [
            $"PidFile {workspace["c-icap.pid"]}", $"CommandsSocket {workspace["c-icap.ctl"]}", $"Port 127.0.0.1:{port}", "User root", "Group root",
            "StartServers 1", "MaxServers 2", "ThreadsPerChild 4", "MinSpareThreads 2", "MaxSpareThreads 6", $"TmpDir {workspace.Folder}",
            $"ModulesDir {Modules}", $"ServicesDir {Modules}", "TemplateDir /usr/share/c_icap/templates/", "LoadMagicFile /etc/c-icap/c-icap.magic",
            $"ServerLog {workspace["c-icap.log"]}", $"AccessLog {workspace["access.log"]}", "Service echo srv_echo.so", "Service antivirus_module virus_scan.so",
            "ServiceAlias avscan virus_scan?allow204=on&sizelimit=off&mode=simple", "virus_scan.ScanFileTypes TEXT DATA EXECUTABLE ARCHIVE GIF JPEG MSOFFICE",
            "virus_scan.DefaultEngine clamd", "Module common clamd_mod.so", $"clamd_mod.ClamdSocket {clamd.Path}",
        ]);
        var process = Process.Start(new ProcessStartInfo(Requirement.Find("c-icap")!, ["-N", "-f", workspace["c-icap.conf"]]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var made = new CIcapInstance(process, port);
        try
        {
            await Eventually.ComesTrueAsync(made.ListensAsync, TimeSpan.FromSeconds(30), "c-icap listens");
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }

        return made;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private async Task<bool> ListensAsync()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(Address.Host, Address.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
