using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Host.Configuration;

/// <summary>Where messages come in over a line: a TCP port or a folder. Immutable.</summary>
public sealed record Acp127Inbound
{
    /// <summary>Null: a folder.</summary>
    public IPEndPoint? Endpoint { get; init; }

    /// <summary>Who may connect; nobody else.</summary>
    public ImmutableArray<IPNetwork> Clients { get; init; } = [];

    /// <summary>Connections at once; a teletypewriter line is one, and a second finds the first while it is given up.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>A connection over which nothing came for so long is closed.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>With private key: whoever connects must speak TLS from the first octet; null: nobody does.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Clients must show a certificate that leads to one of these; empty: they are asked for none.</summary>
    public X509Certificate2Collection ClientAnchors { get; init; } = [];

    /// <summary>Full path; null: a port.</summary>
    public string? Folder { get; init; }

    /// <summary>How often the folder is looked at.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The designator of the channel whose numbers must come without gaps; null: nobody counts.</summary>
    public string? Channel { get; init; }
}
