using FsCheck.Xunit;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Tests;

public sealed class RecipientPolicyTests
{
    private static readonly DateTimeOffset Now = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly PrecedenceLevel Flash = PrecedenceTable.Default[Precedence.Flash];

    [Fact]
    public void A_positive_reply_ends_it_even_after_the_expiry()
    {
        var reply = new Reply(250, null, "ok");
        Assert.Equal(new NextStep.Relayed(reply, true), After(reply, 1, Now.AddHours(-1), hopReports: true));
    }

    [Fact]
    public void A_permanent_reply_fails_at_once()
    {
        var reply = new Reply(550, new EnhancedStatusCode(5, 1, 1), "no such user");
        Assert.Equal(new NextStep.Fail(reply), After(reply, 1, Now.AddHours(1)));
    }

    [Theory]
    [InlineData(451, 1, 5)]
    [InlineData(451, 2, 10)]
    [InlineData(421, 4, 30)]
    [InlineData(0, 9, 30)]
    [Trait("Feature", "C-12")]
    public void A_transient_reply_or_none_is_tried_again_by_the_levels_curve(int code, int attempts, int seconds)
    {
        var reply = new Reply(code, null, "later");
        Assert.Equal(new NextStep.RetryAt(Now.AddSeconds(seconds), reply), After(reply, attempts, Now.AddHours(1)));
    }

    [Fact]
    public void The_last_attempt_is_made_just_before_the_end()
    {
        var reply = new Reply(451, null, "later");
        Assert.Equal(new NextStep.RetryAt(Now.AddSeconds(3), reply), After(reply, 4, Now.AddSeconds(3)));
        Assert.Equal(new NextStep.Expire(RecipientPolicy.DeliveryTimeExpired), After(reply, 5, Now));
        Assert.Equal("5.4.7", RecipientPolicy.DeliveryTimeExpired.EffectiveStatus.ToString());
    }

    [Property]
    public bool Always_goes_forward_and_never_beyond_the_end(int code, byte attempts, int secondsLeft)
    {
        var expires = Now.AddSeconds(secondsLeft % 100_000);
        return After(new Reply(code % 1000, null, ""), attempts, expires) switch
        {
            NextStep.RetryAt retry => retry.Due > Now && retry.Due <= expires,
            NextStep.Expire => Now >= expires && code % 1000 is < 200 or (>= 400 and < 500) or >= 600,
            NextStep.Fail => code % 1000 is >= 500 and < 600,
            NextStep.Relayed => code % 1000 is >= 200 and < 400,
            _ => false,
        };
    }

    [Fact]
    [Trait("Feature", "A-11")]
    public void Mode_R_ends_the_attempts_early_and_never_late()
    {
        Assert.Equal(Now.AddMinutes(10), Expiry(Envelope with { DeliverBy = new DeliverBy(Now.AddMinutes(10), DeliverByMode.Return, false) }));
        Assert.Equal(Now.AddHours(4), Expiry(Envelope with { DeliverBy = new DeliverBy(Now.AddDays(10), DeliverByMode.Return, false) }));
        Assert.Equal(Now.AddHours(4), Expiry(Envelope with { DeliverBy = new DeliverBy(Now.AddMinutes(10), DeliverByMode.Notify, false) }));
    }

    [Fact]
    [Trait("Feature", "C-13")]
    public void Mode_N_warns_early_and_never_late()
    {
        Assert.Equal(Now.AddMinutes(1), Warning(Envelope with { DeliverBy = new DeliverBy(Now.AddMinutes(1), DeliverByMode.Notify, false) }));
        Assert.Equal(Now.AddMinutes(5), Warning(Envelope with { DeliverBy = new DeliverBy(Now.AddMinutes(9), DeliverByMode.Notify, false) }));
        Assert.Equal(Now.AddMinutes(5), Warning(Envelope with { DeliverBy = new DeliverBy(Now.AddMinutes(1), DeliverByMode.Return, false) }));
    }

    [Fact]
    [Trait("Feature", "A-12")]
    public void The_clock_starts_when_a_held_message_is_released()
    {
        Assert.Equal(Now.AddHours(6), Expiry(Envelope with { HoldUntil = Now.AddHours(2) }));
        Assert.Equal(Now.AddHours(4), Expiry(Envelope with { HoldUntil = Now.AddHours(-2) }));
        Assert.Equal(Now.AddHours(2).AddMinutes(5), Warning(Envelope with { HoldUntil = Now.AddHours(2) }));
    }

    [Theory]
    [InlineData(550, 5, 7, 1, "5.7.1")]
    [InlineData(450, 5, 7, 1, "4.0.0")]
    [InlineData(250, 2, 1, 5, "2.1.5")]
    [InlineData(0, 5, 1, 1, "4.0.0")]
    [InlineData(354, 2, 0, 0, "4.0.0")]
    public void The_enhanced_code_counts_only_when_it_agrees_with_the_reply(int code, byte @class, short subject, short detail, string effective) =>
        Assert.Equal(effective, new Reply(code, new EnhancedStatusCode(@class, subject, detail), "").EffectiveStatus.ToString());

    [Theory]
    [InlineData("5.1.1", true)]
    [InlineData("2.0.0", true)]
    [InlineData("4.999.999", true)]
    [InlineData("3.1.1", false)]
    [InlineData("5.1", false)]
    [InlineData("5.1.1.1", false)]
    [InlineData("5.1.1000", false)]
    [InlineData("5..1", false)]
    [InlineData("5.-1.1", false)]
    [InlineData("55.1.1", false)]
    [InlineData("5.1.\u0661", false)]
    [InlineData("", false)]
    public void Reads_enhanced_codes(string text, bool valid)
    {
        Assert.Equal(valid, EnhancedStatusCode.TryParse(text, out var code));
        if (valid) Assert.Equal(text, code.ToString());
    }

    [Property]
    public bool Reading_enhanced_codes_never_throws(string? text) => EnhancedStatusCode.TryParse(text, out _) | true;

    private static Envelope Envelope { get; } = new()
    {
        ReversePath = ReversePath.Null, Recipients = [], ArrivedAt = Now, Origin = new Origin { Listener = "relay" },
    };

    private static DateTimeOffset Expiry(Envelope envelope) => RecipientPolicy.ExpiresAt(envelope, Precedence.Flash, PrecedenceTable.Default);

    private static DateTimeOffset Warning(Envelope envelope) => RecipientPolicy.WarnsAt(envelope, Precedence.Flash, PrecedenceTable.Default);

    private static NextStep After(Reply reply, int attempts, DateTimeOffset expires, bool hopReports = false) =>
        RecipientPolicy.AfterAttempt(reply, attempts, expires, Flash, Now, hopReports);
}
