using System.Globalization;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Running;

/// <summary>
/// The time of day of a node. It follows the system's clock as long as that goes on as elapsed time does; when somebody sets
/// the clock by more than <see cref="Tolerance"/> while the node runs, the node goes on by the time it had, with an alarm:
/// what waits must not expire, nor wait for ever, because of a clock. A start takes the system's clock as it is.
/// Thread-safe.
/// </summary>
public sealed class SteadyTime(TimeProvider system) : TimeProvider
{
    private const string AlarmId = "clock";

    // Small corrections, leap seconds among them, are followed one by one.
    private static readonly TimeSpan Fine = TimeSpan.FromMilliseconds(20);
    private volatile Anchor anchor = new(system.GetUtcNow(), system.GetTimestamp());
    private volatile Alarm? alarm;

    /// <summary>By how much the clock may be set at once and is followed.</summary>
    public static TimeSpan Tolerance { get; } = TimeSpan.FromSeconds(10);

    public override TimeZoneInfo LocalTimeZone => system.LocalTimeZone;

    public override long TimestampFrequency => system.TimestampFrequency;

    /// <summary>Stands while the system's clock is off.</summary>
    public IEnumerable<Alarm> Alarms
    {
        get
        {
            GetUtcNow();
            return alarm is { } standing ? [standing] : [];
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        var from = anchor;
        // In this order: a pause in between lets the clock seem ahead, and the next look puts that right.
        var own = from.Time + system.GetElapsedTime(from.Stamp);
        var now = system.GetUtcNow();
        var step = now - own;
        if (step.Duration() > Tolerance)
        {
            if (alarm is null) alarm = new Alarm(AlarmId, TextOf(step), own);
            return own;
        }

        if (alarm is not null) alarm = null;
        if (step.Duration() > Fine) anchor = new Anchor(now, system.GetTimestamp());
        return now;
    }

    public override long GetTimestamp() => system.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => system.CreateTimer(callback, state, dueTime, period);

    private static string TextOf(TimeSpan step) => string.Create(
        CultureInfo.InvariantCulture,
        $"the system's clock was set {(step > TimeSpan.Zero ? "forward" : "back")} by {step.Duration():d\\.hh\\:mm\\:ss} while the node runs; it goes on by the time it had. Correct the clock, or restart the node if the new time is the right one");

    private sealed record Anchor(DateTimeOffset Time, long Stamp);
}
