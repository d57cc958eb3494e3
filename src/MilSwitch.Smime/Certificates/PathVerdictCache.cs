namespace MilSwitch.Smime.Certificates;

/// <summary>
/// Path verdicts by certificate, trust material, what came with the message, settings and a bucket of time: a verdict is at most
/// one bucket old when a certificate or list reaches its end. Bounded: the one unused for longest goes first. Thread-safe.
/// </summary>
/// <param name="capacity">How many are kept.</param>
/// <param name="bucket">The length of time for which one verdict counts.</param>
public sealed class PathVerdictCache(int capacity, TimeSpan bucket)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Key, LinkedListNode<(Key Key, PathVerdict Verdict)>> entries = [];
    private readonly LinkedList<(Key Key, PathVerdict Verdict)> byUse = new();

    /// <summary>How many are kept now.</summary>
    public int Count
    {
        get
        {
            lock (gate) return entries.Count;
        }
    }

    /// <summary>The verdict, judged now or not long ago.</summary>
    public PathVerdict Judge(Certificate certificate, PathOptions options)
    {
        var key = KeyOf(certificate, options);
        lock (gate)
        {
            if (entries.TryGetValue(key, out var known))
            {
                byUse.Remove(known);
                byUse.AddFirst(known);
                return known.Value.Verdict;
            }
        }

        // Outside the lock: two that ask at once judge twice, and nobody waits for a slow path of another.
        var verdict = PathJudge.Judge(certificate, options);
        lock (gate)
        {
            if (entries.ContainsKey(key)) return verdict;
            entries[key] = byUse.AddFirst((key, verdict));
            if (entries.Count > capacity)
            {
                entries.Remove(byUse.Last!.Value.Key);
                byUse.RemoveLast();
            }
        }

        return verdict;
    }

    private Key KeyOf(Certificate certificate, PathOptions options) => new(
        certificate.Thumbprint,
        options.Trust.Fingerprint,
        options is { MessageCertificates: [var only], MessageRevocationLists.Count: 0, Bounds.MessageCertificates: > 0 }
            ? only.Thumbprint
            : string.Concat(options.MessageCertificates.Take(options.Bounds.MessageCertificates).Select(c => c.Thumbprint).Concat(options.MessageRevocationLists.Select(l => l.Thumbprint))),
        options.At.UtcTicks / bucket.Ticks,
        (options.Purpose, options.Revocation, options.Suite.Name, options.ExplicitPolicy, options.InhibitMapping, options.InhibitAny, options.InitialPolicies.Count is 0 ? "" : string.Join(' ', options.InitialPolicies)),
        options.Bounds);

    private readonly record struct Key(
        string Certificate, string Trust, string Message, long Bucket,
        (PathPurpose Purpose, RevocationMode Revocation, string Suite, bool ExplicitPolicy, bool InhibitMapping, bool InhibitAny, string Policies) Settings, PathBounds Bounds);
}
