using System.Collections.Immutable;
using System.Net;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Acknowledgments;

/// <summary>
/// Messages that a link hands on are followed until what their originators asked for has come back, although they stay in one security
/// domain. Immutable; compared by value.
/// </summary>
/// <param name="ReportsFrom">Clients that are believed when they hand in reports and notifications about such messages.</param>
/// <param name="ActionPoint">Address that gets a copy when a recipient does not answer in time; null: nobody takes over.</param>
public sealed record RouteFollowing(ImmutableArray<IPNetwork> ReportsFrom, string? ActionPoint)
{
    /// <summary>By whom signed receipts (RFC 2634 §2) of its recipients are believed, wherever they come from; null: receipts that are asked for are not awaited.</summary>
    public ArrivalTrust? Receipts { get; init; }

    /// <summary>Is a report believed that came from this address? Anybody can write one, so where it comes from is all there is to go by.</summary>
    /// <param name="client">Address as text, without port.</param>
    public bool Believes(string client)
    {
        if (!IPAddress.TryParse(client, out var address)) return false;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        foreach (var network in ReportsFrom)
        {
            if (network.Contains(address)) return true;
        }

        return false;
    }

    public bool Equals(RouteFollowing? other) => other is not null && ActionPoint == other.ActionPoint && ReportsFrom.SequenceEqual(other.ReportsFrom)
        && (Receipts is null ? other.Receipts is null : Receipts.Says(other.Receipts));

    public override int GetHashCode() => HashCode.Combine(ActionPoint, ReportsFrom.Length);
}
