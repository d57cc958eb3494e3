using System.Runtime.Serialization;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Cluster;
using MilSwitch.Switching.Cluster.Keys;
using MilSwitch.Switching.Cluster.Transport;
using MilSwitch.Switching.Links;
using MilSwitch.Switching.Operations;
using MilSwitch.Switching.Watching;
using MilSwitch.Switching.Partitions;
using MilSwitch.Switching.Serialization;
using MilSwitch.Switching.Tests.Cluster;
using ClusterNode = MilSwitch.Switching.Tests.Cluster.ClusterNode;

namespace MilSwitch.Switching.Tests;

public sealed class SwitchSerializerTests : IAsyncDisposable
{
    private readonly ClusterNode node = ClusterNode.Start(NodeCertificate.ForOne(TimeProvider.System));

    public ValueTask DisposeAsync() => node.DisposeAsync();

    // The bytes of a released manifest never change: an older node must read them.
    [Fact]
    public void Writes_the_golden_bytes_of_a_ping()
    {
        var serializer = (SwitchSerializer)node.System.Serialization.FindSerializerFor(new PartitionPing(17));
        Assert.Equal("p1", serializer.Manifest(new PartitionPing(17)));
        Assert.Equal("""{"partition":17}""", Encoding.UTF8.GetString(serializer.ToBinary(new PartitionPing(17))));
        Assert.Equal(new PartitionPing(17), serializer.FromBinary(Encoding.UTF8.GetBytes("""{"partition":17,"added":"later"}"""), "p1"));
    }

    public static TheoryData<object, string, string> Golden => new()
    {
        { new NodeNews(new NodeReport("n1", 7, "1.0", 120, 21, 3, 5) { Wants = [new LinkWant("hf", Precedence.Flash)], Owned = [new PartitionEpoch(3, 9)], Keys = [new KeyOffer("alfa", "AB12", 4)] }), "n1", """{"report":{"node":"n1","run":7,"version":"1.0","storeSilence":120,"partitions":21,"pending":3,"policy":5,"wants":[{"link":"hf","highest":4}],"owned":[{"partition":3,"epoch":9}],"keys":[{"label":"alfa","certificate":"AB12","load":4}]}}""" },
        { new ArrivedOrder(65), "r1", """{"message":65}""" },
        { new KeyOrder(7, "alfa", "AB12", Precedence.Flash, KeyOperationKind.OpenOaep, new byte[] { 1, 2 }, "", new byte[] { 48, 0 }, 32, default, 1500), "t1", """{"number":7,"label":"alfa","certificate":"AB12","precedence":4,"kind":5,"input":"AQI=","digest":"","parameters":"MAA=","keyLength":32,"standIn":"","patience":1500}""" },
        { new KeyAnswer(7, KeyOutcomeKind.Done, [3], ""), "t2", """{"number":7,"kind":0,"result":"Aw==","reason":""}""" },
        { new ActOrder(65, MessageVerb.Hold, "why", null, "watch", "api"), "a1", """{"message":65,"verb":0,"reason":"why","link":null,"name":"watch","via":"api"}""" },
        { new ActAnswer(false, "not pending", ActFailure.Conflict), "a2", """{"done":false,"text":"not pending","failure":2}""" },
        { new HeldOrder(9, new HeldPosition(Precedence.Routine, 12, 65), 10), "h1", """{"partition":9,"after":{"precedence":1,"acceptedTicks":12,"message":65},"limit":10}""" },
        { new LinkOrder("hf"), "l1", """{"link":"hf"}""" },
        { new AlarmsOrder("link:hf"), "w1", """{"after":"link:hf"}""" },
        { new AlarmsAnswer([new AlarmNews("link:hf", "link down: hf", DateTimeOffset.UnixEpoch)], true), "w2", """{"alarms":[{"id":"link:hf","text":"link down: hf","since":"1970-01-01T00:00:00+00:00"}],"more":true}""" },
        { new LinksOrder(null), "w3", """{"after":null}""" },
        {
            new LinksAnswer([new LinkNews("hf", BreakerPhase.Open, DateTimeOffset.UnixEpoch, "refused", "", null, 1, 4, 0, [0, 2, 0, 0, 1, 0], 3, 5, 6, 7, ["192.0.2.1:25"], ["r1"])], false), "w4",
            """{"links":[{"name":"hf","breaker":1,"nextTry":"1970-01-01T00:00:00+00:00","lastFault":"refused","lastReply":"","tls":null,"connections":1,"connectionLimit":4,"busy":0,"waiting":[0,2,0,0,1,0],"deferred":3,"delivered":5,"failed":6,"suspected":7,"targets":["192.0.2.1:25"],"rules":["r1"]}],"more":false}"""
        },
        { new NodeOrder(60), "w5", """{"minutes":60}""" },
        {
            new NodeAnswer("1.0", DateTimeOffset.UnixEpoch, true, SpoolHealth.Ready, 5, 6, 7, [new LevelNews(1, DateTimeOffset.UnixEpoch, 2, 3, 4)], [new MinuteNews(DateTimeOffset.UnixEpoch, 1, 2, 3)], "https://n1.example"), "w6",
            """{"version":"1.0","startedAt":"1970-01-01T00:00:00+00:00","ready":true,"spool":0,"usedOctets":5,"freeOctets":6,"held":7,"levels":[{"queued":1,"oldest":"1970-01-01T00:00:00+00:00","accepted":2,"delivered":3,"failed":4}],"traffic":[{"at":"1970-01-01T00:00:00+00:00","accepted":1,"delivered":2,"failed":3}],"console":"https://n1.example"}"""
        },
        { new NoteOrder(65, 0, "receipted", 1, DateTimeOffset.UnixEpoch), "k1", """{"message":65,"recipient":0,"kind":"receipted","detail":1,"at":"1970-01-01T00:00:00+00:00"}""" },
    };

