using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>A counter is one for the whole process.</summary>
[Collection(AloneCollection.Name)]
public sealed class SuspectCountTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    [Trait("Threat", "F1")]
    public async Task A_suspect_stays_marked_when_it_is_held_and_released_and_is_counted_once()
    {
        await using var harness = await SwitchHarness.StartAsync();
        using var suspected = new CountedMeter("milswitch.suspected_duplicates");
        var dots = 0;
        harness.Sink.Script = step => step.Phase switch
        {
            SinkPhase.FinalDot when Interlocked.Increment(ref dots) == 1 => SinkAction.Abort,
            // Once suspected it is refused for now, until it is held.
            SinkPhase.Recipient when Volatile.Read(ref dots) == 1 => SinkAction.Say("451 4.3.0 later"),
            _ => null,
        };
        var result = await harness.SendAsync();
        await harness.WaitForAsync(result.Id, m => m.Recipients[0] is { State: RecipientState.Armed, Attempts: >= 2 });
        await ActAsync(MessageVerb.Hold);
        await harness.WaitForAsync(result.Id, m => m.State == MessageState.Held);

        await harness.RestartAsync();
        Assert.Equal(RecipientState.HeldSuspect, (await harness.Spool.ReadAsync(result.Id))!.Recipients[0].State);
        harness.Sink.Script = null;
        await ActAsync(MessageVerb.Release);

        var arrived = Assert.Single(await harness.Sink.WaitForAsync(1, Patience));
        Assert.NotNull(arrived.Field("X-MilSwitch-Suspected-Duplicate"));
        await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        // Once in the life in which the connection broke, once after the start that found it.
        Assert.Equal(2, suspected.Total);

        async Task ActAsync(MessageVerb verb) => await Eventually.ComesTrueAsync(
            async () => (await harness.Operator.ActAsync(new MessageAct(verb) { Ids = [result.Id], Reason = "test" }, SwitchHarness.Somebody, default)).Outcomes[0].Done,
            Patience, $"{verb}");
    }
}
