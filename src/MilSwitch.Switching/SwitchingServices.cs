using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Domain.Tracking;
using MilSwitch.Domain.Watching;
using MilSwitch.Smtp.Client;
using MilSwitch.Switching.Acknowledgments;
using MilSwitch.Switching.Alarms;
using MilSwitch.Switching.Cluster;
using MilSwitch.Switching.Cluster.Keys;
using MilSwitch.Switching.Cluster.Transport;
using MilSwitch.Switching.Intake;
using MilSwitch.Switching.Labelling;
using MilSwitch.Switching.Links;
using MilSwitch.Switching.Operations;
using MilSwitch.Switching.Partitions;
using MilSwitch.Switching.Protection;
using MilSwitch.Switching.Reports;
using MilSwitch.Switching.Tracking;
using MilSwitch.Switching.Watching;

namespace MilSwitch.Switching;

/// <summary>The switching core, as services.</summary>
public static class SwitchingServices
{
    /// <summary>
    /// Adds the core: <see cref="IIntake"/>, <see cref="IOperatorActions"/>, <see cref="ISwitchControl"/> and the actor
    /// system as a hosted service. Needs <see cref="ISpool"/>, <see cref="TimeProvider"/>,
    /// <see cref="IMailExchangerResolver"/> and logging in the container, and <see cref="IMessageProtection"/> and
    /// <see cref="ITokenMonitor"/> where listeners or routes protect, <see cref="IKeyHost"/> where other nodes may use this one's tokens; <see cref="NodeCredentials"/> and
    /// <see cref="ClusterTls"/> where there are other nodes.
    /// </summary>
    public static IServiceCollection AddSwitching(this IServiceCollection services, SwitchConfiguration configuration)
    {
        services.TryAddSingleton<ISmtpTransport>(provider => new TcpSmtpTransport { Dialogues = provider.GetService<DialogueBoard>() });
        services.AddSingleton(provider => new SwitchRuntime(
            configuration, provider.GetRequiredService<ISpool>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IMailExchangerResolver>(), provider.GetRequiredService<ISmtpTransport>(),
            provider.GetRequiredService<ILoggerFactory>())
        {
            Protection = provider.GetService<IMessageProtection>(),
            BoundaryProtection = provider.GetService<IBoundaryProtection>(),
            Certificates = provider.GetService<IRecipientCertificates>(),
            ListMembers = provider.GetService<IListMembers>(),
            Receipts = provider.GetService<IReceiptRelay>(),
            Tokens = provider.GetService<ITokenMonitor>(),
            KeyHost = provider.GetService<IKeyHost>(),
            KeyPeers = provider.GetService<KeyPeers>(),
            ClusterStore = configuration.Cluster is null ? null : provider.GetRequiredService<IClusterStore>(),
            NodeCredentials = provider.GetService<NodeCredentials>() ?? new NodeCredentials(Cluster.Transport.NodeCertificate.ForOne(provider.GetRequiredService<TimeProvider>())),
        });
        if (configuration.Cluster is not null)
        {
            services.AddSingleton(provider => new KeyPeers(provider.GetRequiredService<TimeProvider>()));
            services.AddSingleton<IKeyPeers>(provider => provider.GetRequiredService<KeyPeers>());
        }

        services.AddSingleton<IIntake, SwitchIntake>();
        services.AddSingleton<ISwitchEvents>(provider => provider.GetRequiredService<SwitchRuntime>().Events);
        services.AddSingleton<RuleKeeper>();
        services.AddSingleton<AlarmWatch>();
        services.AddSingleton<NodeWatch>();
        services.AddSingleton<OperatorActions>();
        services.AddProposals();
        services.AddSingleton<IOperatorActions>(provider => new GuardedActions(provider.GetRequiredService<OperatorActions>(), provider.GetRequiredService<ProposalDesk>(), provider.GetService<IContentClearance>()));
        services.AddSingleton<NodePicture>();
        services.AddSingleton<IWatchFeed, WatchFeed>();
        services.AddSingleton<ILabelMarks, LabelMarks>();
        services.AddSingleton(provider => new AlarmKeeper(
            provider.GetRequiredService<SwitchRuntime>(), provider.GetRequiredService<NodeWatch>(), provider.GetRequiredService<ILogger<AlarmKeeper>>(), provider.GetService<IAlarmNotifiers>()));
        services.AddSingleton<IAlarmDesk>(provider => new AlarmDesk(
            provider.GetRequiredService<SwitchRuntime>(), provider.GetRequiredService<NodeWatch>(), provider.GetRequiredService<AlarmKeeper>(), provider.GetService<IAlarmNotifiers>()));
        services.AddSingleton<SwitchControl>();
        services.AddSingleton<ISwitchControl>(provider => provider.GetRequiredService<SwitchControl>());
        // Before the actors, and so stopped after them: what they hand over they own until then.
        services.AddSingleton(provider => new ClusterBeat(
            provider.GetRequiredService<SwitchRuntime>(), provider.GetRequiredService<RuleKeeper>(), provider.GetRequiredService<ILogger<ClusterBeat>>(),
            provider.GetRequiredService<SwitchRuntime>().ClusterStore));
        services.AddHostedService(provider => provider.GetRequiredService<ClusterBeat>());
        services.AddAkka(ClusterSettings.SystemName, (builder, provider) => Build(builder, provider.GetRequiredService<SwitchRuntime>(), provider));
        services.AddHostedService<Housekeeping>();
        services.AddHostedService(provider => provider.GetRequiredService<AlarmKeeper>());
        services.AddHostedService<ArrivalSweeper>();
        services.AddSingleton<ITrackingDesk, TrackingDesk>();
        services.AddHostedService<TrackingSweeper>();
        return services;
    }

