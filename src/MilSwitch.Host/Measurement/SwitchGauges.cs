using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Api;
using MilSwitch.Host.Running;
using Prometheus;

namespace MilSwitch.Host.Measurement;

/// <summary>
/// What only the switch as a whole knows, asked for at each scrape: <c>milswitch_queued</c> and
/// <c>milswitch_oldest_seconds</c> by precedence; <c>milswitch_link_up</c>, <c>milswitch_link_connections</c> by link;
/// <c>milswitch_link_waiting</c> by link and precedence; <c>milswitch_held</c>, <c>milswitch_links</c>,
/// <c>milswitch_links_down</c>, <c>milswitch_token_working</c>, <c>milswitch_ready</c>, <c>milswitch_alarms</c>, <c>milswitch_alarm_records</c> by severity and state, <c>milswitch_store_used_bytes</c>,
/// <c>milswitch_store_free_bytes</c>, <c>milswitch_cluster_…</c>, <c>milswitch_build_info</c>.
/// </summary>
/// <remarks>At most <see cref="MaximumLinks"/> links, those with most waiting: MX routes make one for each domain.</remarks>
public sealed class SwitchGauges(IOperatorActions actions, ConfigurationHolder configuration, TimeProvider time, IAlarmDesk? desk = null)
{
    public const int MaximumLinks = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly HashSet<string> shown = [];

    public void AddTo(CollectorRegistry registry)
    {
        var factory = Metrics.WithCustomRegistry(registry);
        var queued = factory.CreateGauge("milswitch_queued", "Messages waiting, by precedence", "precedence");
        var oldest = factory.CreateGauge("milswitch_oldest_seconds", "Age of the oldest waiting message, by precedence; 0 when none waits", "precedence");
        var up = factory.CreateGauge("milswitch_link_up", "1 when the link's breaker is closed", "link");
        var connections = factory.CreateGauge("milswitch_link_connections", "Open connections, by link", "link");
        var waiting = factory.CreateGauge("milswitch_link_waiting", "Recipients waiting, by link and precedence", "link", "precedence");
        var held = factory.CreateGauge("milswitch_held", "Messages held by a person or a rule");
        var links = factory.CreateGauge("milswitch_links", "Links in use");
        var down = factory.CreateGauge("milswitch_links_down", "Links whose breaker is open");
        var ready = factory.CreateGauge("milswitch_ready", "1 when the switch takes mail");
        var alarms = factory.CreateGauge("milswitch_alarms", "Standing alarms");
        var records = factory.CreateGauge("milswitch_alarm_records", "Alarms of all nodes that are open or shelved, by severity and state", "severity", "state");
        var tokens = factory.CreateGauge("milswitch_token_working", "1 when the token takes work", "token");
        var used = factory.CreateGauge("milswitch_store_used_bytes", "Size of the store");
        var free = factory.CreateGauge("milswitch_store_free_bytes", "Free space on the store's volume");
        var members = factory.CreateGauge("milswitch_cluster_nodes", "Nodes as this one sees them, itself included, by state", "state");
        var unreachable = factory.CreateGauge("milswitch_cluster_unreachable", "Nodes that this one can't reach");
        var partitions = factory.CreateGauge("milswitch_cluster_partitions", "Partitions that this node owns");
        var silence = factory.CreateGauge("milswitch_cluster_store_silence_seconds", "Time since the store answered this node");
        factory.CreateGauge("milswitch_build_info", "1; the version of the program", "version").WithLabels(ProgramVersion.Text).Set(1);
        registry.AddBeforeCollectCallback(CollectAsync);

        async Task CollectAsync(CancellationToken cancellationToken)
        {
            // A switch that does not answer must not take its metrics with it: they are wanted most just then.
            using var patience = new CancellationTokenSource(Patience, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            SwitchStatus status;
            IReadOnlyList<LinkStatus> all;
            IReadOnlyList<AlarmEntry> open;
            ClusterView cluster;
            try
            {
                status = await actions.StatusAsync(both.Token).AsTask().WaitAsync(both.Token);
                all = await actions.LinksAsync(both.Token).AsTask().WaitAsync(both.Token);
                open = desk is null ? [] : await desk.ListAsync(AlarmScope.All, both.Token).AsTask().WaitAsync(both.Token);
                cluster = await actions.ClusterAsync(both.Token).AsTask().WaitAsync(both.Token);
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                ready.Set(0);
                return;
            }

            foreach (var level in status.Precedences)
            {
                queued.WithLabels(level.Precedence.Keyword()).Set(level.Queued);
                oldest.WithLabels(level.Precedence.Keyword()).Set(level.Oldest?.TotalSeconds ?? 0);
            }

            held.Set(status.Held);
            links.Set(status.Links);
            down.Set(status.LinksDown);
            ready.Set(status.Ready ? 1 : 0);
            alarms.Set(status.Alarms.Length + configuration.Alarms.Count);
            Show(open, records);
            foreach (var token in status.Tokens) tokens.WithLabels(token.Name).Set(token.State == TokenCondition.Working ? 1 : 0);
            used.Set(status.Usage.UsedOctets);
            if (status.Usage.FreeOctets == SpoolUsage.Unknown) free.Unpublish();
            else free.Set(status.Usage.FreeOctets);
            foreach (var state in Enum.GetValues<MemberState>()) members.WithLabels(state.ToString().ToLowerInvariant()).Set(cluster.Members.Count(m => m.State == state));
            unreachable.Set(cluster.Members.Count(m => !m.Reachable));
            var own = cluster.Members.FirstOrDefault(m => m.Self)?.Report;
            partitions.Set(own?.Partitions ?? 0);
            silence.Set((own?.StoreSilence ?? 0) / 1000.0);
            lock (shown) ShowLinks(all, up, connections, waiting);
        }
    }

    private static void Show(IReadOnlyList<AlarmEntry> open, Gauge records)
    {
        foreach (var severity in Enum.GetValues<AlarmSeverity>())
        {
            string[] states = [Words.Of(AlarmState.Unacknowledged), Words.Of(AlarmState.Acknowledged), Words.Of(AlarmState.Returned), "shelved"];
            foreach (var state in states)
            {
                records.WithLabels(Words.Of(severity), state).Set(open.Count(a =>
                    !a.IsSuppressed && a.Record.Severity == severity && (a.IsShelved ? "shelved" : Words.Of(a.Record.State)) == state));
            }
        }
    }

    private void ShowLinks(IReadOnlyList<LinkStatus> all, Gauge up, Gauge connections, Gauge waiting)
    {
        var chosen = all.Count <= MaximumLinks ? all : [.. all.OrderByDescending(l => l.Waiting.Sum()).Take(MaximumLinks)];
        var now = chosen.Select(l => l.Name.Value).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in shown.Where(s => !now.Contains(s)))
        {
            up.RemoveLabelled(gone);
            connections.RemoveLabelled(gone);
            for (var level = Precedence.Deferred; level <= Precedence.Override; level++) waiting.RemoveLabelled(gone, level.Keyword());
        }

        shown.Clear();
        shown.UnionWith(now);
        foreach (var link in chosen)
        {
            up.WithLabels(link.Name.Value).Set(link.Breaker == BreakerPhase.Closed ? 1 : 0);
            connections.WithLabels(link.Name.Value).Set(link.Connections);
            for (var level = 0; level < link.Waiting.Length; level++)
                waiting.WithLabels(link.Name.Value, ((Precedence)level).Keyword()).Set(link.Waiting[level]);
        }
    }
}
