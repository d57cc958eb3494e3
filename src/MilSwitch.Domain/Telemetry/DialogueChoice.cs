using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace MilSwitch.Domain.Telemetry;

/// <summary>Whose dialogues a trace records: <c>listener:NAME</c>, <c>link:NAME</c>, an address or a network.</summary>
public sealed class DialogueChoice
{
    private const string Listeners = "listener:";
    private const string Links = "link:";
    private const int LongestName = 255;

    private readonly string? listener;
    private readonly string? link;
    private readonly IPNetwork? network;

    private DialogueChoice(string text, string? listener, string? link, IPNetwork? network) => (Text, this.listener, this.link, this.network) = (text, listener, link, network);

    /// <summary>As it was given.</summary>
    public string Text { get; }

    /// <summary>Reads one; false: it is none.</summary>
    public static bool TryRead(string? text, [NotNullWhen(true)] out DialogueChoice? choice)
    {
        choice = null;
        if (string.IsNullOrEmpty(text) || text.Length > LongestName || text.Any(c => c is <= ' ' or > '~')) return false;
        if (text.StartsWith(Listeners, StringComparison.Ordinal)) choice = new DialogueChoice(text, text[Listeners.Length..], null, null);
        else if (text.StartsWith(Links, StringComparison.Ordinal)) choice = new DialogueChoice(text, null, text[Links.Length..], null);
        else if (IPAddress.TryParse(text, out var address)) choice = new DialogueChoice(text, null, null, new IPNetwork(address, address.AddressFamily is AddressFamily.InterNetwork ? 32 : 128));
        else if (IPNetwork.TryParse(text, out var network)) choice = new DialogueChoice(text, null, null, network);
        return choice is { listener: not "", link: not "" };
    }

    /// <summary>Whether the connection is one of them.</summary>
    public bool Takes(in DialoguePeer peer)
    {
        if (listener is not null) return peer.Listener == listener;
        if (link is not null) return peer.Link == link;
        if (peer.Address is not { } address) return false;
        return network!.Value.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
    }
}
