using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Cluster;

/// <summary>
/// How nodes find each other without seeds: one at a time, under a lock in the store, each joins those that the store saw
/// alive, and the one that finds nobody begins the cluster. A node that the others do not take in tries again for as long as
/// it takes: it never begins a second cluster while the first one lives.
/// </summary>
internal sealed partial class ClusterFormation(ActorSystem system, IClusterStore store, ClusterConfiguration configuration, TimeProvider time, ILogger<ClusterFormation> logger)
{
    /// <summary>A record is written each second; what is older was left by a node that is gone.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Ends when this node is a member that is up and is known in the store as such.</summary>
    public async Task JoinAsync(string address, NodeIdentity node, CancellationToken cancellationToken)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var turn = await store.LockFormationAsync(cancellationToken).ConfigureAwait(false);
                await using (turn.ConfigureAwait(false))
                {
                    if (await TryJoinAsync(cluster, address, node, turn.Lost, cancellationToken).ConfigureAwait(false)) return;
                }
            }
            catch (SpoolUnavailableException fault)
            {
                LogStoreAway(fault);
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> TryJoinAsync(Akka.Cluster.Cluster cluster, string address, NodeIdentity node, CancellationToken lost, CancellationToken cancellationToken)
    {
        var known = await store.FreshNodesAsync(Fresh, cancellationToken).ConfigureAwait(false);
        var others = known.Where(n => n.Address != address && IsExpected(n.Address)).Select(n => AddressOf(n.Address)).OfType<Address>().ToImmutableArray();
        if (known.FirstOrDefault(n => n.Node.Name == node.Name && n.Address != address) is { } twin)
        {
            // Two nodes of one name would hold each other's partitions for their own.
            LogTwin(node.Name, twin.Address);
            return false;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lost);
        limit.CancelAfter(JoinLimit);
        try
        {
            if (others.IsEmpty) await cluster.JoinAsync(cluster.SelfAddress, limit.Token).ConfigureAwait(false);
            else await cluster.JoinSeedNodesAsync(others, limit.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is OperationCanceledException or ClusterJoinFailedException && !cancellationToken.IsCancellationRequested)
        {
            LogNotTakenIn(string.Join(", ", others));
            return false;
        }

        await store.RegisterNodeAsync(address, node, cancellationToken).ConfigureAwait(false);
        LogJoined(address, others.Length);
        return true;
    }

    private bool IsExpected(string address)
    {
        if (configuration.Seeds.IsEmpty || configuration.Seeds.Contains(address)) return true;
        LogUnexpected(address);
        return false;
    }

    private Address? AddressOf(string text)
    {
        var own = Akka.Cluster.Cluster.Get(system).SelfAddress;
        var at = text.LastIndexOf(':');
        return at > 0 && int.TryParse(text.AsSpan(at + 1), out var port) ? new Address(own.Protocol, own.System, text[..at], port) : null;
    }

    [LoggerMessage(3311, LogLevel.Information, "{Address} is a member of the cluster; it joined {Others} others")]
    private partial void LogJoined(string address, int others);

    [LoggerMessage(3312, LogLevel.Warning, "The nodes {Others} did not take this one in yet; trying again")]
    private partial void LogNotTakenIn(string others);

    [LoggerMessage(3313, LogLevel.Warning, "The store does not answer; this node waits for it before it joins")]
    private partial void LogStoreAway(Exception cause);

    [LoggerMessage(3314, LogLevel.Error, "Another node has the name {Name} and lives, at {Address}: node.name must be unique; this node waits until the other is gone")]
    private partial void LogTwin(string name, string address);

    [LoggerMessage(3315, LogLevel.Warning, "The store names a node at {Address}, which is not one of cluster.seeds; it is not joined")]
    private partial void LogUnexpected(string address);
}