    /// <summary>Adds <see cref="IProposalDesk"/>, unless it is there; <see cref="ITwoPersonPolicy"/> says what waits there.</summary>
    public static IServiceCollection AddProposals(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => new ProposalDesk(
            provider.GetService<ISpool>(), provider.GetRequiredService<ISwitchControl>(), provider.GetService<ITwoPersonPolicy>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IProposalDesk>(provider => provider.GetRequiredService<ProposalDesk>());
        return services;
    }

    private static string SwitchRole => NodeRoles.Switch.Words().Single();

    /// <summary>Further settings of the actor system, for tests that force serialization on.</summary>
    internal sealed record FurtherSettings(string Hocon);

    private static void Build(AkkaConfigurationBuilder builder, SwitchRuntime runtime, IServiceProvider provider) => WithStore(builder, runtime)
        .AddHocon(ClusterSettings.Hocon, HoconAddMode.Prepend)
        .AddHocon(runtime.Configuration.Cluster is { } cluster ? ClusterSettings.Clustered(cluster) : "", HoconAddMode.Prepend)
        .AddHocon(provider.GetService<FurtherSettings>()?.Hocon ?? "", HoconAddMode.Prepend)
        .AddSetup(new NodeTransportSetup(runtime.NodeCredentials, NodeTransportLimits.For(provider.GetService<ClusterTls>()), new NodeTransportMeters(), runtime.Loggers, runtime.Time))
        .ConfigureLoggers(loggers =>
        {
            loggers.ClearLoggers();
            loggers.AddLoggerFactory();
            loggers.LogLevel = Akka.Event.LogLevel.WarningLevel;
        })
        .WithClustering(new ClusterOptions { Roles = [.. runtime.Roles.Words()] })
        .With(b => runtime.Far is not null
            ? b.WithShardRegionProxy<PartitionActor>("partition", SwitchRole, new PartitionExtractor())
            : b.WithShardRegion<PartitionActor>(
                "partition",
                (system, registry) =>
                {
                    var reports = system.ActorOf(ReportActor.Props(runtime), "reports");
                    return entity => PartitionActor.Props(int.Parse(entity, System.Globalization.CultureInfo.InvariantCulture), runtime, reports);
                },
                new PartitionExtractor(),
                new ShardOptions
                {
                    StateStoreMode = StateStoreMode.DData, RememberEntities = false, ShouldPassivateIdleEntities = false, Role = SwitchRole,
                    HandOffStopMessage = PartitionCommands.Stop.Instance,
                }))
        .AddStartup(async (system, registry) =>
        {
            runtime.Links.MakeWith(settings => Make(system, runtime, settings));
            await provider.GetRequiredService<RuleKeeper>().LoadAsync(CancellationToken.None).ConfigureAwait(false);
            await JoinAsync(system, runtime, provider).ConfigureAwait(false);
            runtime.Owners.ReachBy(registry.Get<PartitionActor>());
            if (runtime.Far is null)
            {
                var pinger = system.ActorOf(PartitionPinger.Props(registry.Get<PartitionActor>()), "pinger");
                // A region that is stopping ends only when it keeps nothing for anybody, and keeps what comes behind a partition that it gave up.
                CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeClusterShutdown, "ping-no-more", async () =>
                {
                    await pinger.GracefulStop(TimeSpan.FromSeconds(2)).ConfigureAwait(false);
                    return Akka.Done.Instance;
                });
            }

            system.ActorOf(DeadLetterCounter.Props(runtime), "dead-letter-counter");
            runtime.Acknowledgments.Actor = system.ActorOf(AcknowledgmentActor.Props(runtime), "acknowledgments");
            if (runtime.Tokens is { } tokens)
            {
                for (var slot = 0; slot < tokens.Tokens.Count; slot++) system.ActorOf(SlotActor.Props(runtime, tokens, slot));
            }

            CoordinatedShutdown.Get(system).AddTask(
                CoordinatedShutdown.PhaseBeforeServiceUnbind, "drain", () => DrainAsync(runtime));
        });

