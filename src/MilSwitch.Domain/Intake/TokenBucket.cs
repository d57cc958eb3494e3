namespace MilSwitch.Domain.Intake;

/// <summary>
/// What an originator may still send: a minute's worth at most, all at once if it likes, filled again evenly. Pure; the
/// caller brings the time.
/// </summary>
/// <param name="Tokens">Messages that may be sent now.</param>
/// <param name="FilledAt">When that was so.</param>
public readonly record struct TokenBucket(double Tokens, DateTimeOffset FilledAt)
{
    /// <summary>Sixty additions of a sixtieth are not quite one.</summary>
    private const double Rounding = 1e-6;

    public static TokenBucket Full(int perMinute, DateTimeOffset now) => new(perMinute, now);

    public bool HasOne => Tokens >= 1 - Rounding;

    /// <summary>As it is now. A clock that was set back gives nothing and takes nothing.</summary>
    public TokenBucket Filled(int perMinute, DateTimeOffset now)
    {
        var gained = now > FilledAt ? (now - FilledAt).TotalMinutes * perMinute : 0;
        return new TokenBucket(Math.Min(perMinute, Tokens + gained), now);
    }

    public TokenBucket WithOneLess() => this with { Tokens = Math.Max(0, Tokens - 1) };
}
