using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Switching.Acknowledgments;

/// <summary>Who follows acknowledgments in this node, and what is overdue, for everybody to see without asking. Thread-safe.</summary>
internal sealed class AcknowledgmentBoard
{
    private IActorRef actor = ActorRefs.Nobody;
    private int[] overdue = new int[PrecedenceExtensions.Count];

    /// <summary>Told <see cref="AcknowledgmentCommands"/>; nobody before the node is up.</summary>
    public IActorRef Actor
    {
        get => Volatile.Read(ref actor);
        set => Volatile.Write(ref actor, value);
    }

    /// <summary>Recipients of this level with an alarm that stands.</summary>
    public int Overdue(Precedence precedence) => Volatile.Read(ref overdue)[(int)precedence];

    public void Publish(ImmutableArray<int> counts) => Volatile.Write(ref overdue, [.. counts]);
}
