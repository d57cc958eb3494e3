using FsCheck.Xunit;
using MilSwitch.Domain.Intake;

namespace MilSwitch.Domain.Tests;

[Trait("Threat", "F34")]
public sealed class OriginatorRatesTests
{
    private static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Originator One = new("one", true);
    private static readonly Originator Other = new("other", true);

    [Fact]
    [Trait("Threat", "C12")]
    public void A_minutes_worth_may_come_at_once_and_then_one_at_a_time()
    {
        var rates = new OriginatorRates(100);
        Assert.Equal(60, Allowed(rates, One, 60, Start, 100));
        Assert.Equal(0, Allowed(rates, One, 60, Start.AddSeconds(0.9), 10));
        Assert.Equal(1, Allowed(rates, One, 60, Start.AddSeconds(1), 10));
        Assert.Equal(30, Allowed(rates, One, 60, Start.AddSeconds(31), 100));
        Assert.Equal(60, Allowed(rates, One, 60, Start.AddHours(1), 100));
    }

    [Fact]
    public void Nobody_pays_for_another()
    {
        var rates = new OriginatorRates(100);
        Allowed(rates, One, 10, Start, 1000);
        Assert.Equal(10, Allowed(rates, Other, 10, Start, 10));
        // An account that is named like an address is not that address.
        Assert.Equal(10, Allowed(rates, One with { IsAccount = false }, 10, Start, 10));
    }

    [Fact]
    public void Asking_takes_nothing_and_zero_is_no_limit()
    {
        var rates = new OriginatorRates(100);
        for (var i = 0; i < 50; i++) Assert.Equal(RateVerdict.Allowed, rates.Ask(One, 1, Start, take: false));
        Assert.Equal(0, rates.Remembered);
        Assert.Equal(1, Allowed(rates, One, 1, Start, 5));
        Assert.NotEqual(RateVerdict.Allowed, rates.Ask(One, 1, Start, take: false));
        Assert.Equal(1000, Allowed(rates, One, 0, Start, 1000));
    }

    [Fact]
    public void A_flood_is_worth_telling_once_in_a_minute()
    {
        var rates = new OriginatorRates(100);
        Allowed(rates, One, 1, Start, 1);
        var told = 0;
        for (var i = 0; i < 1200; i++)
        {
            if (rates.Ask(One, 1, Start.AddSeconds(i / 10.0), take: false) == RateVerdict.RefusedAndWorthTelling) told++;
            else rates.Ask(One, 1, Start.AddSeconds(i / 10.0), take: true);
        }

        Assert.Equal(2, told);
    }

    [Fact]
    public void Remembers_a_bounded_number_and_whoever_floods_longest()
    {
        const int remembered = 1000;
        var rates = new OriginatorRates(remembered);
        Allowed(rates, One, 100, Start, 100);
        for (var i = 0; i < 20 * remembered; i++)
        {
            Allowed(rates, new Originator($"{i}", false), 100, Start, 1);
            Assert.True(rates.Remembered <= remembered);
        }

        Assert.NotEqual(RateVerdict.Allowed, rates.Ask(One, 100, Start, take: true));
        Assert.True(rates.Remembered > remembered / 2, $"only {rates.Remembered} are remembered");
    }

    [Fact]
    public void A_clock_that_is_set_back_locks_nobody_out()
    {
        var rates = new OriginatorRates(100);
        Allowed(rates, One, 60, Start, 60);
        Assert.Equal(0, Allowed(rates, One, 60, Start.AddHours(-1), 10));
        Assert.Equal(10, Allowed(rates, One, 60, Start.AddHours(-1).AddSeconds(10), 100));
    }

    [Property]
    public bool Never_lets_more_through_than_the_bucket_and_its_filling(byte perMinute, byte[] pauses)
    {
        var rates = new OriginatorRates(10);
        var limit = Math.Max(1, (int)perMinute);
        var (now, allowed) = (Start, 0);
        foreach (var pause in pauses)
        {
            now = now.AddMilliseconds(pause * 10);
            if (rates.Ask(One, limit, now, take: true) == RateVerdict.Allowed) allowed++;
        }

        return allowed <= limit + ((now - Start).TotalMinutes * limit) + 0.001;
    }

    [Theory]
    [InlineData("2001:db8:1:2:3:4:5:6", null, "2001:db8:1:2::/64", false)]
    [InlineData("192.0.2.1", null, "192.0.2.1", false)]
    [InlineData("192.0.2.1", "ops", "ops", true)]
    public void An_originator_is_the_account_or_the_network_of_one_host(string address, string? account, string name, bool isAccount)
    {
        var client = new ClientIdentity { Listener = "mta", Role = ListenerRole.Relay, Address = address, AuthenticatedAs = account };
        Assert.Equal(new Originator(name, isAccount), Originator.Of(client));
    }

    private static int Allowed(OriginatorRates rates, Originator originator, int perMinute, DateTimeOffset now, int tries) =>
        Enumerable.Range(0, tries).Count(_ => rates.Ask(originator, perMinute, now, take: true) == RateVerdict.Allowed);
}
