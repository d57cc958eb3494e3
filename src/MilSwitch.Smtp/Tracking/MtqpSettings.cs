using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tracking;

/// <summary>The service that answers who asks where a message is (RFC 3887). Immutable.</summary>
public sealed record MtqpSettings
{
    public required IPEndPoint Endpoint { get; init; }

    /// <summary>The name in the greeting and in answers.</summary>
    public required string HostName { get; init; }

    /// <summary>None, StartTls or Required.</summary>
    public ListenerTlsMode TlsMode { get; init; } = ListenerTlsMode.None;

    /// <summary>With private key; required unless <see cref="TlsMode"/> is None.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Servers that are asked in a client's place about what was handed on to their hosts; empty: clients ask for themselves.</summary>
    public ImmutableArray<MtqpNextHop> Chain { get; init; } = [];

    /// <summary>Open at once.</summary>
    public int Sessions { get; init; } = 200;

    /// <summary>Open at once from one address; a network of /64 counts as one.</summary>
    public int SessionsPerClient { get; init; } = 10;

    /// <summary>What one client may ask in a minute, over all its sessions; each is a look-up in the store.</summary>
    public int QuestionsPerMinute { get; init; } = 300;
}
