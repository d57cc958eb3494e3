namespace MilSwitch.Domain.Intake;

/// <summary>The answer to one more message of an originator.</summary>
public enum RateVerdict : byte
{
    Allowed,
    Refused,

    /// <summary>Refused, and the first refusal for this originator in a minute: worth a record. The others would only be noise.</summary>
    RefusedAndWorthTelling,
}

/// <summary>
/// One rate, kept for each originator. Thread-safe. Memory is bounded: when too many are remembered, those go first whose
/// bucket is full again, which loses nothing, then those with most left, so that whoever floods is remembered longest.
/// </summary>
/// <param name="remembered">Originators at most.</param>
public sealed class OriginatorRates(int remembered)
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<Originator, Entry> entries = [];

    public int Remembered
    {
        get
        {
            lock (gate) return entries.Count;
        }
    }

    /// <summary>May it send one more?</summary>
    /// <param name="originator">Who.</param>
    /// <param name="perMinute">The rate; 0: no limit.</param>
    /// <param name="now">The time.</param>
    /// <param name="take">Count it; false only asks.</param>
    public RateVerdict Ask(Originator originator, int perMinute, DateTimeOffset now, bool take)
    {
        if (perMinute is 0) return RateVerdict.Allowed;
        lock (gate)
        {
            var known = entries.TryGetValue(originator, out var entry);
            var bucket = known ? entry.Bucket.Filled(perMinute, now) : TokenBucket.Full(perMinute, now);
            if (bucket.HasOne)
            {
                if (!take) return RateVerdict.Allowed;
                if (!known && entries.Count >= remembered) Forget(perMinute, now);
                entries[originator] = entry with { Bucket = bucket.WithOneLess() };
                return RateVerdict.Allowed;
            }

            if (now - entry.ToldAt < TellEvery && now >= entry.ToldAt) return RateVerdict.Refused;
            entries[originator] = new Entry(bucket, now);
            return RateVerdict.RefusedAndWorthTelling;
        }
    }

    // A quarter goes at once, so that this is done once in many messages.
    private void Forget(int perMinute, DateTimeOffset now)
    {
        var fullest = entries.Select(e => (e.Key, Left: e.Value.Bucket.Filled(perMinute, now).Tokens)).OrderByDescending(e => e.Left).ToArray();
        for (var i = 0; i < fullest.Length; i++)
        {
            if (fullest[i].Left < perMinute && i >= Math.Max(1, remembered / 4)) return;
            entries.Remove(fullest[i].Key);
        }
    }

    private readonly record struct Entry(TokenBucket Bucket, DateTimeOffset ToldAt);
}
