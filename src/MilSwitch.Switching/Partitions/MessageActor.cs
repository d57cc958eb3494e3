using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Partitions;

/// <summary>
/// Works on one message: one step at a time, each decided by a pure function, then committed, then carried out. It is that
/// message's while it is worked on, and may serve another afterwards: all it knows comes in with the step. A message that
/// waits has no actor.
/// </summary>
internal sealed class MessageActor(SwitchRuntime runtime, OwnedPartition partition, IActorRef reports) : UntypedActor
{
    public static Props Props(SwitchRuntime runtime, OwnedPartition partition, IActorRef reports) =>
        Akka.Actor.Props.Create(typeof(MessageActor), runtime, partition, reports);

    /// <summary>One step, with what the partition knows about the message at this moment.</summary>
    internal sealed record Step(
        MessageId Id, long Size, MessageState State, ImmutableArray<RecipientStatus> Statuses, ImmutableArray<int> InFlight, string? Reroute, object What) : ILocalMessage;

    /// <summary>A warning or an expiry is due.</summary>
    internal sealed record Deadline : ILocalMessage;

    /// <summary>Plan again whatever is open.</summary>
    internal sealed record Resume : ILocalMessage;

    /// <summary>The store refused a reroute: have it forget what it may remember of the order.</summary>
    internal sealed record UndoReroute : ILocalMessage;

    /// <summary>Hold the message because the switch itself can't go on with it.</summary>
    internal sealed record Park(string Reason) : ILocalMessage;

    /// <summary>Hold these recipients: no route leads to them any more.</summary>
    internal sealed record HoldUnroutable(ImmutableArray<int> Recipients) : ILocalMessage;

    /// <summary>An operator's order.</summary>
    internal sealed record Operate(PartitionCommands.Act Act, IActorRef Asker) : ILocalMessage;

    /// <summary>A person's decision about held recipients. What is under way to others goes on.</summary>
    internal sealed record Judge(PartitionCommands.Judge Command, IActorRef Asker) : ILocalMessage;

    protected override void OnReceive(object message)
    {
        if (message is not Step step)
        {
            Unhandled(message);
            return;
        }

        MessageSteps.RunAsync(runtime, partition, reports, step)
            .PipeTo(Context.Parent, success: done => done, failure: cause => new PartitionEvents.StepFailed(step.Id, step.What, cause));
    }
}
