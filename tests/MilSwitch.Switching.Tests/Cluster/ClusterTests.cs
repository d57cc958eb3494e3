using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using MilSwitch.Switching.Cluster.Transport;
using MilSwitch.Switching.Partitions;
using MilSwitch.Switching.Serialization;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests.Cluster;

/// <summary>Whole actor systems over the transport.</summary>
[Collection(AloneCollection.Name)]
public sealed class ClusterTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly NodePki pki = new();

    public void Dispose() => pki.Dispose();

    [Fact]
    public async Task Three_nodes_form_a_cluster_lose_one_and_take_it_back()
    {
        var nodes = await ClusterNode.FormAsync(pki.Identity(), pki.Identity(), pki.Identity());
        await using var one = nodes[0];
        await using var two = nodes[1];
        foreach (var from in nodes)
            foreach (var to in nodes.Where(n => n != from)) await from.ReachesAsync(to, 1000 + from.Port % 1000);

        var port = nodes[2].Port;
        nodes[2].Die();
        await Eventually.ComesTrueAsync(() => one.Cluster.State.Members.Count is 2 && two.Cluster.State.Members.Count is 2, Patience, "the dead node is removed");
        // The same address, another incarnation.
        await using var again = ClusterNode.Start(pki.Identity(), port);
        again.Cluster.Join(one.Cluster.SelfAddress);
        await ClusterNode.AllUpAsync(one, two, again);
        await one.ReachesAsync(again, 1);
        await again.ReachesAsync(two, 2);
    }

    [Fact]
    [Trait("Threat", "F26")]
    public async Task Certificates_and_authority_change_in_a_cluster_without_anybody_noticing()
    {
        using var next = new NodePki("Next CA");
        var nodes = await ClusterNode.FormAsync(pki.Identity(null, next), pki.Identity(null, next), pki.Identity(null, next));
        await using var one = nodes[0];
        await using var two = nodes[1];
        await using var three = nodes[2];
        await one.ReachesAsync(two, -1);
        var collector = one.CollectorOf(two);
        var sent = 0;
        foreach (var identity in (Func<NodeCertificate>[])[() => next.Identity(null, pki), () => next.Identity()])
        {
            foreach (var node in nodes)
            {
                var (renewals, before) = (node.Meters.Renewals, sent);
                Assert.True(node.Credentials.Replace(identity()));
                await Eventually.ComesTrueAsync(
                    () =>
                    {
                        collector.Tell(new PartitionPing(sent++));
                        return sent >= before + 20 && node.Meters.Renewals > renewals;
                    },
                    Patience, "connections are renewed");
            }
        }

        await Eventually.ComesTrueAsync(() => two.Pings.Count(p => p >= 0) >= sent, Patience, "every ping arrives");
        Assert.Equal(Enumerable.Range(0, sent), two.Pings.Where(p => p >= 0));
        Assert.All(nodes, n => Assert.Empty(n.Unreachable));
        await ClusterNode.AllUpAsync(nodes);
    }

    [Fact]
    [Trait("Threat", "F36")]
    public async Task A_healthy_node_that_dials_bad_peers_stays_up()
    {
        using var other = new NodePki("Other CA");
        var nodes = await ClusterNode.FormAsync(pki.Identity(), pki.Identity());
        await using var one = nodes[0];
        await using var two = nodes[1];
        await using var stranger = await BareNode.StartAsync(other.Identity());
        await using var expired = await BareNode.StartAsync(pki.Identity(pki.Issue(to: -8)));
        await using var misnamed = await BareNode.StartAsync(pki.Identity(pki.Issue("node.elsewhere.test")));
        foreach (var (bad, cause) in new[] { (stranger, RefusalCause.Untrusted), (expired, RefusalCause.Expired), (misnamed, RefusalCause.WrongName) })
        {
            var collector = one.CollectorOf(bad.Address.WithProtocol("akka.tcp"));
            await Eventually.ComesTrueAsync(
                () =>
                {
                    collector.Tell(new PartitionPing(1));
                    return one.Meters.Refused(cause) >= 2;
                },
                Patience, $"dialled and refused twice: {cause}");
        }

        await one.ReachesAsync(two, 5);
        await ClusterNode.AllUpAsync(one, two);
        Assert.False(one.HasEnded);
        Assert.Empty(one.Unreachable);
    }

    [Fact]
    [Trait("Threat", "K2")]
    public async Task A_trusted_peer_that_sends_unknown_messages_does_no_harm()
    {
        var nodes = await ClusterNode.FormAsync(pki.Identity(), pki.Identity());
        await using var one = nodes[0];
        await using var two = nodes[1];
        // A node that is no longer ours but has a certificate: it serializes what it likes.
        await using var rogue = ClusterNode.Start(pki.Identity(), hocon: $$"""
            akka.actor {
              serializers.rogue = "{{typeof(RogueSerializer).AssemblyQualifiedName}}"
              serializers.json = "Akka.Serialization.NewtonSoftJsonSerializer, Akka"
              serialization-bindings {
                "{{typeof(Rogue).AssemblyQualifiedName}}" = rogue
                "{{typeof(Uri).AssemblyQualifiedName}}" = json
              }
              serialization-identifiers { "{{typeof(RogueSerializer).AssemblyQualifiedName}}" = 9999 }
            }
            """);
        await rogue.ReachesAsync(one, 1);
        var collector = rogue.CollectorOf(one);
        foreach (var message in new object[] { new Rogue(9999, "x"), new Rogue(SwitchSerializer.Number, "p9"), new Rogue(RefusingSerializer.Number, ""), new Uri("http://x.test"), new Rogue(1, "System.IO.FileInfo, System.Runtime") })
        {
            RogueSerializer.Pretend = (message as Rogue)?.Number ?? 9999;
            collector.Tell(message);
        }

        await rogue.ReachesAsync(one, 2);
        await two.ReachesAsync(one, 3);
        Assert.False(one.HasEnded);
        Assert.Equal([1, 2, 3], one.Pings.Distinct().Order());
    }

    internal sealed record Rogue(int Number, string Manifest) : INoSerializationVerificationNeeded;

    internal sealed class RogueSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public static int Pretend { get; set; } = 9999;

        public override int Identifier => Pretend;

        public override string Manifest(object o) => ((Rogue)o).Manifest;

        public override byte[] ToBinary(object obj) => """{"$type":"System.IO.FileInfo, System.Runtime","partition":66}"""u8.ToArray();

        public override object FromBinary(byte[] bytes, string manifest) => throw new SerializationException("Not here.");
    }
}
