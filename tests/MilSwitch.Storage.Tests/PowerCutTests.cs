using System.Diagnostics;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Storage.Tests;

/// <summary>
/// The power is cut at random instants: everything a process did to its folder is recorded, and the folder is made again
/// as a device may leave it that keeps nothing but what was synced, and of the rest whatever it likes.
/// </summary>
[Trait("Category", "Integration")]
[Trait("Threat", "F3")]
public sealed class PowerCutTests(ITestOutputHelper output)
{
    private const int CutsPerLife = 25;
    private const int Seed = 20300401;

    // Beyond the size at which the log is checkpointed, twice.
    private const long RecordingLength = 90 << 20;

    [RequiresFact(FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Keeps_everything_acknowledged_at_whatever_instant_the_power_is_cut()
    {
        using var folder = new TemporaryFolder();
        var chance = new Random(Seed);
        var data = Path.Combine(folder.Path, "volume", "data");
        var acknowledged = new Acknowledged();
        var volume = new SimulatedVolume();
        Directory.CreateDirectory(Path.GetDirectoryName(data)!);
        for (var life = 1; life <= 2; life++)
        {
            var recording = Path.Combine(folder.Path, $"recording{life}");
            await RecordAsync(folder.Path, data, recording);
            foreach (var cut in Cuts(recording, chance)) await CutAsync(cut);
            // The second life begins on what the first one's kill left, all of it.
            foreach (var change in DeviceChange.Read(recording).Where(c => c.Kind is DeviceChangeKind.Said)) acknowledged.Hear(change.Text);
            volume = SimulatedVolume.Of(Path.GetDirectoryName(data)!);

            async Task CutAsync(Cut cut)
            {
                foreach (var change in cut.Changes)
                {
                    if (change.Kind is DeviceChangeKind.Said) acknowledged.Hear(change.Text);
                    else volume.Apply(change);
                }

                var after = Path.Combine(folder.Path, "after");
                volume.Write(after, chance, chance.Next(4) switch { 0 => 0.0, 1 => 1.0, _ => chance.NextDouble() });
                var inDoubt = await acknowledged.VerifyAsync(Path.Combine(after, "data"));
                Directory.Delete(after, recursive: true);
                output.WriteLine($"life {life}, after {cut.At} changes: {acknowledged.Accepted.Count} accepted, {acknowledged.Delivered.Count} delivered, {inDoubt} stored without answer");
            }
        }

        Assert.True(acknowledged.Accepted.Count > 1000, $"{acknowledged.Accepted.Count} messages are too few to mean anything");
    }

    private static async Task RecordAsync(string workspace, string data, string recording)
    {
        var device = new FaultyDevice(Path.GetDirectoryName(data)!, workspace, recording);
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "MilSwitch.SpoolCrash.dll"), data]) { RedirectStandardOutput = true };
        foreach (var (name, value) in device.Environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        try
        {
            await Eventually.ComesTrueAsync(
                () => process.HasExited || (File.Exists(recording) && new FileInfo(recording).Length > RecordingLength), TimeSpan.FromSeconds(90), "enough is recorded");
            Assert.False(process.HasExited);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
            await output;
        }
    }

    /// <summary>Anywhere, while the store starts, or at a promise that was just given.</summary>
    private static IEnumerable<Cut> Cuts(string recording, Random chance)
    {
        var said = new List<int>();
        var count = 0;
        foreach (var change in DeviceChange.Read(recording))
        {
            count++;
            if (change.Kind is DeviceChangeKind.Said) said.Add(count);
        }

        var instants = new SortedSet<int>();
        while (instants.Count < CutsPerLife)
            instants.Add((instants.Count % 5) switch { 0 => chance.Next(1, said[0]), 1 or 2 => chance.Next(1, count), _ => said[chance.Next(said.Count)] });
        var changes = new List<DeviceChange>();
        var at = 0;
        foreach (var change in DeviceChange.Read(recording))
        {
            changes.Add(change);
            if (!instants.Contains(++at)) continue;
            yield return new Cut(at, changes);
            changes = [];
        }
    }

    private sealed record Cut(int At, IReadOnlyList<DeviceChange> Changes);
}
