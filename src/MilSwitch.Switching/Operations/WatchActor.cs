using Akka.Actor;

namespace MilSwitch.Switching.Operations;

/// <summary>Tells other nodes what somebody who asks them is to see of this one.</summary>
internal sealed class WatchActor(NodeWatch watch) : UntypedActor
{
    public const string Name = "watch";

    public static Props Props(NodeWatch watch) => Akka.Actor.Props.Create(typeof(WatchActor), watch);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case AlarmsOrder order:
                Sender.Tell(AlarmsAnswer.Of(watch.Alarms, order.After), Self);
                break;
            case LinksOrder order:
                watch.LinksAsync(CancellationToken.None).PipeTo(
                    // A link that does not answer takes longer than anybody waits for this.
                    Sender, Self, success: links => LinksAnswer.Of(links, order.After), failure: _ => new LinksAnswer([], false));
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}
