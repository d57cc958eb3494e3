using System.Collections.Immutable;

namespace MilSwitch.Domain.Precedences;

/// <summary>
/// What the six levels mean on this switch: alarms, warnings, retries, expiry, size and share of the links. Immutable;
/// a new configuration brings a new table. The defaults keep inside the speeds of service of the public doctrine.
/// </summary>
public sealed record PrecedenceTable
{
    /// <summary>One entry a level, indexed by the level's number.</summary>
    public required ImmutableArray<PrecedenceLevel> Levels { get; init; }

    /// <summary>
    /// The level of mail that says nothing about precedence. MT-PRIORITY's own default is 0, which is Priority, so that
    /// unmarked civil mail would outrank Routine: it is taken as Routine unless the configuration says otherwise.
    /// </summary>
    public Precedence Unmarked { get; init; } = Precedence.Routine;

    public PrecedenceLevel this[Precedence precedence] => Levels[(int)precedence];

    public static PrecedenceTable Default { get; } = new()
    {
        Levels =
        [
            new PrecedenceLevel(Precedence.Deferred)
            {
                Alarm = null, Warning = TimeSpan.FromHours(24), Expiry = TimeSpan.FromDays(5), MaximumSize = 25 << 20, Weight = 1,
                Retry = [TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(60)],
            },
            new PrecedenceLevel(Precedence.Routine)
            {
                Alarm = TimeSpan.FromHours(2), Warning = TimeSpan.FromHours(4), Expiry = TimeSpan.FromDays(3), MaximumSize = 25 << 20, Weight = 3,
                Retry = [TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(30)],
            },
            new PrecedenceLevel(Precedence.Priority)
            {
                Alarm = TimeSpan.FromMinutes(45), Warning = TimeSpan.FromMinutes(90), Expiry = TimeSpan.FromHours(24), MaximumSize = 5 << 20, Weight = 8,
                Retry = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)],
            },
            new PrecedenceLevel(Precedence.Immediate)
            {
                Alarm = TimeSpan.FromMinutes(8), Warning = TimeSpan.FromMinutes(15), Expiry = TimeSpan.FromHours(12), MaximumSize = 256 << 10,
                Retry = [TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60)],
            },
            new PrecedenceLevel(Precedence.Flash)
            {
                Alarm = TimeSpan.FromMinutes(2), Warning = TimeSpan.FromMinutes(5), Expiry = TimeSpan.FromHours(4), MaximumSize = 32 << 10,
                Retry = [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30)],
            },
            new PrecedenceLevel(Precedence.Override)
            {
                Alarm = TimeSpan.FromSeconds(30), Warning = TimeSpan.FromMinutes(1), Expiry = TimeSpan.FromHours(1), MaximumSize = 16 << 10,
                Retry = [TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10)],
            },
        ],
    };
}

/// <summary>One row of the table.</summary>
public sealed record PrecedenceLevel(Precedence Precedence)
{
    /// <summary>Alarm when the message was not handed on after this long; null: none.</summary>
    public TimeSpan? Alarm { get; init; }

    /// <summary>A <c>delayed</c> report (4.4.7) goes to the originator after this long.</summary>
    public required TimeSpan Warning { get; init; }

    /// <summary>A <c>failed</c> report (5.4.7) ends the attempts after this long.</summary>
    public required TimeSpan Expiry { get; init; }

    /// <summary>Octets; a larger message of this level is refused with X.7.16 (RFC 6710 §5.2).</summary>
    public required long MaximumSize { get; init; }

    /// <summary>Pauses before the second, third… attempt; the last one repeats.</summary>
    public required ImmutableArray<TimeSpan> Retry { get; init; }

    /// <summary>Share below the strict lanes (Priority 8, Routine 3, Deferred 1); without meaning for the urgent levels.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>The pause after the given number of attempts, from one.</summary>
    public TimeSpan RetryAfter(int attempts) => Retry[Math.Clamp(attempts - 1, 0, Retry.Length - 1)];
}