    // As above: an earlier version must understand what this one says, and this one what an earlier one said.
    [Theory]
    [MemberData(nameof(Golden))]
    public void Writes_the_golden_bytes_of_what_nodes_say_to_each_other(object message, string manifest, string golden)
    {
        var serializer = (SwitchSerializer)node.System.Serialization.FindSerializerFor(message);
        Assert.Equal(manifest, serializer.Manifest(message));
        Assert.Equal(golden, Encoding.UTF8.GetString(serializer.ToBinary(message)));
        var read = serializer.FromBinary(Encoding.UTF8.GetBytes(golden.Insert(1, "\"added\":\"later\",")), manifest);
        Assert.Equal(golden, Encoding.UTF8.GetString(serializer.ToBinary(read)));
    }

    [Fact]
    public void Understands_a_node_that_does_not_know_of_turns_on_links()
    {
        var serializer = (SwitchSerializer)node.System.Serialization.FindSerializerFor(new PartitionPing(1));
        var news = (NodeNews)serializer.FromBinary("""{"report":{"node":"n1","run":7,"version":"0.9","storeSilence":120,"partitions":21,"pending":3,"policy":5}}"""u8.ToArray(), "n1");
        Assert.Empty(news.Report.Wants);
        Assert.Empty(news.Report.Owned);
        Assert.Empty(news.Report.Keys);
    }

    [Fact]
    public void Orders_of_persons_arrive_as_they_were_given()
    {
        var serializer = (SwitchSerializer)node.System.Serialization.FindSerializerFor(new PartitionPing(1));
        HoldingOrder[] orders =
        [
            new HoldingOrder.Approve("label", "ab12", "seen"), new HoldingOrder.Reject("not so", "no"),
            new HoldingOrder.Correct(new MessageCorrection { Recipients = [(Mailbox.Parse("a@x.test"), Mailbox.Parse("b@x.test"))], DropParts = ["1.2"], SubjectCodes = ["ABC"] }, "mistyped"),
            new HoldingOrder.Assign([Mailbox.Parse("a@x.test")], [Mailbox.Parse("b@x.test"), Mailbox.Parse("c@x.test")], "by hand"),
        ];
        foreach (var order in orders)
        {
            var sent = JudgeOrder.Of(new MessageId(65), order, new OperatorIdentity("watch", "api"));
            var arrived = ((JudgeOrder)serializer.FromBinary(serializer.ToBinary(sent), serializer.Manifest(sent))).TryToCommand()!;
            Assert.Equal(order.Reason, arrived.Order.Reason);
            Assert.Equal(new OperatorIdentity("watch", "api"), arrived.Who);
            if (order is HoldingOrder.Correct correct) Assert.Equal(correct.Change.Digest, ((HoldingOrder.Correct)arrived.Order).Change.Digest);
            else if (order is HoldingOrder.Assign assign) Assert.Equal(assign.Action.Add(assign.Information[^1]), ((HoldingOrder.Assign)arrived.Order).Action.Add(((HoldingOrder.Assign)arrived.Order).Information[^1]).AsEnumerable());
            else Assert.Equal(order, arrived.Order);
        }
    }

