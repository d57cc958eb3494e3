using Akka.Remote.Transport;
using MilSwitch.Switching.Cluster.Transport;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests.Cluster;

/// <summary>Certificates and authorities change while messages flow.</summary>
[Collection(AloneCollection.Name)]
public sealed class RotationTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly NodePki old = new("Old CA");
    private readonly NodePki next = new("Next CA");

    public void Dispose()
    {
        old.Dispose();
        next.Dispose();
    }

    [Fact]
    [Trait("Threat", "F26")]
    public async Task Certificates_and_authority_are_replaced_under_traffic_without_a_lost_message()
    {
        await using var one = await BareNode.StartAsync(old.Identity());
        await using var two = await BareNode.StartAsync(old.Identity());
        var (dialled, back) = await one.AssociateAsync(two);
        var (accepted, there) = two.TakeInbound();
        using var stop = new CancellationTokenSource();
        var sending = Task.WhenAll(Task.Run(() => SendAsync(dialled)), Task.Run(() => SendAsync(accepted)));

        // Both authorities, then certificates of the next one, then the old one is no longer believed; each on one side after the other.
        var first = old.Issue();
        (NodeCertificate One, NodeCertificate Two)[] steps =
        [
            (old.Identity(first, next), old.Identity(null, next)),
            (next.Identity(null, old), next.Identity(null, old)),
            (next.Identity(), next.Identity()),
        ];
        long renewals = 0;
        foreach (var step in steps)
        {
            foreach (var (node, identity) in new[] { (one, step.One), (two, step.Two) })
            {
                var (ofOne, ofTwo) = (there.Payloads.Count, back.Payloads.Count);
                Assert.True(node.Credentials.Replace(identity));
                renewals++;
                await Eventually.ComesTrueAsync(() => one.Meters.Renewals >= renewals && two.Meters.Renewals >= renewals, Patience, $"the connection is renewed, {renewals}");
                await Eventually.ComesTrueAsync(() => there.Payloads.Count > ofOne && back.Payloads.Count > ofTwo, Patience, "messages go on");
            }
        }

        await stop.CancelAsync();
        var counts = await sending;
        await there.CountAsync(counts[0]);
        await back.CountAsync(counts[1]);
        Assert.Equal(Enumerable.Range(0, counts[0]), there.Payloads.Select(p => p.Number()));
        Assert.Equal(Enumerable.Range(0, counts[1]), back.Payloads.Select(p => p.Number()));
        Assert.False(there.Ended || back.Ended);
        await Eventually.ComesTrueAsync(() => one.Meters.Connections is 1 && two.Meters.Connections is 1, Patience, "old connections are closed");

        async Task<int> SendAsync(AssociationHandle handle)
        {
            var number = 0;
            while (!stop.IsCancellationRequested)
            {
                if (handle.Write(Payload.Of(number, 4 + number % 3_000))) number++;
                else await Task.Yield();
                if (number % 100 is 0) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            }

            return number;
        }
    }

    [Fact]
    public async Task The_same_certificates_again_change_nothing()
    {
        var certificate = old.Issue();
        var credentials = new NodeCredentials(old.Identity(certificate));
        Assert.False(credentials.Replace(old.Identity(certificate)));
        Assert.True(credentials.Replace(old.Identity(certificate, next)));
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_under_withdrawn_trust_ends_in_a_bounded_time(bool dialler)
    {
        var limits = new NodeTransportLimits { Renewal = TimeSpan.FromMilliseconds(300), RenewalPause = TimeSpan.FromMilliseconds(100), Handshake = TimeSpan.FromSeconds(1) };
        await using var one = await BareNode.StartAsync(old.Identity(), limits);
        await using var two = await BareNode.StartAsync(old.Identity(), limits);
        var (_, back) = await one.AssociateAsync(two);
        var (_, there) = two.TakeInbound();
        // One side believes the next authority only, the other knows nothing of it.
        (dialler ? one : two).Credentials.Replace(next.Identity());
        await Eventually.ComesTrueAsync(() => back.Ended && there.Ended, Patience, "the end");
        await Assert.ThrowsAsync<InvalidAssociationException>(() => one.Transport.Associate(two.Address));
    }
}
