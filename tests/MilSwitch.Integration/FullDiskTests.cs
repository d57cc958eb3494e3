using MilSwitch.Testing;

namespace MilSwitch.Integration;

[Trait("Threat", "F6")]
public sealed class FullDiskTests : FieldTest
{
    [RequiresFact("mount", Requirement.Root)]
    public async Task Answers_452_when_the_volume_runs_low_and_recovers_by_itself()
    {
        using var volume = new Volume(Workspace["volume"], "size=192m");
        var sink = StartSink(new SinkOptions { KeepContents = false });
        sink.StopListening();
        var milswitch = await StartSwitchAsync([new RouteSetup("*", sink.NextHop)], data: volume.Folder);
        try
        {
            var ledger = new Ledger();
            sink.Arrived += ledger.Arrive;
            var refusal = await FillAsync(milswitch, ledger);
            Assert.Equal(452, refusal.Code);
            Assert.StartsWith("4.3.1", refusal.Lines[^1], StringComparison.Ordinal);
            Assert.Equal(0, (await milswitch.CommandAsync("queue", "list", "--json")).ExitCode);
            Assert.True(await IsShortAsync(milswitch));

            sink.StartListening();
            await Eventually.ComesTrueAsync(() => ledger.Balance().Lost.Count is 0, TimeSpan.FromSeconds(90), "the queue drains");
            await Eventually.ComesTrueAsync(() => TryAsync(milswitch, ledger), Soon, "mail is taken again");
            await Eventually.ComesTrueAsync(() => ledger.Balance().Lost.Count is 0, Soon, "the last one arrives");
            Assert.False(await IsShortAsync(milswitch));
            Assert.Equal(0, ledger.Balance().Duplicates);
        }
        finally
        {
            await milswitch.KillAsync();
        }
    }

    [RequiresFact("mount", Requirement.Root)]
    public async Task Accepts_nothing_that_it_cannot_keep_when_not_one_octet_is_left()
    {
        using var volume = new Volume(Workspace["volume"], "size=192m");
        var sink = StartSink(new SinkOptions { KeepContents = false });
        var milswitch = await StartSwitchAsync([new RouteSetup("*", sink.NextHop)], data: volume.Folder);
        try
        {
            var ledger = new Ledger();
            sink.Arrived += ledger.Arrive;
            var filler = Path.Combine(volume.Folder, "filler");
            Volume.Fill(filler);

            await Eventually.ComesTrueAsync(async () => !await TryAsync(milswitch, ledger), Soon, "mail is refused");
            File.Delete(filler);
            await Eventually.ComesTrueAsync(() => TryAsync(milswitch, ledger), Soon, "mail is taken again");

            await Eventually.ComesTrueAsync(() => ledger.Balance().Lost.Count is 0, Soon, "everything accepted arrives");
            Assert.True(milswitch.IsRunning);
        }
        finally
        {
            await milswitch.KillAsync();
        }
    }

    private static async Task<DialogueReply> FillAsync(SwitchProcess milswitch, Ledger ledger)
    {
        for (var i = 0; i < 400; i++)
        {
            var reply = await SendAsync(milswitch, ledger);
            if (reply.Code is not 250) return reply;
        }

        throw new InvalidOperationException("400 messages of 1 MiB fitted on 192 MiB.");
    }

    private static async Task<bool> IsShortAsync(SwitchProcess milswitch) =>
        (await milswitch.CommandAsync("status", "--json")).Output.Contains("spool: short of space", StringComparison.Ordinal);

    private static async Task<bool> TryAsync(SwitchProcess milswitch, Ledger ledger)
    {
        var reply = await SendAsync(milswitch, ledger);
        Assert.True(reply.Code is 250 or 451 or 452 or 421 or 0, reply.ToString());
        return reply.Code is 250;
    }

    private static async Task<DialogueReply> SendAsync(SwitchProcess milswitch, Ledger ledger)
    {
        var serial = ledger.NextSerial();
        await using var client = await SmtpDialogue.ConnectAsync(milswitch.Port);
        var reply = await client.MailAsync("a@client.test", ["b@sink.test"], SmtpBlaster.Content(serial, "a@client.test", "b@sink.test", 1 << 20));
        if (reply.Code is 250) ledger.Accept(serial);
        return reply;
    }
}
