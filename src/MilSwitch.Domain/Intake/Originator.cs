using System.Net;

namespace MilSwitch.Domain.Intake;

/// <summary>Who is held to a rate: the authenticated account, else the client's address.</summary>
public readonly record struct Originator(string Name, bool IsAccount)
{
    private const int NetworkOctets = 8;

    /// <summary>A host of IPv6 commands a whole /64, which therefore counts as one.</summary>
    public static Originator Of(ClientIdentity client)
    {
        if (client.AuthenticatedAs is { } account) return new Originator(account, true);
        if (!client.Address.Contains(':', StringComparison.Ordinal) || !IPAddress.TryParse(client.Address, out var address)) return new Originator(client.Address, false);
        var octets = address.GetAddressBytes();
        octets.AsSpan(NetworkOctets).Clear();
        return new Originator($"{new IPAddress(octets)}/64", false);
    }

    public override string ToString() => Name;
}
