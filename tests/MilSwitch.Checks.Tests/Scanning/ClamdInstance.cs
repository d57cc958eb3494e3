using System.Diagnostics;
using MilSwitch.Checks.Scanning;
using MilSwitch.Testing;

namespace MilSwitch.Checks.Tests.Scanning;

/// <summary>Debian's clamd with a folder, a socket and one signature of its own; nothing is downloaded.</summary>
internal sealed class ClamdInstance : IAsyncDisposable
{
    private readonly Process process;

    private ClamdInstance(Process process, string socket)
    {
        this.process = process;
        Address = ScannerAddress.Parse("unix:" + socket, 3310);
    }

    public ScannerAddress Address { get; }

    public int ProcessId => process.Id;

    public static async Task<ClamdInstance> StartAsync(Workspace workspace)
    {
        Directory.CreateDirectory(workspace["signatures"]);
        await File.WriteAllTextAsync(workspace["signatures/local.ndb"], Eicar.Signature);
        var socket = workspace["clamd"];
        await File.WriteAllLinesAsync(workspace["clamd.conf"],
        [
            $"LocalSocket {socket}", "LocalSocketMode 666", $"DatabaseDirectory {workspace["signatures"]}", $"TemporaryDirectory {workspace.Folder}",
            $"LogFile {workspace["clamd.log"]}", "Foreground yes", "Bytecode no", "StreamMaxLength 1M",
        ]);
        var process = Process.Start(new ProcessStartInfo(Requirement.Find("clamd")!, ["-c", workspace["clamd.conf"]]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var made = new ClamdInstance(process, socket);
        try
        {
            await Eventually.ComesTrueAsync(() => File.Exists(socket), TimeSpan.FromSeconds(30), "clamd listens");
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
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
