using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Domain.Tests;

public sealed class LinkConnectionsTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private DateTimeOffset now = Start;
    private int opened;

    [Fact]
    [Trait("Feature", "C-06")]
    public void The_last_connections_are_for_urgent_levels_whether_busy_or_being_opened()
    {
        var link = Link(connections: 3);
        Assert.Equal(Precedence.Deferred, link.LowestAllowed);
        Open(link);
        link.Use("one");
        Assert.Equal(Precedence.Immediate, link.LowestAllowed);
        Begin(link);
        Assert.Equal(Precedence.Flash, link.LowestAllowed);
        Begin(link);
        Assert.Null(link.LowestAllowed);
        Assert.False(link.MayOpen(now));
    }

    [Fact]
    public void Opens_no_more_at_once_than_wait()
    {
        var link = Link(connections: 40);
        Assert.True(link.OpensEnoughFor(0));
        Begin(link);
        Assert.True(link.OpensEnoughFor(1));
        Assert.False(link.OpensEnoughFor(2));
        for (var i = 1; i < 16; i++) Begin(link);
        Assert.True(link.OpensEnoughFor(1000));
    }

    [Fact]
    public void The_connection_used_last_is_used_next_until_it_is_worn()
    {
        var link = Link(messages: 2);
        var first = Open(link);
        var second = Open(link);
        Assert.Equal(second, link.Use("a"));
        Assert.Empty(link.Ended(second, reusable: true, diedIdle: false, now));
        Assert.Equal(second, link.Use("b"));
        Assert.Equal(second, Assert.Single(link.Ended(second, reusable: true, diedIdle: false, now)));
        Assert.Equal(first, link.Use("c"));
        Assert.Equal((1, 1, false), (link.Count, link.Busy, link.HasIdle));
    }

    [Fact]
    public void What_can_not_be_reused_is_closed_alone()
    {
        var link = Link();
        Open(link);
        Open(link);
        var broken = link.Use("a");
        Assert.Equal(broken, Assert.Single(link.Ended(broken, reusable: false, diedIdle: false, now)));
        Assert.Empty(link.Ended(broken, reusable: false, diedIdle: false, now));
        Assert.Equal((1, 0), (link.Count, link.Busy));
    }

    [Fact]
    public void One_that_died_idle_takes_the_idle_ones_to_its_host_along()
    {
        var link = Link();
        var other = Open(link, "elsewhere");
        var beside = Open(link);
        Open(link);
        Open(link);
        var dead = link.Use("a");
        var busy = link.Use("b");
        Assert.Equal(new[] { beside, dead }.Order(), link.Ended(dead, reusable: false, diedIdle: true, now).Order());
        Assert.Empty(link.Ended(busy, reusable: true, diedIdle: false, now));
        Assert.Equal(busy, link.Use("c"));
        Assert.Equal(other, link.Use("d"));
    }

    [Fact]
    public void An_idle_time_counts_from_the_last_use()
    {
        var link = Link();
        var unused = Open(link);
        var used = Open(link);
        now += TimeSpan.FromSeconds(15);
        link.Ended(link.Use("a"), reusable: true, diedIdle: false, now);
        now += TimeSpan.FromSeconds(6);
        Assert.Equal(unused, Assert.Single(link.Expired(now)));
        Assert.Empty(link.Expired(now));
        now += TimeSpan.FromSeconds(15);
        Assert.Equal(used, Assert.Single(link.Expired(now)));
        Assert.Equal(0, link.Count);
    }

    [Fact]
    public void A_busy_connection_is_never_idle_for_too_long()
    {
        var link = Link();
        Open(link);
        link.Use("a");
        now += TimeSpan.FromHours(1);
        Assert.Empty(link.Expired(now));
    }

    [Fact]
    [Trait("Threat", "F15")]
    public void One_probe_after_a_failure_decides()
    {
        var link = Link();
        Assert.True(link.OpenFailed(Begin(link), "down", now));
        Assert.False(link.MayOpen(now));
        now = link.Breaker.RetryAt;
        Assert.True(link.MayOpen(now));
        var probe = Begin(link);
        Assert.Equal(BreakerPhase.HalfOpen, link.Breaker.Phase);
        Assert.False(link.MayOpen(now));
        Assert.True(link.Opened(probe, "hop", now));
        Assert.Equal(LinkBreaker.Initial, link.Breaker);
        Assert.True(link.MayOpen(now));
    }

    [Fact]
    [Trait("Threat", "F15")]
    public void Asking_whether_one_may_be_opened_uses_up_no_probe()
    {
        var link = Link(connections: 1);
        link.OpenFailed(Begin(link), "down", now);
        now = link.Breaker.RetryAt;
        Assert.True(link.MayOpen(now));
        Assert.True(link.MayOpen(now));
        Assert.Equal(BreakerPhase.Open, link.Breaker.Phase);
    }

    [Fact]
    [Trait("Threat", "F15")]
    public void A_failure_beside_an_open_connection_is_chance_once()
    {
        var link = Link();
        Open(link);
        link.OpenFailed(Begin(link), "down", now);
        Assert.Equal(BreakerPhase.Closed, link.Breaker.Phase);
        link.OpenFailed(Begin(link), "down", now);
        Assert.Equal(BreakerPhase.Open, link.Breaker.Phase);
    }

    [Fact]
    [Trait("Threat", "F15")]
    public void Others_that_are_being_opened_are_no_sign_of_life()
    {
        var link = Link();
        var first = Begin(link);
        Begin(link);
        link.OpenFailed(first, "down", now);
        Assert.Equal(BreakerPhase.Open, link.Breaker.Phase);
    }

    [Fact]
    public void What_was_let_go_of_is_heard_no_more()
    {
        var link = Link();
        var late = Begin(link);
        Assert.Equal(late, Assert.Single(link.Close()));
        Assert.False(link.Opened(late, "hop", now));
        Assert.False(link.OpenFailed(late, "down", now));
        Assert.Equal((null, null), link.Died(late, now));
        Assert.Equal(0, link.Count);
    }

    [Fact]
    public void A_closed_link_lets_transactions_end_and_begins_none()
    {
        var link = Link();
        var idle = Open(link);
        Open(link);
        var busy = link.Use("a");
        Assert.Equal(idle, Assert.Single(link.Close()));
        Assert.False(link.MayOpen(now));
        Assert.Equal(busy, Assert.Single(link.Ended(busy, reusable: true, diedIdle: false, now)));
        Assert.Equal((0, 0), (link.Count, link.Busy));
    }

    [Fact]
    public void A_connection_that_dies_gives_back_what_it_carried()
    {
        var link = Link(connections: 3);
        Open(link);
        Assert.Equal(("a", "hop"), link.Died(link.Use("a"), now));
        Assert.Equal((null, "hop"), link.Died(Open(link), now));
        Assert.Equal((null, null), link.Died(Begin(link), now));
        Assert.Equal((0, 0, Precedence.Deferred), (link.Count, link.Busy, link.LowestAllowed));
    }

    [Fact]
    [Trait("Threat", "F15")]
    public void A_probe_that_dies_is_followed_by_another()
    {
        var link = Link();
        link.OpenFailed(Begin(link), "down", now);
        now = link.Breaker.RetryAt;
        link.Died(Begin(link), now);
        Assert.False(link.MayOpen(now));
        Assert.True(link.MayOpen(link.Breaker.RetryAt));
    }

    [Fact]
    [Trait("Threat", "F15")]
    public void A_link_whose_hosts_are_not_found_is_left_alone_for_growing_pauses()
    {
        var link = Link();
        link.NotFound("no answer", now);
        Assert.Equal(now + TimeSpan.FromSeconds(1), link.Breaker.RetryAt);
        Assert.False(link.MayOpen(now));
        now = link.Breaker.RetryAt;
        Assert.True(link.MayOpen(now));
        link.NotFound("no answer", now);
        Assert.Equal(now + TimeSpan.FromSeconds(2), link.Breaker.RetryAt);
    }

    [Fact]
    public void Other_settings_count_at_once()
    {
        var link = Link(connections: 2);
        Open(link);
        Assert.Empty(link.Apply(Settings(connections: 1), now));
        Assert.False(link.MayOpen(now));
        Assert.Equal(0, link.Budget.ReservedForUrgent);
    }

    [Fact]
    public void Connections_made_by_other_settings_end_at_once_or_after_their_transaction()
    {
        var link = Link(connections: 3);
        var idle = Open(link);
        Open(link);
        var busy = link.Use("a");
        var begun = Begin(link);
        Assert.Equal(new[] { idle, begun }, link.Apply(Elsewhere(connections: 3), now).Order());
        Assert.False(link.Opened(begun, "hop", now));
        Assert.Equal((1, 1, Precedence.Immediate), (link.Count, link.Busy, link.LowestAllowed));
        var fresh = Open(link, "other");
        Assert.Equal(busy, Assert.Single(link.Ended(busy, reusable: true, diedIdle: false, now)));
        Assert.Equal(fresh, link.Use("b"));
        Assert.Empty(link.Ended(fresh, reusable: true, diedIdle: false, now));
    }

    [Fact]
    public void A_link_that_was_down_is_tried_at_once_where_it_leads_now()
    {
        var link = Link();
        link.OpenFailed(Begin(link), "down", now);
        now = link.Breaker.RetryAt;
        var probe = Begin(link);
        Assert.False(link.MayOpen(now));
        Assert.Equal(probe, Assert.Single(link.Apply(Elsewhere(), now)));
        Assert.NotEqual(BreakerPhase.Closed, link.Breaker.Phase);
        Assert.True(link.MayOpen(now));
        link.OpenFailed(Begin(link), "down as well", now);
        Assert.Equal((1, now + TimeSpan.FromSeconds(1)), (link.Breaker.Failures, link.Breaker.RetryAt));
    }

    [Fact]
    public void A_connection_to_where_the_link_led_before_is_no_sign_of_life()
    {
        var link = Link();
        Open(link);
        link.Use("a");
        link.Apply(Elsewhere(), now);
        link.OpenFailed(Begin(link), "down", now);
        Assert.Equal(BreakerPhase.Open, link.Breaker.Phase);
    }

    [Fact]
    [Trait("Threat", "F1")]
    public void A_link_is_live_while_a_connection_is_open_and_for_an_idle_time_after_it()
    {
        var link = Link();
        Assert.False(link.IsLive(now));
        var first = Begin(link);
        Assert.False(link.IsLive(now));
        link.Opened(first, "hop", now);
        Assert.True(link.IsLive(now));
        link.Use("a");
        now += TimeSpan.FromHours(1);
        Assert.True(link.IsLive(now));
        link.Ended(first, reusable: true, diedIdle: false, now);
        now += TimeSpan.FromSeconds(15);
        link.Ended(link.Use("b"), reusable: false, diedIdle: false, now);
        Assert.Equal(0, link.Count);
        Assert.True(link.IsLive(now));
        now += TimeSpan.FromSeconds(6);
        Assert.False(link.IsLive(now));
    }

    [Fact]
    [Trait("Threat", "F1")]
    public void A_link_that_is_down_or_leads_elsewhere_is_not_live()
    {
        var link = Link();
        Open(link);
        link.Use("a");
        link.Apply(Elsewhere(), now);
        Assert.False(link.IsLive(now));
        Open(link, "other");
        Assert.True(link.IsLive(now));
        link.Died(link.Use("b"), now);
        link.OpenFailed(Begin(link), "down", now);
        Assert.False(link.IsLive(now));
    }

    [Fact]
    public void Only_what_changes_how_a_connection_is_made_renews_it()
    {
        var settings = Settings();
        Assert.True(Settings(connections: 1, messages: 7).ConnectsLike(settings));
        Assert.True((settings with { Targets = [.. settings.Targets], Tls = settings.Tls with { }, IdleTimeout = TimeSpan.FromSeconds(1) }).ConnectsLike(settings));
        Assert.False(Elsewhere().ConnectsLike(settings));
        Assert.False((settings with { Tls = LinkTls.None }).ConnectsLike(settings));
        Assert.False((settings with { HeloName = "other.test" }).ConnectsLike(settings));
        Assert.False((settings with { TunnelPriority = false }).ConnectsLike(settings));
        Assert.False((settings with { Protocol = LinkProtocol.Lmtp }).ConnectsLike(settings));
    }

    private static LinkSettings Elsewhere(int connections = 20) => Settings(connections) with { Targets = [new HopTarget("other.test", 25)] };

    private LinkConnections<int, string> Link(int connections = 20, int messages = 100) => new(Settings(connections, messages));

    private static LinkSettings Settings(int connections = 20, int messages = 100) => new()
    {
        Name = new LinkName("hop"), HeloName = "switch.test", Targets = [new HopTarget("hop.test", 25)], Connections = connections,
        MessagesPerConnection = messages, IdleTimeout = TimeSpan.FromSeconds(20),
    };

    private int Begin(LinkConnections<int, string> link)
    {
        link.Opening(++opened, now);
        return opened;
    }

    private int Open(LinkConnections<int, string> link, string target = "hop")
    {
        var connection = Begin(link);
        Assert.True(link.Opened(connection, target, now));
        return connection;
    }
}
