using System.Collections.Immutable;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Routing;

/// <summary>Names one queue towards one next hop: <c>host:port</c>, a name from the configuration, or <c>mx:domain</c>.</summary>
public readonly record struct LinkName(string Value) : IComparable<LinkName>
{
    // Names from the configuration have no spaces.
    private const string Relaxing = " (TLS optional)";
    private const string MxPrefix = "mx:";

    /// <summary>The link that an MX route has for one domain.</summary>
    public static LinkName Mx(string domain) => new(MxPrefix + domain);

    /// <summary>It is the link of an MX route for a domain below this one.</summary>
    public bool IsMxBelow(string domain) =>
        Value.StartsWith(MxPrefix, StringComparison.Ordinal) && Configured.Value.EndsWith("." + domain, StringComparison.Ordinal);

    /// <summary>The name of the queue beside this one for mail that may do without TLS; see <see cref="LinkSettings.For"/>.</summary>
    public LinkName Relaxed => new(Value + Relaxing);

    /// <summary>The link that the configuration knows and that rules are about.</summary>
    public LinkName Configured => Value.EndsWith(Relaxing, StringComparison.Ordinal) ? new LinkName(Value[..^Relaxing.Length]) : this;

    public int CompareTo(LinkName other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}

/// <summary>A host to connect to. Lower preference first; equal ones in turn.</summary>
public sealed record HopTarget(string Host, int Port, int Preference = 0)
{
    /// <summary>DNS named the host, and nothing vouches for that answer: not for mail with REQUIRETLS (RFC 8689 §4.2.1).</summary>
    public bool IsUnauthenticated { get; init; }

    /// <summary>What is no host of a network has port 0: the name alone.</summary>
    public override string ToString() => Port is 0 ? Host : Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>How a link reaches its next hop. Immutable; a new configuration brings new values for the same name.</summary>
public sealed record LinkSettings
{
    public required LinkName Name { get; init; }

    /// <summary>Fixed targets; empty when <see cref="MxDomain"/> is set.</summary>
    public ImmutableArray<HopTarget> Targets { get; init; } = [];

    /// <summary>Targets are found through DNS for this domain (RFC 5321 §5.1).</summary>
    public string? MxDomain { get; init; }

    /// <summary>The TCP port for <see cref="MxDomain"/>.</summary>
    public int MxPort { get; init; } = 25;

    /// <summary>What is spoken with the hop.</summary>
    public LinkProtocol Protocol { get; init; }

    /// <summary>Connections at once, from all nodes together; at least 1.</summary>
    public int Connections { get; init; } = 20;

    /// <summary>Only one node at a time uses it: its connection is the only one there may be, or its messages are numbered.</summary>
    public bool Exclusive { get; init; }

    /// <summary>Its messages have numbers of this channel, one after the other without gaps; null: none. Needs one connection and <see cref="Exclusive"/>.</summary>
    public string? Channel { get; init; }

    /// <summary>Messages over one connection before it is renewed.</summary>
    public int MessagesPerConnection { get; init; } = 10_000;

    public LinkTls Tls { get; init; } = LinkTls.Opportunistic;

    /// <summary>RFC 6758 §3.2: write the MT-Priority field when the hop lacks the extension.</summary>
    public bool TunnelPriority { get; init; } = true;

    /// <summary>The name this switch gives in EHLO.</summary>
    public required string HeloName { get; init; }

    /// <summary>What is done to messages before they leave; null: nothing.</summary>
    public DepartureProtection? Protection { get; init; }

    /// <summary>What labels are asked for and written; null: none.</summary>
    public ILinkLabelling? Labels { get; init; }

    /// <summary>The security domain it leads into; null: there are no domains.</summary>
    public string? Domain { get; init; }

    /// <summary>What was handed on is followed until it is acknowledged; null: it is not.</summary>
    public RouteFollowing? Follow { get; init; }

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>RFC 5321 §4.5.3.2 names five minutes for most replies.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>RFC 5321 §4.5.3.2.6.</summary>
    public TimeSpan FinalDotTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>An idle connection is closed after this long.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The link for one message. Mail that says <c>TLS-Required: No</c> (RFC 8689 §4.2.2) takes a queue and connections of
    /// its own, which use TLS when they can, if this link requires TLS and is configured to let the sender relax that.
    /// </summary>
    public LinkSettings For(Envelope envelope) => envelope.TlsOptional && MayRelax ? Relaxed : this;

    /// <summary>The settings in force for a name that <see cref="For"/> gave; without the permission nothing is relaxed any more.</summary>
    public LinkSettings Named(LinkName name) => name == Name ? this : MayRelax ? Relaxed : this with { Name = name };

    /// <summary>It leads to the same hosts, as far as they are not found through DNS.</summary>
    public bool LeadsWhere(LinkSettings other) => MxDomain == other.MxDomain && MxPort == other.MxPort && Targets.SequenceEqual(other.Targets);

    /// <summary>Connections made by the other settings are as good as new ones: they differ in nothing but limits, protection, labels and what is followed on this side.</summary>
    public bool ConnectsLike(LinkSettings other) => LeadsWhere(other) && this == other with
    {
        Targets = Targets, Connections = Connections, Exclusive = Exclusive, MessagesPerConnection = MessagesPerConnection, IdleTimeout = IdleTimeout,
        Protection = Protection, Labels = Labels, Domain = Domain, Follow = Follow,
    };

    private bool MayRelax => Tls is { Mode: LinkTlsMode.Required, SenderMayRelax: true };

    private LinkSettings Relaxed => this with
    {
        Name = Name.Relaxed, Tls = Tls with { Mode = LinkTlsMode.Opportunistic }, Connections = Math.Min(2, Connections),
    };
}

public enum LinkProtocol : byte
{
    Smtp,

    /// <summary>RFC 2033: a delivery agent, which answers for each recipient.</summary>
    Lmtp,
}

/// <summary>TLS towards a hop.</summary>
public sealed record LinkTls(LinkTlsMode Mode)
{
    /// <summary>Encrypt when offered, without judging the certificate: protects against listening only.</summary>
    public static LinkTls Opportunistic { get; } = new(LinkTlsMode.Opportunistic);

    public static LinkTls None { get; } = new(LinkTlsMode.None);

    /// <summary>PEM file of trust anchors; null: the system's. Used by <see cref="LinkTlsMode.Required"/>.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file of the client certificate, or null.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of its key, or null.</summary>
    public string? KeyFile { get; init; }

    /// <summary>With <see cref="LinkTlsMode.Required"/>: mail that says <c>TLS-Required: No</c> may go without.</summary>
    public bool SenderMayRelax { get; init; }

    /// <summary>The name the certificate must carry when it is not the host's.</summary>
    public string? ServerName { get; init; }
}

public enum LinkTlsMode : byte
{
    None,
    Opportunistic,

    /// <summary>No MAIL in clear, ever: STARTTLS with a certificate that verifies for the host.</summary>
    Required,
}

/// <summary>One row of the routing table.</summary>
public sealed record Route
{
    /// <summary>As in the configuration: <c>user@domain</c>, <c>domain</c>, <c>*.domain</c> or <c>*</c>.</summary>
    public required string Match { get; init; }

    /// <summary>What a message has to fulfil besides; null: nothing. For the same <see cref="Match"/> there is always a row that demands nothing.</summary>
    public RouteCondition? When { get; init; }

    /// <summary>The link to use; for MX routes the template whose name and domain are filled in per domain.</summary>
    public LinkSettings? Link { get; init; }

    /// <summary>Every recipient's own mail domain is looked up in DNS.</summary>
    public bool UseMx { get; init; }

    /// <summary>Refuse instead of relaying; the text is shown to the client.</summary>
    public string? Refuse { get; init; }

    /// <summary>Clients that may not relay may still send here: the switch is responsible for this domain.</summary>
    public bool Open { get; init; }
}
