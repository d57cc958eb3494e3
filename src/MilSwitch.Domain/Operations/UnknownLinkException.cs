using MilSwitch.Domain.Routing;

namespace MilSwitch.Domain.Operations;

/// <summary>An order names a link that no route has.</summary>
public sealed class UnknownLinkException(LinkName link) : Exception($"No route has a link {link.Value}.")
{
    public LinkName Link { get; } = link;
}
