using MilSwitch.Domain.Addressing;
using MilSwitch.Labels;

namespace MilSwitch.Lookup.Service;

/// <summary>A question for a recipient's certificate. Immutable.</summary>
/// <param name="Recipient">For whom.</param>
/// <param name="Requester">Who asks, as the log will have it: protocol and peer, 1 to 256 characters.</param>
public sealed record ProxyRequest(Mailbox Recipient, string Requester)
{
    private const int LongestRequester = 256;

    /// <summary>The client's address, which is held to a rate (IPv6 by its /64); null: no client's, but the node's own.</summary>
    public string? Client { get; init; }

    /// <summary>Who will send the message; null: the question does not say.</summary>
    public Mailbox? Originator { get; init; }

    /// <summary>The label that the message will have; null: the question does not say, and the ceiling stands in the certificate alone.</summary>
    public SecurityLabel? Label { get; init; }

    /// <summary>A requester of this text, cut where it is too long, and never within a character.</summary>
    internal static string Cut(string text) => text.Length <= LongestRequester ? text : text[..(char.IsHighSurrogate(text[LongestRequester - 1]) ? LongestRequester - 1 : LongestRequester)];
}
