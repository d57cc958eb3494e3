using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>The tools must be right before anything they say about the switch counts.</summary>
public sealed class FieldToolsTests : FieldTest
{
    [Fact]
    public async Task Counts_every_message_of_a_blast_at_the_sink()
    {
        var sink = StartSink();
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;

        var result = await SmtpBlaster.RunAsync(new BlastOptions { Port = sink.Port, Messages = 500, Sessions = 5 }, ledger);

        Assert.Equal(500, result.Accepted);
        await sink.WaitForAsync(500, Soon);
        var balance = ledger.Balance();
        Assert.Equal((500, 500, 0L), (balance.Accepted, balance.Arrived, balance.Duplicates));
        Assert.Empty(balance.Lost);
        Assert.All(sink.Transactions, t => Assert.Equal(4096, t.Size));
        Assert.Empty(sink.Complaints);
    }

    [Fact]
    public async Task Notices_what_is_lost_and_what_is_doubled()
    {
        var sink = StartSink();
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;
        await SmtpBlaster.ProbeAsync(sink.Port, ledger, null);
        ledger.Accept(ledger.NextSerial());
        await using var client = await SmtpDialogue.ConnectAsync(sink.Port);
        await client.MailAsync("a@client.test", ["b@sink.test"], SmtpBlaster.Content(1, "a@client.test", "b@sink.test", 600));
        await sink.WaitForAsync(2, Soon);

        var balance = ledger.Balance();

        Assert.Equal([2L], balance.Lost);
        Assert.Equal((1L, 1L), (balance.Duplicates, balance.UnmarkedDuplicates));
    }

    [Fact]
    public async Task Misbehaves_as_it_is_told()
    {
        var sink = StartSink();
        sink.Script = step => step.Phase switch
        {
            SinkPhase.Recipient when step.Line.Contains("bad", StringComparison.Ordinal) => SinkAction.Say("550 5.1.1 nobody"),
            SinkPhase.FinalDot when step.Transaction is 2 => SinkAction.Abort,
            _ => null,
        };
        await using var client = await SmtpDialogue.ConnectAsync(sink.Port);

        var first = await client.MailAsync("a@client.test", ["bad@sink.test", "good@sink.test"], Message("one"));
        var second = await client.MailAsync("a@client.test", ["good@sink.test"], Message("two"));

        Assert.Equal((250, 0), (first.Code, second.Code));
        await Eventually.ComesTrueAsync(() => sink.Transactions.Count is 2, Soon, "both recorded");
        Assert.Equal([true, false], sink.Transactions.Select(t => t.Accepted));
        Assert.Equal(["RCPT TO:<good@sink.test>"], sink.Transactions[0].Recipients);
    }

    [Fact]
    public async Task Refuses_connections_and_takes_them_again_on_the_same_port()
    {
        var sink = StartSink();
        sink.StopListening();
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => SmtpDialogue.ConnectAsync(sink.Port));
        sink.StartListening();
        await using var client = await SmtpDialogue.ConnectAsync(sink.Port);
        Assert.Contains("MT-PRIORITY STANAG4406", client.Extensions);
    }

    [RequiresFact("postfix", Requirement.Root)]
    public async Task Relays_through_a_Postfix_of_its_own()
    {
        var sink = StartSink();
        var postfix = Keep(await PostfixInstance.StartAsync(Workspace.Folder, new PostfixOptions { NextHop = sink.NextHop }));
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;

        await SmtpBlaster.RunAsync(new BlastOptions { Port = postfix.Port, Messages = 100, Sessions = 5 }, ledger);
        await sink.WaitForAsync(100, Soon);

        var balance = ledger.Balance();
        Assert.Equal((100, 100), (balance.Accepted, balance.Arrived));
        Assert.Empty(balance.Lost);
        Assert.True(postfix.ProcessorTime > TimeSpan.Zero);
    }
}
