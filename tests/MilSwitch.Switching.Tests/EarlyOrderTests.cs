using Akka.Actor;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

public sealed class EarlyOrderTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task An_order_waits_while_the_partition_is_taken_over_and_one_that_is_never_owned_says_so()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.Script = step => step.Phase is SinkPhase.Recipient ? SinkAction.Say("451 4.3.0 later") : null;
        var result = await harness.SendAsync();
        await harness.WaitForAsync(result.Id, m => m.Recipients[0].Attempts > 0);
        var runtime = harness.Service<SwitchRuntime>();
        var claims = 0;
        var elsewhere = true;
        harness.Refusing.IsElsewhere = partition => partition == result.Id.Partition && Interlocked.Increment(ref claims) > 0 && Volatile.Read(ref elsewhere);
        runtime.Partitions.Find(result.Id.Partition)!.Actor.Tell(PoisonPill.Instance);
        await Eventually.ComesTrueAsync(() => runtime.Partitions.Find(result.Id.Partition) is null && Volatile.Read(ref claims) > 0, Patience, "the partition wants to be owned again");

        Assert.Equal("its partition is being taken over; ask again", (await HoldAsync().WaitAsync(Patience)).Text);

        var before = Volatile.Read(ref claims);
        var waits = HoldAsync();
        await Eventually.ComesTrueAsync(() => Volatile.Read(ref claims) > before, Patience, "it is claimed in vain");
        Assert.False(waits.IsCompleted);
        Volatile.Write(ref elsewhere, false);
        var held = await waits.WaitAsync(Patience);
        Assert.True(held.Done, held.Text);
        await harness.WaitForAsync(result.Id, m => m.State is MessageState.Held);

        async Task<ActOutcome> HoldAsync() =>
            (await harness.Operator.ActAsync(new MessageAct(MessageVerb.Hold) { Ids = [result.Id], Reason = "test" }, SwitchHarness.Somebody, default)).Outcomes[0];
    }
}
