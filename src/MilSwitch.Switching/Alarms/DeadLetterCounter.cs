using Akka.Actor;
using Akka.Event;

namespace MilSwitch.Switching.Alarms;

/// <summary>Counts messages between actors that found nobody.</summary>
internal sealed class DeadLetterCounter(SwitchRuntime runtime) : UntypedActor
{
    public static Props Props(SwitchRuntime runtime) => Akka.Actor.Props.Create(typeof(DeadLetterCounter), runtime);

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        if (message is DeadLetter) runtime.CountDeadLetter();
        else Unhandled(message);
    }
}
