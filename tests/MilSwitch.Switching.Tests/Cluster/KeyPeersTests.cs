using System.Collections.Concurrent;
using Akka.Actor;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Switching.Cluster.Keys;

namespace MilSwitch.Switching.Tests.Cluster;

[Trait("Feature", "O-08")]
[Collection(AloneCollection.Name)]
public sealed class KeyPeersTests
{
    private static readonly Address First = Address.Parse("akka.tcp://milswitch@n1:4053");
    private static readonly Address Second = Address.Parse("akka.tcp://milswitch@n2:4053");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly KeyRequest Request = new("alfa", "AB", Precedence.Flash, new KeyOperation(KeyOperationKind.SignEcdsa, new byte[32]) { Digest = "2.16.840.1.101.3.4.2.1" });

    private readonly FakeTimeProvider time = new();
    private readonly BlockingCollection<(Address Node, KeyOrder Order)> sent = [];
    private readonly KeyPeers peers;

    public KeyPeersTests()
    {
        peers = new KeyPeers(time);
        peers.SendBy((node, order) => sent.Add((node, order)));
    }

    [Fact]
    public async Task Asks_the_node_that_has_less_to_do()
    {
        peers.Learn(First, [new KeyOffer("alfa", "AB", 7)]);
        peers.Learn(Second, [new KeyOffer("alfa", "AB", 2)]);
        var asked = peers.DoAsync(Request, Patience).AsTask();
        var (node, order) = sent.Take();
        Assert.Equal(Second, node);
        Assert.Equal(("alfa", "AB", Precedence.Flash, 10_000), (order.Label, order.Certificate, order.Precedence, order.Patience));
        peers.Hear(Second, KeyAnswer.Of(order.Number, KeyOutcome.Done([9])));
        Assert.Equal([9], (await asked).Result!);
    }

    [Fact]
    public void Divides_what_comes_at_once_among_those_that_are_alike()
    {
        peers.Learn(First, [new KeyOffer("alfa", "AB", 0)]);
        peers.Learn(Second, [new KeyOffer("alfa", "AB", 0)]);
        for (var i = 0; i < 20; i++) _ = peers.DoAsync(Request, Patience).AsTask();
        Assert.Equal(10, sent.Count(s => s.Node == First));
    }

    [Fact]
    public async Task What_a_lost_node_was_to_do_another_does()
    {
        peers.Learn(First, [new KeyOffer("alfa", "AB", 0)]);
        var asked = peers.DoAsync(Request, Patience).AsTask();
        Assert.Equal(First, sent.Take().Node);
        peers.Learn(Second, [new KeyOffer("alfa", "AB", 50)]);
        peers.Forget(First);
        var (node, order) = sent.Take();
        Assert.Equal(Second, node);
        peers.Hear(Second, KeyAnswer.Of(order.Number, KeyOutcome.Away("busy")));
        var outcome = await asked;
        Assert.Equal((KeyOutcomeKind.Away, "busy"), (outcome.Kind, outcome.Reason));
    }

    [Fact]
    public async Task Waits_no_longer_than_it_may()
    {
        peers.Learn(First, [new KeyOffer("alfa", "AB", 0)]);
        var asked = peers.DoAsync(Request, Patience).AsTask();
        sent.Take();
        time.Advance(Patience);
        Assert.Equal(KeyOutcomeKind.Away, (await asked).Kind);
    }

    [Fact]
    [Trait("Threat", "K2")]
    public async Task Believes_the_node_alone_that_was_asked()
    {
        peers.Learn(First, [new KeyOffer("alfa", "AB", 0)]);
        var asked = peers.DoAsync(Request, Patience).AsTask();
        var (_, order) = sent.Take();
        peers.Hear(Second, KeyAnswer.Of(order.Number, KeyOutcome.Done([1])));
        peers.Hear(First, KeyAnswer.Of(order.Number + 1, KeyOutcome.Done([1])));
        peers.Hear(First, KeyAnswer.Of(order.Number, KeyOutcome.Done([2])));
        Assert.Equal([2], (await asked).Result!);
    }

    [Theory]
    [InlineData("bravo", "AB")]
    [InlineData("alfa", "CD")]
    public async Task Another_key_is_no_offer(string label, string certificate)
    {
        peers.Learn(First, [new KeyOffer(label, certificate, 0)]);
        Assert.False(peers.Offers("alfa", "AB"));
        Assert.Equal(KeyOutcomeKind.Away, (await peers.DoAsync(Request, Patience)).Kind);
        Assert.Empty(sent);
    }

    [Fact]
    public void Forgets_what_is_not_told_again()
    {
        peers.Learn(First, [new KeyOffer("alfa", "AB", 0)]);
        Assert.True(peers.Offers("alfa", "AB"));
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.False(peers.Offers("alfa", "AB"));
        peers.Learn(First, [new KeyOffer("alfa", "AB", 0)]);
        peers.Keep(new HashSet<Address> { Second });
        Assert.False(peers.Offers("alfa", "AB"));
    }

    [Fact]
    [Trait("Threat", "K2")]
    public void No_content_goes_this_way()
    {
        var order = KeyOrder.Of(1, Request, Patience);
        Assert.NotNull(order.TryToRequest());
        Assert.Null((order with { Input = new byte[KeyOrder.MostOctets + 1] }).TryToRequest());
    }

    [Theory]
    [InlineData("""{"number":1}""")]
    [InlineData("""{"number":1,"label":"a","certificate":"b","precedence":77,"kind":3,"digest":"","patience":10}""")]
    [InlineData("""{"number":1,"label":"a","certificate":"b","precedence":4,"kind":99,"digest":"","patience":10}""")]
    [InlineData("""{"number":1,"label":"a","certificate":"b","precedence":4,"kind":3,"digest":"","patience":-1}""")]
    [Trait("Threat", "K2")]
    public void Takes_no_order_that_it_does_not_understand(string json) =>
        Assert.Null(System.Text.Json.JsonSerializer.Deserialize(json, Serialization.SwitchJson.Default.KeyOrder)!.TryToRequest());
}
