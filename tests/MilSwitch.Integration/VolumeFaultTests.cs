using System.Text.Json;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>The volume gives out in other ways than by running full: see <see cref="FullDiskTests"/> for that.</summary>
public sealed class VolumeFaultTests : FieldTest
{
    private const int Large = 128 << 10;

    [RequiresFact("mount", Requirement.Root)]
    [Trait("Threat", "F8")]
    public async Task Answers_452_when_the_inodes_are_used_up_and_recovers_by_itself()
    {
        // The store itself needs about 270: 256 folders and its own files.
        using var volume = new Volume(Workspace["volume"], "size=192m,nr_inodes=400");
        var sink = StartSink(new SinkOptions { KeepContents = false });
        sink.StopListening();
        var milswitch = await StartSwitchAsync([new RouteSetup("*", sink.NextHop)], data: volume.Folder);
        try
        {
            var ledger = new Ledger();
            sink.Arrived += ledger.Arrive;
            var reply = await SendAsync(milswitch, ledger, Large);
            for (var i = 0; i < 400 && reply.Code is 250; i++) reply = await SendAsync(milswitch, ledger, Large);

            Assert.Equal(452, reply.Code);
            Assert.StartsWith("4.3.1", reply.Lines[^1], StringComparison.Ordinal);
            Assert.InRange(ledger.AcceptedCount, 20, 400);
            Assert.Equal(0, (await milswitch.CommandAsync("queue", "list", "--json")).ExitCode);
            await Eventually.ComesTrueAsync(async () => (await AlarmsAsync(milswitch)).Contains("spool: full"), Soon, "the alarm stands");
            Assert.Equal(452, (await SendAsync(milswitch, ledger, Large)).Code);

            sink.StartListening();
            await Eventually.ComesTrueAsync(() => ledger.Balance().Lost.Count is 0, TimeSpan.FromSeconds(90), "the queue drains");
            await Eventually.ComesTrueAsync(async () => (await SendAsync(milswitch, ledger, Large)).Code is 250, Soon, "mail is taken again");
            await Eventually.ComesTrueAsync(async () => !(await AlarmsAsync(milswitch)).Contains("spool"), Soon, "the alarm ends");
            await Eventually.ComesTrueAsync(() => ledger.Balance().Lost.Count is 0, Soon, "the last one arrives");
            Assert.Equal(0, ledger.Balance().Duplicates);
        }
        finally
        {
            await milswitch.KillAsync();
        }
    }

    [RequiresFact("mount", "strace", Requirement.Root)]
    [Trait("Threat", "F10")]
    public async Task Answers_451_while_the_volume_is_read_only_and_recovers_by_itself()
    {
        using var volume = new Volume(Workspace["volume"], "size=192m");
        var sink = StartSink(new SinkOptions { KeepContents = false });
        sink.StopListening();
        var milswitch = await StartSwitchAsync([new RouteSetup("*", sink.NextHop)], data: volume.Folder);
        try
        {
            var ledger = new Ledger();
            sink.Arrived += ledger.Arrive;
            foreach (var size in new[] { 1024, Large }) Assert.Equal(250, (await SendAsync(milswitch, ledger, size)).Code);

            await volume.CloseForWritingAsync(milswitch.Id, "spool.db", "spool.db-wal");

            foreach (var size in new[] { 1024, Large, 1024, Large })
            {
                var reply = await SendAsync(milswitch, ledger, size);
                Assert.Equal((451, true), (reply.Code, reply.Lines[^1].StartsWith("4.3.0", StringComparison.Ordinal)));
            }

            Assert.Equal(0, (await milswitch.CommandAsync("queue", "list", "--json")).ExitCode);
            Assert.Contains("spool: unwritable", await AlarmsAsync(milswitch), StringComparison.Ordinal);

            volume.OpenForWriting();
            await Eventually.ComesTrueAsync(async () => !(await AlarmsAsync(milswitch)).Contains("spool"), Soon, "the alarm ends without any mail");
            foreach (var size in new[] { 1024, Large }) Assert.Equal(250, (await SendAsync(milswitch, ledger, size)).Code);
            sink.StartListening();
            await Eventually.ComesTrueAsync(() => ledger.Balance().Lost.Count is 0, TimeSpan.FromSeconds(60), "everything accepted arrives");
            Assert.Equal((4, 4, 0L), (ledger.AcceptedCount, ledger.ArrivedCount, ledger.Balance().Duplicates));
        }
        finally
        {
            await milswitch.KillAsync();
        }
    }

    private static async Task<string> AlarmsAsync(SwitchProcess milswitch)
    {
        var status = await milswitch.CommandAsync("status", "--json");
        return string.Join('\n', JsonDocument.Parse(status.Output).RootElement.GetProperty("alarms").EnumerateArray().Select(a => a.GetString()));
    }

    private static async Task<DialogueReply> SendAsync(SwitchProcess milswitch, Ledger ledger, int size)
    {
        var serial = ledger.NextSerial();
        await using var client = await SmtpDialogue.ConnectAsync(milswitch.Port);
        var reply = await client.MailAsync("a@client.test", ["b@sink.test"], SmtpBlaster.Content(serial, "a@client.test", "b@sink.test", size));
        if (reply.Code is 250) ledger.Accept(serial);
        return reply;
    }
}
