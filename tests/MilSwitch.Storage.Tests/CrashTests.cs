using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Storage.Sqlite;
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
        var accepted = new HashSet<long>();
        var delivered = new HashSet<long>();
        for (var kill = 0; kill < Kills; kill++)
        {
            var before = accepted.Count;
            await RunAndKillAsync(folder.Path, TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(20, 400)), accepted, delivered);
            var inDoubt = await VerifyAsync(folder.Path, accepted, delivered);
            output.WriteLine($"kill {kill + 1}: {accepted.Count - before} accepted, {delivered.Count} delivered in all, {inDoubt} stored without answer in all");
        }

        Assert.True(accepted.Count > Kills);
    }

    private static async Task RunAndKillAsync(string folder, TimeSpan life, HashSet<long> accepted, HashSet<long> delivered)
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
            // The last line may be torn.
            foreach (var line in rest[..(rest.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))
                (line[0] == 'A' ? accepted : delivered).Add(long.Parse(line.AsSpan(2), CultureInfo.InvariantCulture));
        }
        finally
        {
            if (!process.HasExited) process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static async Task<int> VerifyAsync(string folder, HashSet<long> accepted, HashSet<long> delivered)
    {
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "spool.db")};Pooling=False"))
        {
            connection.Open();
            using var check = connection.CreateCommand();
            check.CommandText = "PRAGMA integrity_check";
            Assert.Equal("ok", check.ExecuteScalar());
        }

        await using var spool = await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = folder }, TimeProvider.System, NullLoggerFactory.Instance);
        Assert.True((await spool.VerifyAuditAsync()).IsIntact);
        foreach (var id in accepted)
        {
            var message = await spool.ReadAsync(new MessageId(id));
            Assert.NotNull(message);
            if (message.State == MessageState.Done)
            {
                Assert.Equal(RecipientState.Delivered, message.Recipients[0].State);
                Assert.False(message.HasContent);
                continue;
            }

            Assert.DoesNotContain(id, delivered);
            await using var content = await spool.OpenContentAsync(message.Id);
            var buffer = new byte[content!.Length];
            Assert.Equal(buffer.Length, await content.ReadAsync(buffer));
            for (var i = 0; i < buffer.Length; i++)
            {
                if (buffer[i] != (byte)(id + i)) Assert.Fail($"{message.Id} differs at {i}.");
            }
        }

        return (await spool.QueryAsync(new MessageQuery { Limit = int.MaxValue })).Count - accepted.Count;
    }
}
