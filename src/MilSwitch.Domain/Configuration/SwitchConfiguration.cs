using System.Collections.Immutable;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Profiling;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Releases;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Domain.Configuration;

/// <summary>Everything the switching core needs to know. Immutable; a reload swaps the whole value.</summary>
public sealed record SwitchConfiguration
{
    /// <summary>Name of this node, unique in its cluster.</summary>
    public required string Node { get; init; }

    /// <summary>The name in the greeting, in EHLO and in trace fields.</summary>
    public required string HostName { get; init; }

    /// <summary>Its place among other nodes over the same store; null: it is on its own.</summary>
    public ClusterConfiguration? Cluster { get; init; }

    /// <summary>Further names this switch has: their presence in a Received field's <c>by</c> means a loop.</summary>
    public ImmutableArray<string> OwnNames { get; init; } = [];

    /// <summary>Where mail for this switch's postmaster goes; null: to postmaster at the first of its further names, else at its host name.</summary>
    public Mailbox? Postmaster { get; init; }

    public required RouteTable Routes { get; init; }

    public PrecedenceTable Precedences { get; init; } = PrecedenceTable.Default;

    public LoopLimits Loops { get; init; } = new();

    public DuplicateDetection Duplicates { get; init; } = new();

    public ReportSettings Reports { get; init; } = new();

    /// <summary>How long the acknowledgments that were asked for are waited for.</summary>
    public AcknowledgmentDeadlines Acknowledgments { get; init; } = AcknowledgmentDeadlines.Default;

    /// <summary>When alarms are raised, and who is told.</summary>
    public AlarmSettings Alarms { get; init; } = new();

    public ContentLimits Content { get; init; } = new();

    public MinimizeExemptions MinimizeExemptions { get; init; } = MinimizeExemptions.None;

    public Budgets Budgets { get; init; } = new();

    /// <summary>What listeners do about the protection of messages, by their names; null: no listener does anything.</summary>
    public IReadOnlyDictionary<string, ArrivalProtection>? Arrivals { get; init; }

    /// <summary>What listeners do about labels, by their names; null: no listener does anything.</summary>
    public IReadOnlyDictionary<string, IListenerLabelling>? ListenerLabels { get; init; }

    /// <summary>What listeners demand of MMHS fields, by their names; one that is not there demands nothing.</summary>
    public IReadOnlyDictionary<string, MmhsRules> ListenerMmhs { get; init; } = ImmutableDictionary<string, MmhsRules>.Empty;

    /// <summary>Security domains and the boundaries between them.</summary>
    public BoundaryMap Boundaries { get; init; } = BoundaryMap.None;

    /// <summary>Mailing lists and address indicating groups.</summary>
    public MailingListMap Lists { get; init; } = MailingListMap.None;

    /// <summary>Addresses whose mail goes to those whom the profiler's plan names.</summary>
    public ProfilerMap Profilers { get; init; } = ProfilerMap.None;

    /// <summary>There are addresses where messages become others.</summary>
    public bool HasDistributors => !Lists.IsEmpty || !Profilers.IsEmpty;

    /// <summary>Draft and release.</summary>
    public ReleaseSettings Releases { get; init; } = ReleaseSettings.None;

    /// <summary>Makes and checks the ENVIDs of copies that leave a security domain; null: they keep the originator's, and reports are believed by signatures alone.</summary>
    public EnvelopeTagKeys? EnvelopeTags { get; init; }

