using Akka.Actor;
using MilSwitch.Switching.Watching;

namespace MilSwitch.Switching.Operations;

/// <summary>Tells other nodes what somebody who asks them is to see of this one.</summary>
internal sealed class WatchActor(NodeWatch watch, NodePicture picture) : UntypedActor
{
    public const string Name = "watch";

    public static Props Props(NodeWatch watch, NodePicture picture) => Akka.Actor.Props.Create(typeof(WatchActor), watch, picture);

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
            case NodeOrder order:
                Sender.Tell(NodeAnswer.Of(picture.Take(), order.Minutes), Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}
