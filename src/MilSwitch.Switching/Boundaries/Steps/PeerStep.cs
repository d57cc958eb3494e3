using System.Net;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>Did it come from somebody from whom this boundary takes messages?</summary>
internal sealed class PeerStep : IPipelineStep
{
    public string Name => "peer";

    public StepDecision Decide(Passage passage)
    {
        var origin = passage.Envelope.Origin;
        if (passage.IsOwn) return Ruling.Skip(Name, "the switch made it");
        (string, string)[] inputs =
        [
            ("listener", origin.Listener), ("client", origin.ClientAddress), ("identity", origin.AuthenticatedAs ?? "none"), ("tls", origin.Tls ?? "none"),
        ];
        if (passage.Boundary.Peers.IsEmpty) return Ruling.Go(Name, [.. inputs, ("peer", "any that the listener admits")]);
        foreach (var peer in passage.Boundary.Peers)
        {
            if (Is(peer, origin)) return Ruling.Go(Name, [.. inputs, ("peer", peer.Name)]);
        }

        return Ruling.Hold(Name, 0, "it did not come from a peer of this boundary", inputs);
    }

    /// <summary>One of its networks, one of its identities, and TLS where it is asked for.</summary>
    public static bool Is(BoundaryPeer peer, Origin origin) =>
        (peer.Clients.IsEmpty || (IPAddress.TryParse(origin.ClientAddress, out var address) && peer.Clients.Any(n => n.Contains(address) || (address.IsIPv4MappedToIPv6 && n.Contains(address.MapToIPv4())))))
        && (peer.Identities.IsEmpty || (origin.AuthenticatedAs is { } who && peer.Identities.Contains(who, StringComparer.OrdinalIgnoreCase)))
        && (!peer.RequireTls || origin.Tls is not null);
}