    /// <summary>The security domains of listeners, by their names; empty: there are no domains.</summary>
    public IReadOnlyDictionary<string, string> ListenerDomains { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Channels whose numbers the listeners of this node count, each once.</summary>
    public ImmutableArray<string> CountedChannels { get; init; } = [];

    /// <summary>What is out of date (<see cref="Messages.Envelope.Expires"/>) is held instead of sent.</summary>
    public bool HoldOutOfDate { get; init; }

    /// <summary>As whom accounts may write, by their names; what nothing is said of may write as anybody, and vouches for nobody.</summary>
    public IReadOnlyDictionary<string, MailboxSet> AccountAddresses { get; init; } = ImmutableDictionary<string, MailboxSet>.Empty;

    /// <summary>The labels that may be used; null: no policy is known.</summary>
    public ILabelCatalogue? LabelCatalogue { get; init; }

    /// <summary>Where browsers find the console of this node; null: nobody said.</summary>
    public string? Console { get; init; }

    public RateLimits Rates { get; init; } = new();

    public Retention Retention { get; init; } = new();

    /// <summary>The list or profiler at an address; null: there is none.</summary>
    /// <param name="domain">The security domain of the message; null: there are no domains.</param>
    /// <param name="address">Of a recipient.</param>
    public Distributor? DistributorAt(string? domain, Mailbox address) => (Distributor?)Lists.Find(domain, address) ?? Profilers.Find(domain, address);

    /// <summary>The list or profiler at an address in whatever domain; null: there is none.</summary>
    public Distributor? DistributorAt(Mailbox address) => (Distributor?)Lists.Anywhere(address) ?? Profilers.Anywhere(address);

    /// <summary>The list or profiler that made a message; null: none did, or it is there no more.</summary>
    public Distributor? DistributorFrom(Envelope envelope) =>
        envelope.Origin.DistributedBy is { } text && Mailbox.TryParse(text, allowUtf8: true, out var address, out _) ? DistributorAt(envelope.Domain, address) : null;

    /// <summary>
    /// RFC 5321 §4.5.1: postmaster, in any case, without a domain or at one of this switch's names. Everybody may write to it.
    /// </summary>
    public bool IsOwnPostmaster(Mailbox address) =>
        address.LocalPart.Equals("postmaster", StringComparison.OrdinalIgnoreCase)
        && (address.Domain.Length is 0 || Same(address.Domain, HostName) || OwnNames.Any(name => Same(address.Domain, name)));

    /// <summary>The recipient as it travels: this switch's postmaster at the address that reads its mail, everybody else unchanged.</summary>
    public Recipient Resolve(Recipient recipient)
    {
        var address = recipient.Address;
        // An address of an own name has a route of its own, as long as nobody says otherwise.
        if (!IsOwnPostmaster(address) || (address.Domain.Length > 0 && Postmaster is null)) return recipient;
        var target = Postmaster ?? Mailbox.Parse("postmaster@" + (OwnNames.IsEmpty ? HostName : OwnNames[0]));
        if (target == address) return recipient;
        // RFC 3461 §5.2.1 (d): what RCPT said, if it is a whole address and the sender named none.
        var original = address.Domain.Length > 0 && !address.NeedsUtf8 ? new OriginalRecipient("rfc822", address.Text) : null;
        return recipient with { Address = target, OriginalRecipient = recipient.OriginalRecipient ?? original };
    }

    /// <summary>A recipient that is an address of the switch itself: of a list, a profiler, a boundary, or the release desk. It takes no link.</summary>
    /// <param name="envelope">Of the message.</param>
    /// <param name="index">Of the recipient.</param>
    public bool IsWorkedOn(Envelope envelope, int index)
    {
        var address = envelope.Recipients[index].Address;
        return DistributorAt(envelope.Domain, address) is not null || Boundaries.Gateway(envelope.Domain, address) is not null || Releases.IsDesk(envelope.Domain, address);
    }

    private static bool Same(string domain, string name) => domain.Equals(name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>RFC 5321 §6.3.</summary>
public sealed record LoopLimits
{
    /// <summary>More Received fields than this are a loop.</summary>
    public int MaximumHops { get; init; } = 50;

    /// <summary>This many Received fields of our own are a loop; one may be a legitimate return through a list or gateway.</summary>
    public int MaximumOwnHops { get; init; } = 3;
}

public sealed record DuplicateDetection
{
    public bool Enabled { get; init; } = true;

    /// <summary>How long an accepted message is remembered.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromHours(48);
}

public sealed record ReportSettings
{
    /// <summary>Address in the From field of reports; the envelope's sender is always null.</summary>
    public string From { get; init; } = "";

    /// <summary>Reports to one originator in one hour; beyond it further ones are suppressed and counted (backscatter).</summary>
    public int PerOriginatorAndHour { get; init; } = 200;

    /// <summary>A larger original is returned as headers only.</summary>
    public int MaximumReturnedOctets { get; init; } = 64 << 10;

    /// <summary>How reports are signed and encrypted when they leave; null: as their route says.</summary>
    public ReportProtection? Protection { get; init; }
}

public sealed record ContentLimits
{
    public int MaximumHeaderOctets { get; init; } = 256 << 10;
    public int MaximumHeaderFields { get; init; } = 1000;
    public int MaximumDepth { get; init; } = 20;
    public int MaximumParts { get; init; } = 1000;
}

/// <summary>What the node takes on before it asks clients to wait; the urgent levels have a tenth in reserve.</summary>
public sealed record Budgets
{
    public int PendingMessages { get; init; } = 2_000_000;

    /// <summary>Contents in memory, in octets.</summary>
    public long ContentInMemory { get; init; } = 256L << 20;

    /// <summary>Below this free space on the store's volume new mail is refused with 452, in octets.</summary>
    public long MinimumFreeSpace { get; init; } = 64L << 20;

    /// <summary>
    /// Octets of messages that are verified, opened, signed or encrypted at one time; a larger message has it to itself. The
    /// work takes about four times as much memory.
    /// </summary>
    public long ProtectionInMemory { get; init; } = 64L << 20;

    /// <summary>May a message begin, with so much free space?</summary>
    public bool HasRoom(long freeOctets, Precedence precedence) => freeOctets >= MinimumFreeSpace * (precedence.IsUrgent() ? 0.1 : 1.0);

    /// <summary>
    /// May a message that is under way be accepted? Down to half of the space and no further: without any room no change of
    /// state can be recorded, so nothing could be sent, and no room would ever come back.
    /// </summary>
    public bool HasRoomToAccept(long freeOctets, Precedence precedence) => freeOctets >= MinimumFreeSpace * (precedence.IsUrgent() ? 0.05 : 0.5);
}

/// <summary>
/// What one originator may send in a minute, all at once or spread; 0: as much as it likes. An originator is the
/// authenticated account, else the client's address.
/// </summary>
public sealed record RateLimits
{
    /// <summary>
    /// Messages of Flash and above. These levels pass everything else, and their answer is awaited within minutes: ten a
    /// second are far beyond what people or sensors of one originator have to say, and little enough for the reserved lanes.
    /// </summary>
    public int FlashPerOriginatorAndMinute { get; init; } = 600;

    /// <summary>
    /// Messages of any level: ten thousand a second, more than the switch relays on two cores. A neighbour that clears its
    /// backlog never meets it; whoever does for a whole minute is flooding.
    /// </summary>
    public int MessagesPerClientAndMinute { get; init; } = 600_000;
}

public sealed record Retention
{
    /// <summary>How long finished messages and their audit events can be tracked; the profile asks for ten days or more.</summary>
    public TimeSpan Messages { get; init; } = TimeSpan.FromDays(14);
}
