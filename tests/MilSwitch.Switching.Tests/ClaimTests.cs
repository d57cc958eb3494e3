using Akka.Actor;
using MilSwitch.Domain.Messages;
using MilSwitch.Switching.Partitions;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>As long as a node lives nobody else gets what the store says is its: so nothing may stay its that no actor has.</summary>
public sealed class ClaimTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_claimed_and_still_being_loaded_is_given_up_when_nobody_wants_it(bool asked)
    {
        const int Partition = 17;
        await using var harness = await SwitchHarness.StartAsync();
        var (runtime, loading, go) = (harness.Service<SwitchRuntime>(), 0, new TaskCompletionSource());
        harness.Refusing.LoadsAfter = partition =>
        {
            if (partition is not Partition) return Task.CompletedTask;
            Interlocked.Increment(ref loading);
            return go.Task;
        };
        runtime.Partitions.Find(Partition)!.Actor.Tell(PoisonPill.Instance);
        await Eventually.ComesTrueAsync(() => Volatile.Read(ref loading) > 0, Patience, "it is loaded again");
        // The one before was given up too.
        await Eventually.ComesTrueAsync(() => Count() is 1, Patience, "what was stopped is given up");

        var entity = await harness.Service<ActorSystem>().ActorSelection($"/system/sharding/partition/{Partition}/{Partition}").ResolveOne(Patience);
        if (asked) entity.Tell(PartitionCommands.Stop.Instance);
        else entity.Tell(PoisonPill.Instance);
        if (asked) go.SetResult();
        await Eventually.ComesTrueAsync(() => Count() >= 2, Patience, "what is being loaded is given up");
        go.TrySetResult();
        await Eventually.ComesTrueAsync(() => runtime.Partitions.Find(Partition) is not null, Patience, "it is owned again");

        int Count() => harness.Refusing.Released.Count(e => e.Partition is Partition);
    }
}
