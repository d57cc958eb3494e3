using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Storage.Sqlite;
using Xunit.Abstractions;

namespace MilSwitch.Storage.Tests;

/// <summary>Real volumes that are full or read-only. They need the right to mount; without it they say so and pass.</summary>
public sealed class VolumeFaultTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Noon = new(2030, 4, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(20_000)]
    [InlineData(300_000)]
    [Trait("Threat", "F6")]
    [Trait("Threat", "F8")]
    public async Task Refuses_on_a_full_volume_loses_nothing_and_recovers_without_restart(int size)
    {
        using var folder = new TemporaryFolder();
        if (!await MountAsync(folder.Path)) return;
        try
        {
            var data = Path.Combine(folder.Path, "data");
            var filler = Path.Combine(folder.Path, "filler");
            var accepted = new List<MessageId>();
            await using (var spool = await OpenAsync(data))
            {
                var owner = await spool.ClaimAsync(1, "test");
                File.WriteAllBytes(filler, new byte[8 << 20]);
                var status = await FillAsync(spool, owner, accepted, size);
                output.WriteLine($"{accepted.Count} messages of {size} octets fitted, then {status}");
                Assert.Equal(CommitStatus.Full, status);
                Assert.Equal(SpoolHealth.Full, spool.Health);
                Assert.NotEmpty(accepted);
                Assert.NotNull(await spool.ReadAsync(accepted[0]));
                await using (var content = await spool.OpenContentAsync(accepted[^1])) Assert.Equal(size, content!.Length);

                File.Delete(filler);
                await BecomesAsync(spool, SpoolHealth.Ready);
                var more = accepted.Count;
                Assert.Equal(CommitStatus.Committed, await AcceptAsync(spool, owner, accepted, size));
                Assert.Equal(more + 1, accepted.Count);
            }

            await using var again = await OpenAsync(data);
            var pending = new List<MessageId>();
            await foreach (var message in again.LoadPendingAsync(await again.ClaimAsync(1, "test"))) pending.Add(message.Id);
            Assert.Equal(accepted, pending);
            Assert.True((await again.VerifyAuditAsync()).IsIntact);
        }
        finally
        {
            await RunAsync("umount", folder.Path);
        }
    }

    [Fact]
    [Trait("Threat", "F10")]
    public async Task Refuses_to_open_on_a_read_only_volume_with_a_clear_text()
    {
        using var folder = new TemporaryFolder();
        if (!await MountAsync(folder.Path)) return;
        try
        {
            var data = Path.Combine(folder.Path, "data");
            await (await OpenAsync(data)).DisposeAsync();
            Assert.True(await RunAsync("mount", "-o", "remount,ro", folder.Path));
            var refusal = await Assert.ThrowsAsync<IOException>(async () => await OpenAsync(data));
            Assert.Contains("Read-only", refusal.Message, StringComparison.Ordinal);
            Assert.True(await RunAsync("mount", "-o", "remount,rw", folder.Path));
            await (await OpenAsync(data)).DisposeAsync();
        }
        finally
        {
            await RunAsync("umount", folder.Path);
        }
    }

    [Fact]
    [Trait("Threat", "F10")]
    public async Task Refuses_large_contents_when_their_folder_cannot_be_written_and_takes_them_again_later()
    {
        using var folder = new TemporaryFolder();
        await using var spool = await OpenAsync(folder.Path);
        var owner = await spool.ClaimAsync(1, "test");
        var content = Path.Combine(folder.Path, "content");
        Directory.Move(content, content + ".away");
        var accepted = new List<MessageId>();
        Assert.Equal(CommitStatus.Unwritable, await AcceptAsync(spool, owner, accepted, 300_000));
        Directory.Move(content + ".away", content);
        await BecomesAsync(spool, SpoolHealth.Ready);
        Assert.Equal(CommitStatus.Committed, await AcceptAsync(spool, owner, accepted, 300_000));
    }

    private static async ValueTask<SqliteSpool> OpenAsync(string folder) =>
        await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = folder }, TimeProvider.System, NullLoggerFactory.Instance);

    private static async Task<CommitStatus> FillAsync(SqliteSpool spool, PartitionEpoch owner, List<MessageId> accepted, int size)
    {
        while (true)
        {
            var status = await AcceptAsync(spool, owner, accepted, size);
            if (status != CommitStatus.Committed) return status;
            Assert.True(accepted.Count < 10_000);
        }
    }

    private static async Task<CommitStatus> AcceptAsync(SqliteSpool spool, PartitionEpoch owner, List<MessageId> accepted, int size)
    {
        await using var writer = spool.CreateContent();
        try
        {
            await writer.WriteAsync(new byte[size]);
            await using var content = await writer.CompleteAsync();
            var id = MessageId.Create(spool.Run, accepted.Count + 1, owner.Partition);
            var envelope = new Envelope
            {
                ReversePath = ReversePath.Null, Recipients = [new Recipient(Mailbox.Parse("a@b.example")) { DuplicateKey = (ulong)id.Value }],
                ArrivedAt = Noon, Origin = new Origin { Listener = "relay" },
            };
            var result = await spool.CommitAsync(
                new SpoolOperation(owner)
                {
                    Accept = [new NewMessage(id, envelope, default, content, null, RecipientState.Queued, null)],
                    Audit = [new AuditEvent(Noon, AuditKind.Accepted, id)],
                },
                Precedence.Routine);
            if (result.IsCommitted) accepted.Add(id);
            return result.Status;
        }
        catch (SpoolUnavailableException unavailable)
        {
            return unavailable.Health == SpoolHealth.Full ? CommitStatus.Full : CommitStatus.Unwritable;
        }
    }

    private static async Task BecomesAsync(SqliteSpool spool, SpoolHealth health)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (spool.Health != health)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private async Task<bool> MountAsync(string folder)
    {
        if (await RunAsync("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder)) return true;
        output.WriteLine("Not run: no right to mount a volume here.");
        return false;
    }

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
