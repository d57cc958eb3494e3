using Akka.Actor;
using Akka.Remote;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Switching.Cluster.Keys;

/// <summary>The way to other nodes' keys and from them to this one's. Precedence is the token's business: nothing waits here.</summary>
internal sealed class KeyActor : UntypedActor
{
    public const string Name = "keys";

    private readonly KeyPeers peers;
    private readonly IKeyHost? host;
    private readonly SwitchMeters meters;

    public KeyActor(SwitchRuntime runtime)
    {
        peers = runtime.KeyPeers!;
        host = runtime.KeyHost;
        meters = runtime.Meters;
    }

    public static Props Props(SwitchRuntime runtime) => Akka.Actor.Props.Create(typeof(KeyActor), runtime);

    protected override void PreStart()
    {
        var (system, self) = (Context.System, Self);
        // Told long before its silence would be noticed.
        system.EventStream.Subscribe(self, typeof(DisassociatedEvent));
        peers.SendBy((node, order) => system.ActorSelection(new RootActorPath(node) / "user" / Name).Tell(order, self));
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case KeyOrder order:
                Answer(order);
                break;
            case KeyAnswer answer when Sender.Path.Address.Host is not null:
                peers.Hear(Sender.Path.Address, answer);
                break;
            case DisassociatedEvent ended:
                peers.Forget(ended.RemoteAddress);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Answer(KeyOrder order)
    {
        if (host is null || order.TryToRequest() is not { } request)
        {
            meters.CountKeyOrder(host is null ? KeyOutcomeKind.Away : KeyOutcomeKind.NotOffered);
            Sender.Tell(KeyAnswer.Of(order.Number, host is null ? KeyOutcome.Away("this node has no keys for others") : KeyOutcome.NotOffered("this node does not understand what it is to do")));
            return;
        }

        var number = order.Number;
        DoAsync(host, request, TimeSpan.FromMilliseconds(order.Patience)).PipeTo(
            Sender, Self, outcome => KeyAnswer.Of(number, outcome), fault => KeyAnswer.Of(number, KeyOutcome.Away("the node that was asked failed")));
    }

    private async Task<KeyOutcome> DoAsync(IKeyHost own, KeyRequest request, TimeSpan patience)
    {
        var outcome = await own.DoAsync(request, patience).ConfigureAwait(false);
        meters.CountKeyOrder(outcome.Kind);
        return outcome;
    }
}
