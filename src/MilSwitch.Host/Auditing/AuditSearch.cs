using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MilSwitch.Domain.Auditing;

namespace MilSwitch.Host.Auditing;

/// <summary>
/// One page of a search over all trails, newest first: a trail's records come in the order of their numbers, and of several
/// trails the one that has the newest comes first. Looks at a bounded number of records and says where to go on.
/// </summary>
internal sealed class AuditSearch(IAuditStore store, AuditFilter filter, int limit)
{
    /// <summary>Records that one page may look at.</summary>
    private const long Budget = 400_000;

    /// <summary>Records that are looked at in one go, which holds a snapshot of the store.</summary>
    private const long Stretch = 20_000;

    private const int MaximumTrails = 10_000;

    /// <exception cref="FormatException">The place is no place.</exception>
    public async ValueTask<AuditPage> FindAsync(string? after, CancellationToken cancellationToken)
    {
        var places = after is null ? null : Read(after);
        var open = new List<Place>();
        foreach (var trail in await store.TrailsAsync(cancellationToken))
        {
            var below = places is null ? long.MaxValue : places.GetValueOrDefault(trail.Number, -1);
            if (below < 0 || trail.Head is null) continue;
            if (await TrailTimes.FindAsync(store, trail, filter.From, filter.Until, cancellationToken) is not { } numbers) continue;
            var place = new Place(trail.Number, numbers.First) { Below = Math.Min(below, numbers.Below) };
            if (place.Below <= place.First) continue;
            place.Newest = await store.ReadTrailAsync(trail.Number, place.Below - 2, 1, cancellationToken) is [var newest] ? newest.At : long.MaxValue;
            open.Add(place);
        }

        var found = ImmutableArray.CreateBuilder<AuditRecord>();
        for (long looked = 0; open.Count > 0 && found.Count < limit;)
        {
            var next = open.MaxBy(p => (p.Newest, p.Trail))!;
            if (next.Found.TryDequeue(out var record)) found.Add(record);
            else if (next.Below <= next.First)
            {
                open.Remove(next);
                continue;
            }
            else
            {
                if (looked >= Budget) break;
                looked += await FillAsync(next, cancellationToken);
            }

            if (next.Found.TryPeek(out var peeked)) next.Newest = peeked.At;
        }

        open.RemoveAll(p => p.Found.Count is 0 && p.Below <= p.First);
        return new AuditPage(found.ToImmutable(), open.Count is 0 ? null : Write(open));
    }

    private async ValueTask<long> FillAsync(Place place, CancellationToken cancellationToken)
    {
        var downTo = Math.Max(place.First, place.Below - Stretch);
        var most = limit + 1;
        var records = await store.SearchTrailAsync(place.Trail, place.Below, downTo, filter, most, cancellationToken);
        foreach (var record in records) place.Found.Enqueue(record);
        var before = place.Below;
        place.Below = records.Count == most ? records[^1].Sequence : downTo;
        return before - place.Below;
    }

    private static string Write(IEnumerable<Place> open)
    {
        var text = new StringBuilder();
        foreach (var place in open.OrderBy(p => p.Trail))
        {
            // What was found and not given is found again.
            var below = place.Found.TryPeek(out var first) ? first.Sequence + 1 : place.Below;
            text.Append(text.Length is 0 ? "" : ".").Append(CultureInfo.InvariantCulture, $"{place.Trail}-{below}");
        }

        return text.ToString();
    }

    private static Dictionary<int, long> Read(string text)
    {
        var places = new Dictionary<int, long>();
        foreach (var part in text.Split('.'))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            if (dash < 0 || places.Count == MaximumTrails
                || !int.TryParse(part.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var trail)
                || !long.TryParse(part.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var below)
                || !places.TryAdd(trail, below))
            {
                throw new FormatException("It is no place that a page gave.");
            }
        }

        return places;
    }

    /// <summary>How far a trail has been looked through.</summary>
    private sealed class Place(int trail, long first)
    {
        public int Trail => trail;

        public long First => first;

        /// <summary>Numbers from here on were looked at.</summary>
        public long Below { get; set; }

        /// <summary>What comes next is about as old as this.</summary>
        public long Newest { get; set; }

        public Queue<AuditRecord> Found { get; } = new();
    }
}
