using FsCheck.Xunit;
using MilSwitch.Domain.Delivery;

namespace MilSwitch.Domain.Tests;

[Trait("Threat", "F15")]
public sealed class LinkBreakerTests
{
    private static readonly DateTimeOffset Now = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Opens_with_growing_pauses_and_probes_once_each_time()
    {
        var breaker = LinkBreaker.Initial;
        var now = Now;
        foreach (var pause in new[] { 1, 2, 5, 10, 30, 60, 60, 60 })
        {
            Assert.True(breaker.TryConnect(now).Allowed);
            breaker = breaker.TryConnect(now).Next.Failed(now, "refused", othersConnected: false);
            Assert.Equal(BreakerPhase.Open, breaker.Phase);
            Assert.Equal(now.AddSeconds(pause), breaker.RetryAt);
            Assert.False(breaker.TryConnect(breaker.RetryAt.AddTicks(-1)).Allowed);
            now = breaker.RetryAt;
            var (allowed, probing) = breaker.TryConnect(now);
            Assert.True(allowed);
            Assert.Equal(BreakerPhase.HalfOpen, probing.Phase);
            Assert.False(probing.TryConnect(now.AddHours(1)).Allowed);
        }

        Assert.Equal("refused", breaker.LastFault);
        Assert.Same(LinkBreaker.Initial, breaker.Connected());
    }

    [Fact]
    public void One_failure_beside_working_connections_is_chance_two_are_not()
    {
        var once = LinkBreaker.Initial.Failed(Now, "reset", othersConnected: true);
        Assert.Equal(BreakerPhase.Closed, once.Phase);
        Assert.True(once.TryConnect(Now).Allowed);
        Assert.Equal(BreakerPhase.Open, once.Failed(Now, "reset", othersConnected: true).Phase);
        Assert.Same(LinkBreaker.Initial, once.Connected());
    }

    [Fact]
    public void Connections_that_fail_together_do_not_lengthen_the_pause()
    {
        var breaker = LinkBreaker.Initial;
        for (var i = 0; i < 20; i++) breaker = breaker.Failed(Now.AddMilliseconds(i), "timeout", othersConnected: false);

        Assert.Equal(1, breaker.Failures);
        Assert.Equal(Now.AddSeconds(1), breaker.RetryAt);
    }

    [Fact]
    public void An_operator_or_an_urgent_message_only_shortens_the_pause()
    {
        var open = LinkBreaker.Initial.Failed(Now, "refused", othersConnected: false);
        Assert.True(open.TryNow(Now).TryConnect(Now).Allowed);
        Assert.Equal(Now.AddMilliseconds(10), open.NoLaterThan(Now.AddMilliseconds(10)).RetryAt);
        Assert.Same(open, open.NoLaterThan(Now.AddHours(1)));
        Assert.Same(LinkBreaker.Initial, LinkBreaker.Initial.TryNow(Now));
        Assert.Same(LinkBreaker.Initial, LinkBreaker.Initial.NoLaterThan(Now));
        var probing = open.TryConnect(open.RetryAt).Next;
        Assert.Same(probing, probing.TryNow(Now));
    }

    [Property]
    public bool Never_connects_before_its_time(byte[] steps)
    {
        var (breaker, now, right) = (LinkBreaker.Initial, Now, true);
        foreach (var step in steps)
        {
            now = now.AddSeconds(step / 16);
            var before = breaker;
            switch (step % 4)
            {
                case 0:
                    (var allowed, breaker) = breaker.TryConnect(now);
                    right &= allowed == (before.Phase == BreakerPhase.Closed || (before.Phase == BreakerPhase.Open && now >= before.RetryAt));
                    break;
                case 1:
                    breaker = breaker.Failed(now, "x", othersConnected: step > 128);
                    right &= breaker.RetryAt <= now.AddSeconds(60);
                    break;
                case 2:
                    breaker = breaker.Connected();
                    right &= breaker is { Phase: BreakerPhase.Closed, Failures: 0 };
                    break;
                default:
                    breaker = breaker.NoLaterThan(now.AddSeconds(5));
                    right &= breaker.RetryAt <= before.RetryAt;
                    break;
            }
        }

        return right;
    }
}
