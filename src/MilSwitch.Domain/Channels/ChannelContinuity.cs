using System.Collections.Immutable;
using System.Text.Json;

namespace MilSwitch.Domain.Channels;

/// <summary>Whether the numbers of a channel come without gaps. They rise from 1; with 1 the other side begins anew. Immutable.</summary>
public sealed record ChannelContinuity
{
    /// <summary>Missing numbers that are remembered; of more the lowest.</summary>
    public const int MostMissing = 100;

    /// <summary>Kind of the document, under the channel's name.</summary>
    public const string DocumentKind = "channel-in";

    /// <summary>How long a missing number is waited for, and how long it is told that a message came without one.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    /// <summary>The number that comes next; null: none has come yet, and any may be the first.</summary>
    public long? Next { get; init; }

    /// <summary>Numbers that never came, and when that was noticed.</summary>
    public ImmutableSortedDictionary<long, DateTimeOffset> Missing { get; init; } = ImmutableSortedDictionary<long, DateTimeOffset>.Empty;

    /// <summary>When a message came that had no number of the channel; null: each had one.</summary>
    public DateTimeOffset? Unnumbered { get; init; }

    /// <summary>A number has come.</summary>
    /// <param name="number">At least 1.</param>
    /// <param name="now">The time.</param>
    public ChannelContinuity Take(long number, DateTimeOffset now)
    {
        var kept = Forget(now);
        if (number is 1 && kept.Next > 2) return kept with { Next = 2, Missing = ImmutableSortedDictionary<long, DateTimeOffset>.Empty };
        if (kept.Missing.ContainsKey(number)) return kept with { Missing = kept.Missing.Remove(number) };
        // Whoever sent what was here before wasn't sure.
        if (number < kept.Next) return kept;
        var missing = kept.Missing.ToBuilder();
        for (var lost = kept.Next ?? number; lost < number && missing.Count < MostMissing; lost++) missing.TryAdd(lost, now);
        return kept with { Next = number + 1, Missing = missing.ToImmutable() };
    }

    /// <summary>A message came without a number.</summary>
    public ChannelContinuity TakeUnnumbered(DateTimeOffset now) => Forget(now) with { Unnumbered = now };

    /// <summary>Without what was waited for long enough.</summary>
    public ChannelContinuity Forget(DateTimeOffset now)
    {
        var late = Missing.Where(m => now - m.Value >= Patience).Select(m => m.Key).ToArray();
        return late.Length is 0 && !(now - Unnumbered >= Patience) ? this : this with { Missing = Missing.RemoveRange(late), Unnumbered = now - Unnumbered >= Patience ? null : Unnumbered };
    }

    /// <summary>For the store.</summary>
    public string Write() => JsonSerializer.Serialize(this, ChannelJson.Default.ChannelContinuity);

    /// <exception cref="JsonException">It is something else.</exception>
    public static ChannelContinuity Read(string json) => JsonSerializer.Deserialize(json, ChannelJson.Default.ChannelContinuity) is { Missing: not null } read ? read : throw new JsonException("no continuity of a channel");
}
