using System.Collections.Immutable;
using System.Net;
using MilSwitch.Domain.Intake;

namespace MilSwitch.Domain.Operations;

/// <summary>
/// Whose <c>MINIMIZE CONSIDERED</c> (RFC 6477 §3.5) exempts a message from MINIMIZE; by default nobody's, because anybody can
/// write the field. As with the highest precedence an account decides alone, and without one the first entry that holds the
/// client's address. Immutable.
/// </summary>
public sealed record MinimizeExemptions
{
    public static MinimizeExemptions None { get; } = new();

    /// <summary>The clients of the listeners, in the order of the configuration.</summary>
    public ImmutableArray<(string Listener, IPNetwork Network, bool MayExempt)> Clients { get; init; } = [];

    /// <summary>Names of accounts.</summary>
    public ImmutableHashSet<string> Accounts { get; init; } = [];

    /// <summary>Nobody may exempt anything.</summary>
    public bool IsEmpty => Accounts.IsEmpty && !Clients.Any(c => c.MayExempt);

    public bool MayExempt(ClientIdentity client)
    {
        if (client.AuthenticatedAs is { } account) return Accounts.Contains(account);
        // A proxy's own connection has an address that may be in the list, and no rights.
        if (!client.MayRelay || !IPAddress.TryParse(client.Address, out var address)) return false;
        foreach (var (listener, network, mayExempt) in Clients)
        {
            if (listener == client.Listener && network.Contains(address)) return mayExempt;
        }

        return false;
    }
}
