using MilSwitch.Domain.Precedences;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

public sealed class PrecedenceTests : FieldTest
{
    [Fact]
    [Trait("Feature", "C-05")]
    [Trait("Threat", "F34")]
    public async Task Flash_overtakes_a_backlog_of_Routine()
    {
        var sink = StartSink(new SinkOptions { TransactionDelay = TimeSpan.FromMilliseconds(100) });
        var milswitch = await StartSwitchAsync(sink.NextHop, connections: 2);
        var routine = new Ledger();
        await SmtpBlaster.RunAsync(new BlastOptions { Port = milswitch.Port, Messages = 400, Precedence = _ => Precedence.Routine }, routine);
        await sink.WaitForAsync(10, Soon);

        await SubmitAsync(milswitch, Message("flash"), "MT-PRIORITY=4", from: "flash@client.test");
        var earlier = sink.Transactions.Count(t => !IsFlash(t));
        await Eventually.ComesTrueAsync(() => sink.Transactions.Any(IsFlash), Soon, "the Flash");

        var flash = sink.Transactions.First(IsFlash);
        var before = sink.Transactions.Count(t => !IsFlash(t) && t.Order < flash.Order);
        Assert.True(before < 200, $"only {400 - before} overtaken");
        // Two transactions of each of the two connections.
        Assert.InRange(before - earlier, 0, 4);
    }

    [Fact]
    [Trait("Feature", "C-04")]
    public async Task Sends_the_six_levels_in_their_order()
    {
        var sink = StartSink();
        sink.StopListening();
        var milswitch = await StartSwitchAsync(sink.NextHop, connections: 1);
        for (var level = Precedence.Deferred; level <= Precedence.Override; level++)
            await SubmitAsync(milswitch, Message(level.Keyword()), $"MT-PRIORITY={MtPriority.From(level)}");
        sink.StartListening();

        await sink.WaitForAsync(6, TimeSpan.FromSeconds(60));

        // The first one may have been on its way as the probe of the link.
        string[] subjects = [.. sink.Transactions.Select(t => t.Field("Subject")!)];
        string[] order = ["override", "flash", "immediate", "priority", "routine", "deferred"];
        Assert.Equal(order.Where(s => s != subjects[0]), subjects[1..]);
    }

    private static bool IsFlash(SinkTransaction transaction) => transaction.Mail.Contains("<flash@", StringComparison.Ordinal);
}
