using System.Collections.Immutable;
using System.Reflection;
using Akka.Actor;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Profiling;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Smtp.Client;
using MilSwitch.Switching.Acknowledgments;
using MilSwitch.Switching.Alarms;
using MilSwitch.Switching.Boundaries;
using MilSwitch.Switching.Channels;
using MilSwitch.Switching.Cluster;
using MilSwitch.Switching.Cluster.Keys;
using MilSwitch.Switching.Cluster.Transport;
using MilSwitch.Switching.Links;
using MilSwitch.Switching.Operations;
using MilSwitch.Switching.Partitions;
using MilSwitch.Switching.Protection;

namespace MilSwitch.Switching;

/// <summary>
/// What every actor of a node shares: immutable snapshots that are swapped whole, and directories of who does what.
/// Thread-safe.
/// </summary>
internal sealed class SwitchRuntime(
    SwitchConfiguration configuration, ISpool spool, TimeProvider time, IMailExchangerResolver resolver, ISmtpTransport transport, ILoggerFactory loggers)
{
    /// <summary>How often what another node owns is tried elsewhere, when it has just changed hands.</summary>
    public const int FarTries = 4;

    /// <summary>Longer than a store takes that is well; on one that is slow this costs nothing, as each message waits for its commits there.</summary>
    private static readonly TimeSpan MostLag = TimeSpan.FromMilliseconds(30);

    private SwitchConfiguration configuration = configuration;
    private readonly Lock swapping = new();
    private RuleBook rules = RuleBook.Empty;
    private PlanChoice? plan;
    private long sequence;
    private long policy = -1;
    private long contentInMemory;
    private long deadLetters;
    private long parked;
    private ImmutableArray<Func<IEnumerable<Alarm>>> further = [];
    private Crossing? crossing;
    private PartitionOwners? owners;

    public SwitchConfiguration Configuration => Volatile.Read(ref configuration);

    public RuleBook Rules => Volatile.Read(ref rules);

    /// <summary>The profiler's plan that a person switched to; null: the one of the file counts.</summary>
    public PlanChoice? Plan => Volatile.Read(ref plan);

    public ISpool Spool { get; } = spool;

    public TimeProvider Time { get; } = time;

    public IMailExchangerResolver Resolver { get; } = resolver;

    public ISmtpTransport Transport { get; } = transport;

    public ILoggerFactory Loggers { get; } = loggers;

    /// <summary>Verifies, opens, signs and encrypts; null: nothing in this node does.</summary>
    public IMessageProtection? Protection { get; init; }

    /// <summary>Takes protection off at boundaries; null: nothing in this node does.</summary>
    public IBoundaryProtection? BoundaryProtection { get; init; }

    /// <summary>Finds certificates of recipients; null: nothing in this node does.</summary>
    public IRecipientCertificates? Certificates { get; init; }

    /// <summary>Asks directories for the members of lists; null: nothing does.</summary>
    public IListMembers? ListMembers { get; init; }

    /// <summary>Carries signed receipts back to originators; null: nothing in this node does.</summary>
    public IReceiptRelay? Receipts { get; init; }

    public Crossing Crossing => crossing ??= new Crossing(this);

    /// <summary>The tokens of this node; null: it has none.</summary>
    public ITokenMonitor? Tokens { get; init; }

    /// <summary>Does what other nodes ask of this node's tokens; null: they may ask nothing.</summary>
    public IKeyHost? KeyHost { get; init; }

    /// <summary>Knows the keys of other nodes; null: this node is on its own.</summary>
    public KeyPeers? KeyPeers { get; init; }

    /// <summary>What this node shows to others and whom it believes.</summary>
    public required NodeCredentials NodeCredentials { get; init; }

    /// <summary>Bounds the contents that are protected at one time.</summary>
    public OctetBudget ProtectionRoom { get; } = new();

    /// <summary>Messages that wait to cross. A few passages for each processor: most of one is work, some of it waits for checks.</summary>
    public CrossingQueue Crossings { get; } = new(4 * Environment.ProcessorCount);

    /// <summary>Where passages that are not urgent do their work.</summary>
    public PassageThreads PassageThreads { get; } = new(Environment.ProcessorCount);

    public PartitionDirectory Partitions { get; } = new();

    /// <summary>What this node does for its cluster.</summary>
    public NodeRoles Roles => Configuration.Cluster?.Roles ?? NodeRoles.All;

    /// <summary>Where a node writes that owns no partitions; null: it owns some.</summary>
    public FarPartitions? Far { get; } = configuration.Cluster is { } cluster && !cluster.Roles.HasFlag(NodeRoles.Switch) ? new FarPartitions() : null;

    public LinkDirectory Links { get; } = new();

    /// <summary>Asks the owners of partitions, wherever they are.</summary>
    public PartitionOwners Owners => owners ??= new PartitionOwners(Partitions);

    /// <summary>Knows the other nodes; null: this node is on its own.</summary>
    public IActorRef? Membership { get; set; }

    /// <summary>Alarms of what this program does beside the switch.</summary>
    public IEnumerable<Alarm> FurtherAlarms() => ChannelCounting.Alarms.Concat(further.SelectMany(f => f()));

    /// <summary>One more who is asked for alarms.</summary>
    public void AlarmWith(Func<IEnumerable<Alarm>> source) => ImmutableInterlocked.Update(ref further, all => all.Add(source));

    /// <summary>Gives the numbers of channels on the way out.</summary>
    public ChannelNumbers ChannelNumbers { get; } = new(spool);

    /// <summary>Counts the numbers of channels on the way in.</summary>
    public ChannelCounting ChannelCounting { get; } = new(spool, time);

    /// <summary>Which share of each level is delivered in its time.</summary>
    public ServiceSpeed Speed { get; } = new();

    /// <summary>Messages between actors that found nobody, since the start.</summary>
    public long DeadLetters => Volatile.Read(ref deadLetters);

    public void CountDeadLetter() => Interlocked.Increment(ref deadLetters);

    /// <summary>Mail that was set aside because work on it failed again and again, since the start.</summary>
    public long Parked => Volatile.Read(ref parked);

    public void CountParked() => Interlocked.Increment(ref parked);

    /// <summary>What is known of acknowledgments that are awaited.</summary>
    public AcknowledgmentBoard Acknowledgments { get; } = new();

    public SwitchMeters Meters { get; } = new();

    /// <summary>Ids of a cluster are its own; those of nodes with a store each may be the same.</summary>
    public MessageTraces Traces { get; } = new(configuration.Cluster is null ? configuration.Node : "");

    public EventHub Events { get; } = new(spool.Run, time);

    /// <summary>The nodes of the cluster; a node on its own sees nobody.</summary>
    public ClusterView Cluster { get; set; } = ClusterView.Alone;

    /// <summary>What the nodes of a cluster share; null: this node is on its own.</summary>
    public IClusterStore? ClusterStore { get; init; }

    /// <summary>Who waits for a turn on links that are used in turns.</summary>
    public LinkWants Wants { get; } = new();

    /// <summary>What ends this node when another one has replaced it.</summary>
    public NodeFence Fence { get; } = new(loggers.CreateLogger<NodeFence>());

    /// <summary>The store refused a write: unless the partition leaves, somebody took this node for dead.</summary>
    public void WasFenced(PartitionEpoch epoch)
    {
        if (Partitions.Find(epoch.Partition)?.Epoch == epoch) Fence.Trip(epoch.Partition);
    }

    /// <summary>Set in a cluster: false when the store was silent for so long that others may have taken what this node owns.</summary>
    public Func<bool> MaySend { get; set; } = static () => true;

    /// <summary>
    /// False while what becomes of a message could not be recorded: were it sent now and this node lost, it would come twice. Of
    /// a node in a cluster; nobody takes what a node on its own owns, and what that sends frees its disk.
    /// </summary>
    public bool MayBegin => ClusterStore is null || (Spool.Lag < MostLag && Spool.Health is not SpoolHealth.Unwritable);

    /// <summary>Set in a cluster: the next look at the store is due now.</summary>
    public Action LookAtStore { get; set; } = static () => { };

    /// <summary>The incarnation that owns partitions: the node's name and the number of its start.</summary>
    public NodeIdentity Identity => new(Configuration.Node, Spool.Run);

    public string Version { get; } = typeof(SwitchRuntime).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    /// <summary>
    /// Version of the rules and settings that are in force here; −1: none yet, or of a node on its own, which needs none. To be
    /// read before the rules: what is judged by newer ones than it names is merely judged again.
    /// </summary>
    public long Policy
    {
        get => Volatile.Read(ref policy);
        set => Volatile.Write(ref policy, value);
    }

    /// <summary>For <see cref="SpoolOperation.Policy"/> of what follows from rules.</summary>
    public long? JudgedBy => ClusterStore is null ? null : Policy;

    /// <summary>Takes over what the cluster shares of the configuration; false: this node can't.</summary>
    public Func<CancellationToken, Task<bool>> FollowConfiguration { get; set; } = static _ => Task.FromResult(true);

    public DateTimeOffset StartedAt { get; } = time.GetUtcNow();

    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>An id that was never given before: the run is the store's, the sequence this process's.</summary>
    public MessageId NextId(int partition) => MessageId.Create(Spool.Run, Interlocked.Increment(ref sequence), partition);

    /// <summary>Octets of contents that are kept in memory until they are sent.</summary>
    public long ContentInMemory => Volatile.Read(ref contentInMemory);

    public void CountContentInMemory(long change) => Interlocked.Add(ref contentInMemory, change);

    /// <summary>All names of this switch, for the detection of loops.</summary>
    public IReadOnlyCollection<string> OwnNames { get; private set; } = [configuration.HostName, .. configuration.OwnNames];

    /// <summary>Records something that concerns the node and no message. False: the store is away or not owned, nothing was recorded.</summary>
    public async Task<bool> AuditAsync(AuditKind kind, string detail, string? who, CancellationToken cancellationToken)
    {
        ImmutableArray<AuditEvent> audit = [new AuditEvent(Now, kind, default, -1, detail, who)];
        return await TryRecordAsync(default, audit, Precedence.Immediate, cancellationToken).ConfigureAwait(false) is { IsCommitted: true };
    }

    /// <summary>
    /// As <see cref="AuditAsync"/>, for what must not happen unrecorded: throws <see cref="SpoolUnavailableException"/> when
    /// nothing was recorded.
    /// </summary>
    /// <param name="at">When it happened, so that the same line is not written twice; null: now.</param>
    public async Task RecordAsync(AuditKind kind, string detail, string? who, CancellationToken cancellationToken, DateTimeOffset? at = null)
    {
        ImmutableArray<AuditEvent> audit = [new AuditEvent(at ?? Now, kind, default, -1, detail, who)];
        if (await TryRecordAsync(default, audit, Precedence.Immediate, cancellationToken).ConfigureAwait(false) is not { } result) throw new SpoolUnavailableException(SpoolHealth.Unwritable);
        if (!result.IsCommitted) throw new SpoolUnavailableException(result.Status == CommitStatus.Full ? SpoolHealth.Full : SpoolHealth.Unwritable);
    }

    /// <summary>Puts lines into the trail, with the right of any partition. Null: there is none to write with.</summary>
    /// <param name="about">Its own partition is the first choice.</param>
    public async ValueTask<CommitResult?> TryRecordAsync(MessageId about, ImmutableArray<AuditEvent> audit, Precedence precedence, CancellationToken cancellationToken)
    {
        if (Partitions.Recording(about) is { } own) return await Spool.CommitAsync(new SpoolOperation(own.Epoch) { Audit = audit }, precedence, cancellationToken).ConfigureAwait(false);
        CommitResult? result = null;
        for (var tries = 0; tries < FarTries && Far?.Next() is { } far; tries++)
        {
            result = await Spool.CommitAsync(new SpoolOperation(far) { Audit = audit }, precedence, cancellationToken).ConfigureAwait(false);
            if (result.Value.Status is not CommitStatus.Fenced) break;
            Far.Drop(far);
        }

        return result;
    }

    public void Swap(SwitchConfiguration next)
    {
        lock (swapping)
        {
            OwnNames = [next.HostName, .. next.OwnNames];
            Volatile.Write(ref configuration, next);
            Swap(Rules);
        }
    }

    public void Swap(RuleBook next)
    {
        lock (swapping) Volatile.Write(ref rules, next.With(exemptions: !Configuration.MinimizeExemptions.IsEmpty));
    }

    public void Swap(PlanChoice? next) => Volatile.Write(ref plan, next);

    /// <summary>
    /// Tells everybody that rules or configuration are others now. Where MINIMIZE closes no link to a level, what was made
    /// ready before has to be judged again.
    /// </summary>
    public void Reconsider()
    {
        if (!Configuration.MinimizeExemptions.IsEmpty)
        {
            foreach (var partition in Partitions.Owned) partition.Actor.Tell(PartitionCommands.Recall.Instance);
        }

        foreach (var link in Links.All) link.Actor.Tell(new LinkCommands.Reconsider());
    }
}
