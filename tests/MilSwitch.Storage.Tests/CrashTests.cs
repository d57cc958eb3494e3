using System.Diagnostics;
using System.Security.Cryptography;
using Xunit.Abstractions;

namespace MilSwitch.Storage.Tests;

/// <summary>A process that commits under load is killed at random moments: what it acknowledged is there.</summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int Kills = 12;

    [Fact]
    [Trait("Threat", "F1")]
    [Trait("Threat", "F2")]
    public async Task Keeps_everything_acknowledged_when_the_process_is_killed()
    {
        using var folder = new TemporaryFolder();
        var acknowledged = new Acknowledged();
        for (var kill = 0; kill < Kills; kill++)
        {
            var before = acknowledged.Accepted.Count;
            await RunAndKillAsync(folder.Path, TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(20, 400)), acknowledged);
            var inDoubt = await acknowledged.VerifyAsync(folder.Path);
            output.WriteLine($"kill {kill + 1}: {acknowledged.Accepted.Count - before} accepted, {acknowledged.Delivered.Count} delivered in all, {inDoubt} stored without answer in all");
        }

        Assert.True(acknowledged.Accepted.Count > Kills);
    }

    private static async Task RunAndKillAsync(string folder, TimeSpan life, Acknowledged acknowledged)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "MilSwitch.SpoolCrash.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", program, folder]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.NotNull(await process.StandardOutput.ReadLineAsync());
            var killing = Task.Run(async () =>
            {
                await Task.Delay(life, TimeProvider.System);
                process.Kill();
            });
            var rest = await process.StandardOutput.ReadToEndAsync();
            await killing;
            acknowledged.Hear(rest);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
            await process.WaitForExitAsync();
        }
    }
}
