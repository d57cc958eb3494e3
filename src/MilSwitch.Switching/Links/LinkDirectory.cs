using System.Collections.Concurrent;
using Akka.Actor;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Switching.Links;

/// <summary>A link as the rest of the node sees it.</summary>
internal sealed class LinkHandle(LinkName name, LinkGauge gauge)
{
    public LinkName Name { get; } = name;

    public LinkGauge Gauge { get; } = gauge;

    public required IActorRef Actor { get; init; }

    /// <summary>Written by the link's actor about once a second; null before the first time.</summary>
    public LinkStatus? Status { get; set; }
}

/// <summary>The links of this node; they come into being when they are first needed. Thread-safe.</summary>
internal sealed class LinkDirectory
{
    private readonly ConcurrentDictionary<LinkName, Lazy<LinkHandle>> links = new();
    private Func<LinkSettings, LinkHandle>? factory;

    public IEnumerable<LinkHandle> All => links.Values.Select(l => l.Value);

    /// <summary>Set once, when the actor system is up.</summary>
    public void MakeWith(Func<LinkSettings, LinkHandle> make) => factory = make;

    public LinkHandle For(LinkSettings settings)
    {
        if (links.TryGetValue(settings.Name, out var known)) return known.Value;
        var make = factory ?? throw new InvalidOperationException("The switch has not started.");
        return links.GetOrAdd(settings.Name, static (_, s) => new Lazy<LinkHandle>(() => s.make(s.settings)), (settings, make)).Value;
    }

    public LinkHandle? Find(LinkName name) => links.TryGetValue(name, out var handle) ? handle.Value : null;
}
