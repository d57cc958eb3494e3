using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Smtp.Server;

/// <summary>One listener, as data: what differs between relay and submission is here and not in code. Immutable.</summary>
public sealed record SmtpListenerSettings
{
    public required string Name { get; init; }

    public required IPEndPoint Endpoint { get; init; }

    public required ListenerRole Role { get; init; }

    /// <summary>The name in the greeting.</summary>
    public required string HostName { get; init; }

    public ListenerTlsMode TlsMode { get; init; } = ListenerTlsMode.None;

    /// <summary>With private key; required unless <see cref="TlsMode"/> is None.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Anchors for client certificates; empty: none are asked for. Never the system's anchors.</summary>
    public ImmutableArray<X509Certificate2> ClientAnchors { get; init; } = [];

    /// <summary>Networks that may relay without authentication, each with what it may ask for. The first match counts.</summary>
    public ImmutableArray<ClientNetwork> Clients { get; init; } = [];

    /// <summary>
    /// Proxies, which begin each connection with a PROXY header that names the client. Nobody else's header is believed.
    /// </summary>
    public ImmutableArray<IPNetwork> Proxies { get; init; } = [];

    /// <summary>
    /// Hosts that may say with XCLIENT whom they speak for. The address of the connection counts, or that of its PROXY header,
    /// never one that XCLIENT named.
    /// </summary>
    public ImmutableArray<IPNetwork> ClientNamers { get; init; } = [];

    /// <summary>The highest level for those whom no entry names.</summary>
    public Precedence HighestPrecedence { get; init; } = Precedence.Override;

    /// <summary>SASL mechanisms in the order of the EHLO reply: EXTERNAL, SCRAM-SHA-256, PLAIN.</summary>
    public ImmutableArray<string> AuthMechanisms { get; init; } = [];

    /// <summary>MAIL needs an authenticated client.</summary>
    public bool RequireAuthentication { get; init; }

    /// <summary>RFC 1985: clients that may relay here may ask for the queues of a domain; relay only.</summary>
    public bool StartsQueues { get; init; }

    /// <summary>Where clients find certificates for recipients beyond the boundary, told after EHLO; submission only. Null: nowhere. Printable ASCII without spaces.</summary>
    public string? SmimeGateway { get; init; }

    public SmtpLimits Limits { get; init; } = new();

    /// <summary>RFC 2852 §3: the shortest time accepted in mode R.</summary>
    public TimeSpan MinimumDeliverBy { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>RFC 3885 §3.1: MTRK is offered, and a message can be tracked for so long unless its client says less; null: it is not offered.</summary>
    public TimeSpan? TrackingRetention { get; init; }

    /// <summary>RFC 4865 §4: the longest hold; submission only.</summary>
    public TimeSpan MaximumHold { get; init; } = TimeSpan.FromDays(14);
}

public enum ListenerTlsMode : byte
{
    None,

    /// <summary>STARTTLS is offered.</summary>
    StartTls,

    /// <summary>MAIL before STARTTLS is answered 530 5.7.0.</summary>
    Required,

    /// <summary>TLS from the first octet (RFC 8314).</summary>
    Implicit,
}

public sealed record ClientNetwork(IPNetwork Network)
{
    public Precedence HighestPrecedence { get; init; } = Precedence.Override;

    /// <summary>Lower a level that is too high and say so (X.3.6); false: refuse it (5.7.1).</summary>
    public bool LowerPrecedence { get; init; } = true;

    /// <summary>The channel whose numbers its messages have, which are counted; null: none.</summary>
    public string? Channel { get; init; }
}

/// <summary>Read while reading, never afterwards. Sizes in octets.</summary>
public sealed record SmtpLimits
{
    /// <summary>RFC 5321 §4.5.3.1.4 names 512; parameters of the extensions need more (RFC 3461: +500, RFC 6710…).</summary>
    public int CommandLine { get; init; } = 4096;

    /// <summary>RFC 5321 §4.5.3.1.6 names 1000 with CRLF; many systems send more.</summary>
    public int TextLine { get; init; } = 1_000_000;

    public long MessageSize { get; init; } = 64L << 20;

    public int Recipients { get; init; } = 10_000;

    /// <summary>Errors in one session since its last accepted message before it is closed with 421; a failed AUTH counts four.</summary>
    public int Errors { get; init; } = 20;

    /// <summary>Commands without a message in between (NOOP floods).</summary>
    public int IdleCommands { get; init; } = 200;

    public int ConnectionsPerClient { get; init; } = 1000;

    public int Connections { get; init; } = 20_000;

    /// <summary>RFC 5321 §4.5.3.2.7.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Between two pieces of content (§4.5.3.2.5).</summary>
    public TimeSpan DataTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>A whole TLS handshake.</summary>
    public TimeSpan TlsTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A whole content must keep this pace on average after the first minute, in octets per second.</summary>
    public int MinimumRate { get; init; } = 100;
}

/// <summary>Who may log in. Thread-safe.</summary>
public interface IAccountStore
{
    /// <summary>Null when there is no such account.</summary>
    Account? Find(string name);

    /// <summary>The account of a verified client certificate; null when it has none.</summary>
    Account? FindByCertificate(X509Certificate2 certificate);
}

/// <summary>One account; the password is known only as a SCRAM verifier (RFC 5802 §3).</summary>
public sealed record Account(string Name)
{
    public ScramVerifier? Scram { get; init; }

    public Precedence HighestPrecedence { get; init; } = Precedence.Override;

    public bool LowerPrecedence { get; init; } = true;

    /// <summary>Addresses it may use as reverse path; null: any.</summary>
    public MailboxSet? Addresses { get; init; }
}

/// <summary>RFC 5802 §3 with SHA-256 (RFC 7677).</summary>
public sealed record ScramVerifier(int Iterations, ReadOnlyMemory<byte> Salt, ReadOnlyMemory<byte> StoredKey, ReadOnlyMemory<byte> ServerKey);
