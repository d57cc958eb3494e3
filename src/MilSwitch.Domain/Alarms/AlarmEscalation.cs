using System.Collections.Immutable;
using System.Globalization;

namespace MilSwitch.Domain.Alarms;

/// <summary>Who is told of an alarm that nobody acknowledges.</summary>
/// <param name="Notifier">Its name.</param>
/// <param name="After">When nobody acknowledged the alarm for so long.</param>
public sealed record AlarmEscalation(string Notifier, TimeSpan After)
{
    /// <summary>What failed is tried again after this.</summary>
    public static TimeSpan RetryAfter { get; } = TimeSpan.FromMinutes(1);

    /// <summary>Of these kinds only; empty: of all.</summary>
    public ImmutableArray<string> Kinds { get; init; } = [];

    /// <summary>From this severity on.</summary>
    public AlarmSeverity From { get; init; }

    /// <summary>Again after this, as long as nobody acknowledges; null: once.</summary>
    public TimeSpan? Repeat { get; init; }

    /// <summary>At most so often for one occurrence.</summary>
    public int Most { get; init; } = 10;

    /// <summary>Whoever was told of it is told as well when it is over.</summary>
    public bool TellsEnd { get; init; } = true;

    /// <summary>What has been over for longer is not told any more.</summary>
    public static TimeSpan EndIsNews { get; } = TimeSpan.FromHours(1);

    /// <summary>Tells it from other steps, also after a restart.</summary>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"{Notifier}@{(long)After.TotalSeconds}");

    /// <summary>Whether it is due now. What stands against the notifier itself is never told through it.</summary>
    public bool IsDue(AlarmRecord record, DateTimeOffset now)
    {
        if (record.State is not AlarmState.Unacknowledged || record.IsShelved(now) || now - record.WaitsSince < After || record.Severity < From) return false;
        if (!Kinds.IsEmpty && !Kinds.Contains(AlarmCatalogue.NameOf(record.Id))) return false;
        if (record.Id == $"{AlarmCatalogue.Notifier}:{Notifier}") return false;
        if (record.Notices.FirstOrDefault(n => n.Step == Key) is not { } notice) return true;
        if (notice.Failed) return now - notice.At >= RetryAfter;
        return notice.Times is 0 || (Repeat is { } pause && notice.Times < Most && now - notice.At >= pause);
    }

    /// <summary>Whether it is due now to tell that it is over.</summary>
    public bool IsEndDue(AlarmRecord record, DateTimeOffset now)
    {
        if (!TellsEnd || record.Stands || record.IsShelved(now) || record.ClearedAt is not { } end || now - end >= EndIsNews) return false;
        return record.Notices.FirstOrDefault(n => n.Step == Key) is { Over: false, IsTold: true } notice && (!notice.Failed || now - notice.At >= RetryAfter);
    }
}
