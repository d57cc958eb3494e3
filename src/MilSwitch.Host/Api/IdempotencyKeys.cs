namespace MilSwitch.Host.Api;

/// <summary>What became of the requests with an <c>Idempotency-Key</c>, in memory, bounded in time, number and octets. Thread-safe.</summary>
internal sealed class IdempotencyKeys(TimeProvider time)
{
    /// <summary>An answer is kept for this long.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    /// <summary>Keys of one caller; the oldest answer goes first.</summary>
    public const int KeysPerCaller = 1000;

    /// <summary>Octets of all answers together; the oldest goes first.</summary>
    public const long MaximumOctets = 32 << 20;

    private readonly Lock gate = new();
    private readonly Dictionary<(string Caller, string Key), Entry> entries = [];
    private readonly Dictionary<string, LinkedList<Entry>> callers = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> answered = new();
    private long octets;

    /// <summary>What is to be done with a request that has a key.</summary>
    public enum Verdict
    {
        /// <summary>Never seen: do it, then <see cref="Complete"/> or <see cref="Abandon"/> the entry.</summary>
        Do,

        /// <summary>Done before: give the entry's answer again.</summary>
        Repeat,

        /// <summary>Being done at this moment.</summary>
        Wait,

        /// <summary>The key was used for another request.</summary>
        Differs,

        /// <summary>The caller has too many requests under way.</summary>
        TooMany,
    }

    /// <param name="caller">Whose key it is: two callers' equal keys are two keys.</param>
    /// <param name="key">As the client chose it.</param>
    /// <param name="fingerprint">Of the whole request.</param>
    public (Verdict Verdict, Entry? Entry) Claim(string caller, string key, ReadOnlySpan<byte> fingerprint)
    {
        lock (gate)
        {
            while (answered.First is { Value: var oldest } && time.GetElapsedTime(oldest.AnsweredAt) >= Lifetime) Remove(oldest);
            if (entries.TryGetValue((caller, key), out var known))
            {
                if (!fingerprint.SequenceEqual(known.Fingerprint)) return (Verdict.Differs, null);
                return known.Answer is null ? (Verdict.Wait, null) : (Verdict.Repeat, known);
            }

            if (!callers.TryGetValue(caller, out var own)) callers[caller] = own = new LinkedList<Entry>();
            if (own.Count >= KeysPerCaller)
            {
                if (own.FirstOrDefault(e => e.Answer is not null) is not { } oldest) return (Verdict.TooMany, null);
                Remove(oldest);
                callers[caller] = own;
            }

            var entry = new Entry(caller, key, fingerprint.ToArray());
            entries[(caller, key)] = entry;
            own.AddLast(entry);
            return (Verdict.Do, entry);
        }
    }

    public void Complete(Entry entry, StoredAnswer answer)
    {
        lock (gate)
        {
            entry.Answer = answer;
            entry.AnsweredAt = time.GetTimestamp();
            answered.AddLast(entry);
            octets += answer.Body.Length;
            while (octets > MaximumOctets && answered.First is { } oldest) Remove(oldest.Value);
        }
    }

    /// <summary>Nothing is known about its outcome: the key may be used again.</summary>
    public void Abandon(Entry entry)
    {
        lock (gate) Remove(entry);
    }

    private void Remove(Entry entry)
    {
        if (!entries.Remove((entry.Caller, entry.Key))) return;
        var own = callers[entry.Caller];
        own.Remove(entry);
        if (own.Count is 0) callers.Remove(entry.Caller);
        if (entry.Answer is null) return;
        answered.Remove(entry);
        octets -= entry.Answer.Body.Length;
    }

    /// <summary>One key.</summary>
    public sealed class Entry(string caller, string key, byte[] fingerprint)
    {
        public string Caller { get; } = caller;

        public string Key { get; } = key;

        public byte[] Fingerprint { get; } = fingerprint;

        /// <summary>Null while the request is under way.</summary>
        public StoredAnswer? Answer { get; internal set; }

        internal long AnsweredAt { get; set; }
    }
}
