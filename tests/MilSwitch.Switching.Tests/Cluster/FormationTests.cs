using Akka.Cluster;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Clustering;
using MilSwitch.Storage.PostgreSql;
using MilSwitch.Switching.Cluster;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests.Cluster;

/// <summary>Nodes that find each other through a real store: however they start, there is one cluster.</summary>
[Collection(AloneCollection.Name)]
public sealed class FormationTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly NodePki pki = new();

    public void Dispose() => pki.Dispose();

    [RequiresFact("postgres")]
    [Trait("Threat", "F23")]
    public Task Three_nodes_in_every_order() => Task.WhenAll(((int[][])[[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]]).Select(async order =>
    {
        await using var field = await Field.OpenAsync(pki);
        foreach (var node in order) await field.StartAsync(node);
        await field.IsOneAsync(3);
    }));

    [RequiresFact("postgres")]
    [Trait("Threat", "F23")]
    public Task Two_nodes_do_not_wait_for_the_third_and_take_it_in_when_it_comes() => Task.WhenAll(((int[])[1, 2, 3]).Select(async missing =>
    {
        await using var field = await Field.OpenAsync(pki);
        await Task.WhenAll(Enumerable.Range(1, 3).Where(n => n != missing).Select(field.StartAsync));
        await field.IsOneAsync(2);
        await field.StartAsync(missing);
        await field.IsOneAsync(3);
    }));

    [RequiresFact("postgres")]
    [Trait("Threat", "F23")]
    public Task All_at_once() => Task.WhenAll(Enumerable.Range(0, 3).Select(async _ =>
    {
        await using var field = await Field.OpenAsync(pki);
        await Task.WhenAll(Enumerable.Range(1, 3).Select(field.StartAsync));
        await field.IsOneAsync(3);
    }));

    [RequiresFact("postgres")]
    [Trait("Threat", "F23")]
    public async Task All_at_once_over_what_a_cluster_that_died_a_moment_ago_left_behind()
    {
        await using var field = await Field.OpenAsync(pki);
        await Task.WhenAll(Enumerable.Range(1, 3).Select(field.StartAsync));
        await field.IsOneAsync(3);
        // The store still names them, as if they lived.
        field.DieAll();
        await Task.WhenAll(Enumerable.Range(1, 3).Select(field.StartAsync));
        await field.IsOneAsync(3);
    }

    /// <summary>Nodes over one database.</summary>
    private sealed class Field(NodePki pki, PostgreSqlSpool store) : IAsyncDisposable
    {
        private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

        private readonly List<(ClusterNode Node, CancellationTokenSource End, Task Life)> nodes = [];
        private readonly Dictionary<int, int> ports = [];
        private long starts;

        public static async Task<Field> OpenAsync(NodePki pki)
        {
            var server = await PostgreSqlInstance.SharedAsync();
            var options = new PostgreSqlSpoolOptions { Connection = await server.NewDatabaseAsync(), Node = "test" };
            return new Field(pki, await PostgreSqlSpool.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance));
        }

        /// <summary>Ends when the node is a member.</summary>
        public async Task StartAsync(int number)
        {
            ClusterNode node;
            CancellationTokenSource end = new();
            var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (nodes)
            {
                // A node that starts again is where it was.
                node = ClusterNode.Start(pki.Identity(), ports.GetValueOrDefault(number));
                ports[number] = node.Port;
                nodes.Add((node, end, LiveAsync(node, new NodeIdentity($"n{number}", ++starts), joined, end.Token)));
            }

            await joined.Task.WaitAsync(Patience);
        }

        /// <summary>Each sees the same members, all up, and the same leader.</summary>
        public async Task IsOneAsync(int count)
        {
            var live = nodes.Where(n => !n.End.IsCancellationRequested).Select(n => n.Node).ToArray();
            Assert.Equal(count, live.Length);
            await ClusterNode.AllUpAsync(live);
            var addresses = live.Select(n => n.Cluster.SelfAddress).ToHashSet();
            Assert.All(live, n => Assert.Equal(addresses, n.Cluster.State.Members.Select(m => m.Address).ToHashSet()));
            await Eventually.ComesTrueAsync(() => live.Select(n => n.Cluster.State.Leader).Distinct().Count() is 1, Patience, "all have one leader");
        }

        public void DieAll()
        {
            foreach (var (node, end, _) in nodes.Where(n => !n.End.IsCancellationRequested))
            {
                end.Cancel();
                node.Die();
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var (node, end, life) in nodes)
            {
                await end.CancelAsync();
                await node.DisposeAsync();
                await life;
                end.Dispose();
            }

            await store.DisposeAsync();
        }

        // As the beat of a whole node does.
        private async Task LiveAsync(ClusterNode node, NodeIdentity identity, TaskCompletionSource joined, CancellationToken end)
        {
            var address = $"127.0.0.1:{node.Port}";
            try
            {
                var configuration = new ClusterConfiguration { Host = "127.0.0.1", Port = node.Port };
                await new ClusterFormation(node.System, store, configuration, TimeProvider.System, NullLogger<ClusterFormation>.Instance).JoinAsync(address, identity, end);
                joined.SetResult();
                using var timer = new PeriodicTimer(Beat);
                while (await timer.WaitForNextTickAsync(end)) await store.RefreshNodeAsync(address, identity, end);
            }
            catch (OperationCanceledException)
            {
                // It died.
            }
            catch (Exception fault)
            {
                joined.TrySetException(fault);
                throw;
            }
        }
    }
}
