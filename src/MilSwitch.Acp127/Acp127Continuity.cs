using System.Collections.Immutable;
using System.Globalization;

namespace MilSwitch.Acp127;

/// <summary>
/// Whether the numbers of a channel come without gaps. Numbers run from 1 to <see cref="Acp127Channel.Highest"/> and begin at 1 again then, or on another
/// day. Immutable; equal when all parts are.
/// </summary>
public sealed record Acp127Continuity
{
    /// <summary>Missing numbers that are remembered; of more the lowest.</summary>
    public const int MostMissing = 100;

    /// <summary>How long a missing number is waited for: a day later its number is another transmission's.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    /// <summary>The number that comes next; null: none has come yet, and any may be the first.</summary>
    public int? Next { get; init; }

    /// <summary>When the last number came.</summary>
    public DateTimeOffset Last { get; init; }

    /// <summary>Numbers that never came, and when that was noticed.</summary>
    public ImmutableSortedDictionary<int, DateTimeOffset> Missing { get; init; } = ImmutableSortedDictionary<int, DateTimeOffset>.Empty;

    /// <summary>A number has come.</summary>
    public Acp127Continuity Take(int number, DateTimeOffset now)
    {
        var kept = Forget(now);
        if (kept.Missing.ContainsKey(number)) return kept with { Missing = kept.Missing.Remove(number), Last = now };
        var begins = number is 1 && (kept.Next is null or 1 || kept.Last.UtcDateTime.Date < now.UtcDateTime.Date);
        var after = number == Acp127Channel.Highest ? 1 : number + 1;
        if (begins || kept.Next is null || number == kept.Next) return kept with { Next = after, Last = now };
        // It was here before: whoever sent it wasn't sure.
        if (number < kept.Next) return kept with { Last = now };
        var missing = kept.Missing.ToBuilder();
        for (var lost = kept.Next.Value; lost < number && missing.Count < MostMissing; lost++) missing.TryAdd(lost, now);
        return kept with { Next = after, Last = now, Missing = missing.ToImmutable() };
    }

    /// <summary>Without the numbers that were waited for long enough.</summary>
    public Acp127Continuity Forget(DateTimeOffset now) => Missing.Values.Any(since => now - since >= Patience) ? this with { Missing = Missing.RemoveRange(Missing.Where(m => now - m.Value >= Patience).Select(m => m.Key)) } : this;

    public bool Equals(Acp127Continuity? other) => other is not null && Next == other.Next && Last == other.Last && Missing.SequenceEqual(other.Missing);

    public override int GetHashCode() => HashCode.Combine(Next, Last, Missing.Count);

    /// <summary>One line of text for a file.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Next ?? 0} {Last:O} {string.Join(',', Missing.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Key}@{m.Value:O}")))}").TrimEnd();

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string text, out Acp127Continuity continuity)
    {
        continuity = new Acp127Continuity();
        var words = text.Trim().Split(' ');
        if (words.Length is not (2 or 3) || !int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var next) || next > Acp127Channel.Highest || !TryTime(words[1], out var last)) return false;
        var missing = ImmutableSortedDictionary.CreateBuilder<int, DateTimeOffset>();
        foreach (var one in words.Length is 3 ? words[2].Split(',') : [])
        {
            if (one.Split('@') is not [var digits, var time] || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || !TryTime(time, out var since)) return false;
            missing[number] = since;
        }

        continuity = new Acp127Continuity { Next = next is 0 ? null : next, Last = last, Missing = missing.ToImmutable() };
        return true;
    }

    private static bool TryTime(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(text, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
}
