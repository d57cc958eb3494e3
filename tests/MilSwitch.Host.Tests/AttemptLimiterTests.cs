using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Access;

namespace MilSwitch.Host.Tests;

/// <summary>Wrong attempts by address, as nodes over one store count them.</summary>
[Trait("Threat", "W2")]
public sealed class AttemptLimiterTests
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ISpool store = FakeSpool.Create(SpoolHealth.Ready);

    [Fact]
    public async Task Nodes_count_together_and_whoever_comes_in_at_one_is_free_at_all()
    {
        var nodes = new[] { new AttemptLimiter(() => store, time), new AttemptLimiter(() => store, time), new AttemptLimiter(() => store, time) };
        for (var attempt = 1; attempt <= 9; attempt++) Assert.False(await nodes[attempt % 3].FailAsync("192.0.2.7", default));
        Assert.All(await Task.WhenAll(nodes.Select(n => n.WaitAsync("192.0.2.7", default).AsTask())), wait => Assert.Null(wait));
        Assert.True(await nodes[0].FailAsync("192.0.2.7", default));
        Assert.All(await Task.WhenAll(nodes.Select(n => n.WaitAsync("192.0.2.7", default).AsTask())), wait => Assert.Equal(TimeSpan.FromSeconds(30), wait));
        // One that was started anew knows it as well, and another address is another one.
        Assert.NotNull(await new AttemptLimiter(() => store, time).WaitAsync("192.0.2.7", default));
        Assert.Null(await nodes[1].WaitAsync("192.0.2.8", default));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Null(await nodes[2].WaitAsync("192.0.2.7", default));
        Assert.True(await nodes[2].FailAsync("192.0.2.7", default));
        Assert.Equal(TimeSpan.FromMinutes(1), await nodes[1].WaitAsync("192.0.2.7", default));
        await nodes[0].SucceedAsync("192.0.2.7", default);
        Assert.Null(await nodes[1].WaitAsync("192.0.2.7", default));
        Assert.False(await nodes[1].FailAsync("192.0.2.7", default));
    }

    [Fact]
    public async Task All_who_try_at_once_are_counted()
    {
        var nodes = new[] { new AttemptLimiter(() => store, time), new AttemptLimiter(() => store, time) };
        var barred = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(async () => await nodes[i % 2].FailAsync("2001:db8::1", default))));
        Assert.Single(barred, b => b);
        // Whoever has one address has the network around it.
        Assert.NotNull(await nodes[0].WaitAsync("2001:db8::ffff:2", default));
        Assert.Null(await nodes[0].WaitAsync("2001:db8:0:1::1", default));
    }

    [Fact]
    public async Task Addresses_are_forgotten_after_an_hour_and_there_are_never_many_more_than_may_be()
    {
        var limiter = new AttemptLimiter(() => store, time);
        const int All = AttemptLimiter.MostAddresses + (AttemptLimiter.MostAddresses / 5);
        for (var i = 0; i < All; i++)
        {
            await limiter.FailAsync(string.Create(CultureInfo.InvariantCulture, $"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}"), default);
            time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.InRange((await store.ListDocumentsAsync(AccessDocuments.Attempts, default)).Count, 1, AttemptLimiter.MostAddresses * 11 / 10);
        time.Advance(TimeSpan.FromHours(1));
        await limiter.FailAsync("192.0.2.7", default);
        Assert.Single(await store.ListDocumentsAsync(AccessDocuments.Attempts, default));
    }
}