    private static async Task JoinAsync(ActorSystem system, SwitchRuntime runtime, IServiceProvider provider)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        if (runtime.ClusterStore is not { } store)
        {
            // One node with an embedded store is a cluster of one: it joins itself.
            await cluster.JoinAsync(cluster.SelfAddress).ConfigureAwait(false);
            return;
        }

        var beat = provider.GetRequiredService<ClusterBeat>();
        var own = cluster.SelfAddress;
        var address = $"{own.Host}:{own.Port}";
        var node = runtime.Identity;
        runtime.MaySend = () => beat.IsTrusted;
        runtime.LookAtStore = beat.Hurry;
        // The supervisor of the process starts it afresh.
        runtime.Fence.EndBy(() => cluster.Down(own));
        // A lease that is only ever tried when the cluster divides is never tried.
        var lease = Akka.Coordination.LeaseProvider.Get(system).GetLease("trial-" + node.Name, "milswitch-lease", node.ToString());
        if (await lease.Acquire().ConfigureAwait(false)) await lease.Release().ConfigureAwait(false);
        await new ClusterFormation(system, store, runtime.Configuration.Cluster!, runtime.Time, runtime.Loggers.CreateLogger<ClusterFormation>())
            .JoinAsync(address, node, CancellationToken.None).ConfigureAwait(false);
        beat.Address = address;
        beat.Hurry();
        system.ActorOf(KeyActor.Props(runtime), KeyActor.Name);
        var watch = provider.GetRequiredService<NodeWatch>();
        system.ActorOf(WatchActor.Props(watch, provider.GetRequiredService<NodePicture>()), WatchActor.Name);
        watch.ReachBy(system);
        runtime.Membership = system.ActorOf(MembershipActor.Props(runtime, beat), MembershipActor.Name);
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "record", async () =>
        {
            // As long as it owns something that it may write to.
            if (runtime.Fence.IsCutOff) return Akka.Done.Instance;
            await runtime.AuditAsync(AuditKind.NodeStopped, $"node {node.Name}, run {node.Incarnation}", null, CancellationToken.None).ConfigureAwait(false);
            return Akka.Done.Instance;
        });
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterExitingDone, "forget", async () =>
        {
            beat.Address = null;
            if (runtime.Fence.IsCutOff) return Akka.Done.Instance;
            try
            {
                await store.RemoveNodeAsync(address, node, CancellationToken.None).ConfigureAwait(false);
            }
            catch (SpoolUnavailableException)
            {
                // It is forgotten by its silence.
            }

            return Akka.Done.Instance;
        });
    }

    private static AkkaConfigurationBuilder With(this AkkaConfigurationBuilder builder, Func<AkkaConfigurationBuilder, AkkaConfigurationBuilder> further) => further(builder);

    private static AkkaConfigurationBuilder WithStore(AkkaConfigurationBuilder builder, SwitchRuntime runtime) =>
        runtime.ClusterStore is { } store ? builder.AddSetup(new ClusterStoreSetup(store, runtime.Time)) : builder;

    private static LinkHandle Make(ActorSystem system, SwitchRuntime runtime, LinkSettings settings)
    {
        var gauge = new LinkGauge();
        return new LinkHandle(settings.Name, gauge)
        {
            Actor = system.ActorOf(LinkActor.Props(runtime, settings, gauge), "link-" + Uri.EscapeDataString(settings.Name.Value)),
        };
    }

    // In order: transactions under way end, what was armed ahead is disarmed, steps that are being recorded are recorded.
    private static async Task<Akka.Done> DrainAsync(SwitchRuntime runtime)
    {
        // In a cluster each partition ends what it has under way and goes on elsewhere; nobody waits for the slowest of all.
        if (runtime.ClusterStore is not null) return Akka.Done.Instance;
        var deadline = TimeSpan.FromSeconds(10);
        var links = runtime.Links.All.Select(link => Quietly(link.Actor.Ask<LinkEvents.Drained>(new LinkCommands.Drain(), deadline)));
        await Task.WhenAll(links).ConfigureAwait(false);
        var partitions = runtime.Partitions.Owned.Select(p => Quietly(p.Actor.Ask<PartitionEvents.Quiet>(new PartitionCommands.Quiesce(), deadline)));
        await Task.WhenAll(partitions).ConfigureAwait(false);
        // A start without this before it tells of a node that died.
        await runtime.AuditAsync(AuditKind.NodeStopped, $"node {runtime.Configuration.Node}, run {runtime.Spool.Run}", null, CancellationToken.None).ConfigureAwait(false);
        return Akka.Done.Instance;

        static async Task Quietly(Task task)
        {
            try
            {
                await task.ConfigureAwait(false);
            }
            catch (AskTimeoutException)
            {
                // What could not be drained in time is a suspect after the restart: late, never lost.
            }
        }
    }
}
