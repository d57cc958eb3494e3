using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Operations;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Host.Configuration;

/// <summary>Everything that <c>milswitch.yaml</c> says, read and checked. Immutable; a reload swaps the whole value.</summary>
public sealed record NodeConfiguration
{
    /// <summary>The file, as the operator named it.</summary>
    /// <summary>How the nodes of the cluster know each other; null: this node is on its own.</summary>
    public Switching.Cluster.Transport.ClusterTls? ClusterTls { get; init; }

    /// <summary>What this node shows to others, as of the reading.</summary>
    public Switching.Cluster.Transport.NodeCertificate? NodeCertificate { get; init; }

    public required string File { get; init; }

    /// <summary>Full path of the folder of this node: its spool, unless that is in a database, and its socket.</summary>
    public required string DataFolder { get; init; }

    public required SwitchConfiguration Switch { get; init; }

    public required ImmutableArray<SmtpListenerSettings> Listeners { get; init; }

    /// <summary>Lines to ACP 127 domains.</summary>
    public Acp127Configuration Acp127 { get; init; } = Acp127Configuration.None;

    public required AccountTable Accounts { get; init; }

    /// <summary>Tokens and keys in memory.</summary>
    public KeyConfiguration Keys { get; init; } = KeyConfiguration.None;

    /// <summary>Where certificates of recipients are looked for, by security domain.</summary>
    public ImmutableArray<FindingConfiguration> Finding { get; init; } = [];

    /// <summary>Where members of mailing lists are looked for.</summary>
    public ImmutableArray<ListDirectory> ListDirectories { get; init; } = [];

    /// <summary>Name of the key that signs exported evidence and checkpoints of the audit trail; null: none does.</summary>
    public string? AuditKey { get; init; }

    /// <summary>How the audit trail is kept and proved.</summary>
    public AuditConfiguration Audit { get; init; } = new();

    /// <summary>Name of the key that opens the store, whose contents are sealed at rest; null: what is written is not sealed.</summary>
    public string? SealKey { get; init; }

    /// <summary>The store that nodes share; null: the one in <see cref="DataFolder"/>.</summary>
    public DatabaseConnection? Database { get; init; }

    public LabelConfiguration Labels { get; init; } = LabelConfiguration.None;

    /// <summary>Boundaries with certificates for recipients beyond them.</summary>
    public ImmutableArray<ProxyConfiguration> Proxies { get; init; } = [];

    public required AdminSettings Admin { get; init; }

    /// <summary>Folders whose files are messages to be sent.</summary>
    public ImmutableArray<Folders.WatchedFolder> Folders { get; init; } = [];

    /// <summary>Ways in which people are told of alarms.</summary>
    public ImmutableArray<Alarms.NotifierSettings> Notifiers { get; init; } = [];

    /// <summary>Checks that ask a service outside of the program.</summary>
    public ImmutableArray<Checks.Scanning.ScanCheck> Scanners { get; init; } = [];

    /// <summary>Null: no metrics and no health over the network.</summary>
    public IPEndPoint? Metrics { get; init; }

    /// <summary>Where messages can be asked for (RFC 3887); null: nowhere.</summary>
    public Smtp.Tracking.MtqpSettings? Tracking { get; init; }

    /// <summary>Resolvers for MX look-ups; empty: those of the system.</summary>
    public ImmutableArray<IPEndPoint> DnsServers { get; init; } = [];

    /// <summary>They check DNSSEC, and their AD bit is believed.</summary>
    public bool DnsTrustsAuthenticData { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Null: nobody is told of spans.</summary>
    public TraceExport? Traces { get; init; }

    public LogFormat LogFormat { get; init; } = LogFormat.Text;
}

public enum LogFormat : byte { Text, Json }

/// <summary>Where the admin API listens, and who may use it.</summary>
public sealed record AdminSettings
{
    /// <summary>Null: only the socket.</summary>
    public IPEndPoint? Endpoint { get; init; }

    /// <summary>With private key; null: no TLS, which is allowed on loopback only.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Full path of the Unix socket; who may open it is an operator.</summary>
    public required string Socket { get; init; }

    /// <summary>The socket's group may open it too (0660 instead of 0600).</summary>
    public bool SocketForGroup { get; init; }

    public ImmutableArray<AdminToken> Tokens { get; init; } = [];

    /// <summary>Where browsers find the console of this node; null: nobody said.</summary>
    public string? Url { get; init; }

    /// <summary>What certificates of persons lead to; empty: none are believed.</summary>
    public X509Certificate2Collection ClientAnchors { get; init; } = [];

    /// <summary>Who says which of these are revoked; null: that is not looked at.</summary>
    public ClientRevocation? ClientRevocation { get; init; }

    /// <summary>Persons who come with certificates.</summary>
    public ImmutableArray<AdminCertificate> Certificates { get; init; } = [];

    /// <summary>Whose content persons may see; the first that is of somebody counts. Empty: nobody is limited.</summary>
    public ImmutableArray<ViewerClearance> Clearances { get; init; } = [];

    /// <summary>Where else persons may sign in; null: nowhere.</summary>
    public OidcSettings? Oidc { get; init; }

    /// <summary>Persons may sign in with accounts that the store keeps.</summary>
    public bool LocalAccounts { get; init; } = true;

    /// <summary>A session of a browser that is not used for so long is over.</summary>
    public TimeSpan IdleSession { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>A session is over after so long, used or not.</summary>
    public TimeSpan LongestSession { get; init; } = TimeSpan.FromHours(12);

    /// <summary>Acts that need two persons, by the words of <see cref="TwoPersonActs"/>.</summary>
    public ImmutableHashSet<string> TwoPersons { get; init; } = [];

    /// <summary>The submission listener by whose rules messages that come through the API are judged; null: none may come.</summary>
    public string? Submission { get; init; }

    /// <summary>Signs what is handed in and asks for signed receipts; null: none may be asked for.</summary>
    public Domain.Protection.DepartureSigning? SubmissionSigning { get; init; }
}

/// <summary>One bearer token of the admin API, known by its hash only.</summary>
/// <param name="Name">Who uses it; appears in the audit trail.</param>
/// <param name="Roles">What they are.</param>
/// <param name="Digest">SHA-256 of the token.</param>
public sealed record AdminToken(string Name, OperatorRoles Roles, ImmutableArray<byte> Digest);
