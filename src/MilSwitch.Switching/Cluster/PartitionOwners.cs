using Akka.Actor;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Switching.Acknowledgments;
using MilSwitch.Switching.Partitions;

namespace MilSwitch.Switching.Cluster;

/// <summary>Asks the owner of a partition, on this node or another. Thread-safe. A task ends with <see cref="AskTimeoutException"/> when nobody answers in time.</summary>
internal sealed class PartitionOwners(PartitionDirectory here)
{
    private IActorRef? region;

    /// <summary>Set once, when the actor system is up.</summary>
    public void ReachBy(IActorRef shards) => region = shards;

    /// <summary>Tells the owner of a message what may acknowledge it; who owns none of it here hears nothing.</summary>
    public void Tell(AcknowledgmentCommands.Note note)
    {
        if (NoteOrder.Of(note) is { } order) region?.Tell(order, ActorRefs.NoSender);
    }

    /// <summary>Tells the owner of a message that it is there; who does not hear it finds it in the store.</summary>
    public void Tell(ArrivedOrder arrived) => region?.Tell(arrived, ActorRefs.NoSender);

    public async Task<ActOutcome> ActAsync(MessageId id, MessageAct act, OperatorIdentity who, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (here.Find(id.Partition) is { } partition) return await partition.Actor.Ask<ActOutcome>(new PartitionCommands.Act(id, act, who), patience, cancellationToken).ConfigureAwait(false);
        return (await Region.Ask<ActAnswer>(ActOrder.Of(id, act, who), patience, cancellationToken).ConfigureAwait(false)).ToOutcome(id);
    }

    public async Task<HoldingResult> JudgeAsync(MessageId id, HoldingOrder order, OperatorIdentity who, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (here.Find(id.Partition) is { } partition) return await partition.Actor.Ask<HoldingResult>(new PartitionCommands.Judge(id, order, who), patience, cancellationToken).ConfigureAwait(false);
        return (await Region.Ask<JudgeAnswer>(JudgeOrder.Of(id, order, who), patience, cancellationToken).ConfigureAwait(false)).ToResult();
    }

    /// <summary>Places of held messages of all partitions, in no order.</summary>
    public async Task<IEnumerable<HeldPlace>> HeldAsync(HeldPlace? after, int limit, TimeSpan patience, CancellationToken cancellationToken)
    {
        var all = await Task.WhenAll(Enumerable.Range(0, MessageId.PartitionCount).Select(AskAsync)).ConfigureAwait(false);
        return all.SelectMany(places => places);

        async Task<IEnumerable<HeldPlace>> AskAsync(int number)
        {
            if (here.Find(number) is { } partition)
                return (await partition.Actor.Ask<PartitionEvents.Held>(new PartitionCommands.GetHeld(after, limit), patience, cancellationToken).ConfigureAwait(false)).Places;
            var order = new HeldOrder(number, after is { } place ? HeldPosition.Of(place) : null, limit);
            return (await Region.Ask<HeldAnswer>(order, patience, cancellationToken).ConfigureAwait(false)).Places.Select(p => p.ToPlace());
        }
    }

    private IActorRef Region => region ?? throw new AskTimeoutException("the switch has not started");
}
