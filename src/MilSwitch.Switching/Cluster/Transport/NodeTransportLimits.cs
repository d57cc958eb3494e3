namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>What connections between nodes may take.</summary>
internal sealed record NodeTransportLimits
{
    /// <summary>Connecting, and then the TLS handshake with the first frames, each. A node answers in milliseconds.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Inbound connections that have not shown a certificate yet, in all; the oldest makes way.</summary>
    public int HalfMade { get; init; } = 64;

    /// <summary>Of these, from one address.</summary>
    public int HalfMadeByAddress { get; init; } = 16;

    /// <summary>Inbound connections of peers that are trusted. Two nodes have two or three.</summary>
    public int Inbound { get; init; } = 256;

    /// <summary>Octets that wait to be written on one association; beyond, Akka is told to wait.</summary>
    public int Queue { get; init; } = 4 * 1024 * 1024;

    /// <summary>How long an end may take: what waits is written, the peer closes its side.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>An association that nobody listens to is given up.</summary>
    public TimeSpan Listener { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Connections under a withdrawn identity end after this, made anew or not.</summary>
    public TimeSpan Renewal { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Pause before a connection that could not be made anew is tried again.</summary>
    public TimeSpan RenewalPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an expired certificate of a peer is accepted.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromDays(7);

    /// <summary>A name that every peer's certificate must have; null: the host that is dialled.</summary>
    public string? PeerName { get; init; }
}
