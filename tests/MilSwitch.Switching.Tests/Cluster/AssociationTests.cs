using Akka.Remote.Transport;
using Google.Protobuf;
using MilSwitch.Switching.Cluster.Transport;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests.Cluster;

[Collection(AloneCollection.Name)]
public sealed class AssociationTests : IDisposable
{
    private readonly NodePki pki = new();

    public void Dispose() => pki.Dispose();

    [Fact]
    public async Task Carries_payloads_of_every_size_in_order_both_ways()
    {
        await using var one = await BareNode.StartAsync(pki.Identity());
        await using var two = await BareNode.StartAsync(pki.Identity());
        var (dialled, back) = await one.AssociateAsync(two);
        var (accepted, there) = two.TakeInbound();
        int[] sizes = [4, 5, 100, 16_378, 16_379, 16_380, 16_384, 32_768, 70_000, (int)one.Transport.MaximumPayloadBytes, 4, 4, 127_999];
        var sent = Enumerable.Range(0, 600).Select(i => Payload.Of(i, i < 13 ? sizes[i] : 4 + i * 7)).ToList();
        foreach (var payload in sent)
        {
            await dialled.SendAsync(payload);
            await accepted.SendAsync(payload);
        }

        await there.CountAsync(sent.Count);
        await back.CountAsync(sent.Count);
        Assert.Equal(sent, there.Payloads);
        Assert.Equal(sent, back.Payloads);
        Assert.Equal(1, one.Meters.Connections);
        Assert.Equal("tcp", dialled.LocalAddress.Protocol);
        Assert.Equal(two.Address, dialled.RemoteAddress);
    }

    [Fact]
    public async Task Says_that_there_is_no_room_and_takes_more_when_there_is()
    {
        await using var one = await BareNode.StartAsync(pki.Identity());
        await using var two = await BareNode.StartAsync(pki.Identity());
        var (dialled, _) = await one.AssociateAsync(two);
        var (_, there) = two.TakeInbound();
        there.Hold();
        var sent = 0;
        while (dialled.Write(Payload.Of(sent, 100_000)))
        {
            sent++;
            // What the sockets hold, and the queue: a bounded number of octets.
            Assert.True(sent < 1_000);
        }

        there.Release();
        await dialled.SendAsync(Payload.Of(sent++, 100_000));
        await there.CountAsync(sent);
        Assert.Equal(Enumerable.Range(0, sent), there.Payloads.Select(p => p.Number()));
    }

    [Fact]
    public async Task What_was_written_arrives_before_the_end()
    {
        await using var one = await BareNode.StartAsync(pki.Identity());
        await using var two = await BareNode.StartAsync(pki.Identity());
        var (dialled, back) = await one.AssociateAsync(two);
        var (accepted, there) = two.TakeInbound();
        // The other side writes without an end meanwhile: what it sends must not make ours lost.
        for (var i = 0; i < 1_000; i++)
        {
            Assert.True(dialled.Write(Payload.Of(i, 1_000)));
            accepted.Write(Payload.Of(i, 1_000));
        }

        dialled.Disassociate("test", Akka.Event.NoLogger.Instance);
        await Eventually.ComesTrueAsync(() => there.Ended, TimeSpan.FromSeconds(10), "the end");
        Assert.Equal(1_000, there.Payloads.Count);
        Assert.False(dialled.Write(Payload.Of(1)));
        await Eventually.ComesTrueAsync(() => !accepted.Write(Payload.Of(1)), TimeSpan.FromSeconds(10), "nothing more is taken");
        await Eventually.ComesTrueAsync(() => one.Meters.Connections + two.Meters.Connections is 0, TimeSpan.FromSeconds(10), "connections are closed");
        Assert.False(back.Ended);
    }

    [Fact]
    public async Task Associates_again_after_the_peer_went_away()
    {
        await using var one = await BareNode.StartAsync(pki.Identity());
        var two = await BareNode.StartAsync(pki.Identity());
        var (_, back) = await one.AssociateAsync(two);
        await two.DisposeAsync();
        await Eventually.ComesTrueAsync(() => back.Ended, TimeSpan.FromSeconds(10), "the end");
        await Assert.ThrowsAsync<InvalidAssociationException>(() => one.Transport.Associate(two.Address));
        await using var three = await BareNode.StartAsync(pki.Identity());
        var (handle, _) = await one.AssociateAsync(three);
        Assert.True(handle.Write(ByteString.CopyFromUtf8("again")));
        await three.TakeInbound().Received.CountAsync(1);
    }

    [Fact]
    public async Task Tells_another_address_than_it_listens_on()
    {
        await using var one = await BareNode.StartAsync(pki.Identity());
        await using var two = await BareNode.StartAsync(pki.Identity(pki.Issue("localhost")), settings: "hostname = \"0.0.0.0\"\npublic-hostname = localhost");
        Assert.Equal("localhost", two.Address.Host);
        var (handle, _) = await one.AssociateAsync(two);
        Assert.True(handle.Write(Payload.Of(1)));
        await two.TakeInbound().Received.CountAsync(1);
        await using var mapped = await BareNode.StartAsync(pki.Identity(), settings: "public-hostname = \"127.0.0.1\"\npublic-port = 7355");
        Assert.Equal(7355, mapped.Address.Port);
        await Assert.ThrowsAsync<Akka.Configuration.ConfigurationException>(() => BareNode.StartAsync(pki.Identity(), settings: "hostname = \"0.0.0.0\""));
    }

    [Fact]
    public async Task Gives_up_an_association_that_nobody_listens_to()
    {
        await using var one = await BareNode.StartAsync(pki.Identity(), new NodeTransportLimits { Listener = TimeSpan.FromMilliseconds(200) });
        await using var two = await BareNode.StartAsync(pki.Identity());
        await one.Transport.Associate(two.Address);
        await Eventually.ComesTrueAsync(() => one.Meters.Connections is 0, TimeSpan.FromSeconds(10), "it is given up");
    }
}