    [Theory]
    [InlineData("""{"message":65,"reason":"r","name":"n","via":"v"}""")]
    [InlineData("""{"message":65,"reason":"r","name":"n","via":"v","correct":{"recipients":[{"old":"no address","new":"b@x.test"}],"dropParts":[]}}""")]
    [InlineData("""{"message":65,"reason":"r","name":"n","via":"v","correct":{}}""")]
    [InlineData("""{"message":65,"reason":"r","name":"n","via":"v","assign":{}}""")]
    [InlineData("""{"message":65,"reason":"r","name":"n","via":"v","assign":{"action":["no address"],"information":[]}}""")]
    [Trait("Threat", "K2")]
    public void Takes_no_order_that_it_does_not_understand(string json)
    {
        var serializer = (SwitchSerializer)node.System.Serialization.FindSerializerFor(new PartitionPing(1));
        Assert.Null(((JudgeOrder)serializer.FromBinary(Encoding.UTF8.GetBytes(json), "j1")).TryToCommand());
    }

    [Theory]
    [InlineData("""{"links":[{"name":"hf","breaker":1,"waiting":[1]}],"more":false}""")]
    [InlineData("""{"links":[{"name":"hf","breaker":99,"waiting":[0,0,0,0,0,0]}],"more":false}""")]
    [InlineData("""{"links":[{"breaker":1,"waiting":[0,0,0,0,0,0]}],"more":false}""")]
    [InlineData("""{"links":[{}],"more":false}""")]
    [Trait("Threat", "K2")]
    public void Shows_no_link_that_it_does_not_understand(string json)
    {
        var serializer = (SwitchSerializer)node.System.Serialization.FindSerializerFor(new PartitionPing(1));
        Assert.Null(Assert.Single(((LinksAnswer)serializer.FromBinary(Encoding.UTF8.GetBytes(json), "w4")).Links).ToStatus());
    }

    [Fact]
    public void Long_lists_go_in_pages_that_the_transport_takes()
    {
        var alarms = Enumerable.Range(0, 3000).Select(n => new Alarm($"link:{n:0000}", "link down: " + new string('é', 20), DateTimeOffset.UnixEpoch)).Reverse().ToArray();
        var seen = new List<string>();
        string? after = null;
        AlarmsAnswer answer;
        do
        {
            answer = AlarmsAnswer.Of(alarms, after);
            var serializer = (SwitchSerializer)node.System.Serialization.FindSerializerFor(answer);
            Assert.InRange(serializer.ToBinary(answer).Length, 1, 100_000);
            seen.AddRange(answer.Alarms.Select(a => a.Id));
            after = answer.Alarms[^1].Id;
        }
        while (answer.More);
        Assert.Equal(alarms.Select(a => a.Id).Order(StringComparer.Ordinal), seen);
    }

    [Theory]
    [InlineData("p2")]
    [InlineData("")]
    [InlineData("System.Diagnostics.Process, System.Diagnostics.Process")]
    [Trait("Threat", "K2")]
    public void Refuses_unknown_manifests(string manifest)
    {
        var serializer = (SwitchSerializer)node.System.Serialization.FindSerializerFor(new PartitionPing(1));
        Assert.Throws<SerializationException>(() => serializer.FromBinary("""{"$type":"System.IO.FileInfo"}"""u8.ToArray(), manifest));
    }

    [Fact]
    [Trait("Threat", "K2")]
    public void Refuses_every_object_without_a_manifest()
    {
        foreach (var message in new object[] { new { Name = "anonymous" }, new Uri("http://x.test"), new LinkCommands.TryNow(), new List<string> { "a" } })
        {
            var serializer = node.System.Serialization.FindSerializerFor(message);
            Assert.IsType<RefusingSerializer>(serializer);
            Assert.Throws<SerializationException>(() => serializer.ToBinary(message));
        }
    }
}
