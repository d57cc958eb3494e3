using MilSwitch.Domain.Addressing;

namespace MilSwitch.Lookup.Finding;

/// <summary>
/// Answers of sources. Whoever asks for what is being asked already waits for the same answer; a source that does not answer
/// takes nothing away from what it said before. Bounded: the answer unused for longest goes. Thread-safe.
/// </summary>
internal sealed class AnswerCache(FinderSettings settings, TimeProvider time)
{
    // What an object takes beside its octets: a place may say a hundred thousand things of one octet each.
    private const long Beside = 128;

    private readonly Lock gate = new();
    private readonly Dictionary<Key, LinkedListNode<Entry>> entries = [];
    private readonly LinkedList<Entry> byUse = new();
    private long octets;

    /// <summary>How many are kept now.</summary>
    public int Count
    {
        get
        {
            lock (gate) return entries.Count;
        }
    }

    /// <summary>The source's answer, now or not long ago, and what there is to say about it.</summary>
    public async ValueTask<KeptAnswer> AskAsync(ICertificateSource source, Mailbox recipient, CancellationToken cancellationToken)
    {
        if (source.IsLocal) return new KeptAnswer(await source.FindAsync(recipient, cancellationToken).ConfigureAwait(false), null);
        Task<KeptAnswer> asking;
        lock (gate)
        {
            var entry = Take(new Key(source, recipient));
            if (entry.Asking is null && entry.Answer is not null && time.GetElapsedTime(entry.AskedAt) < entry.GoodFor) return Usable(entry);
            // Not by the caller's token: others may wait for the same answer. Not on its thread: the lock is held here.
            asking = entry.Asking ??= Task.Run(() => AskSourceAsync(entry), CancellationToken.None);
        }

        return await asking.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Forgets what is known for a recipient.</summary>
    public void Forget(Mailbox recipient)
    {
        lock (gate)
        {
            foreach (var node in entries.Where(e => e.Key.Recipient.Equals(recipient)).Select(e => e.Value).ToArray()) Drop(node);
        }
    }

    private Entry Take(Key key)
    {
        if (entries.TryGetValue(key, out var node))
        {
            byUse.Remove(node);
            byUse.AddFirst(node);
            return node.Value;
        }

        var entry = new Entry(key);
        entries[key] = byUse.AddFirst(entry);
        if (entries.Count > settings.MostKept) Drop(byUse.Last!);
        return entry;
    }

    private void Drop(LinkedListNode<Entry> node)
    {
        byUse.Remove(node);
        entries.Remove(node.Value.Key);
        octets -= node.Value.Octets;
    }

    private async Task<KeptAnswer> AskSourceAsync(Entry entry)
    {
        // Stands when something happens that nobody foresaw, which the one who asked hears of.
        SourceAnswer answer = new SourceAnswer.Unavailable("an internal fault");
        try
        {
            answer = await SourceAnswerAsync(entry.Key).ConfigureAwait(false);
        }
        finally
        {
            lock (gate) Keep(entry, answer);
        }

        lock (gate) return Usable(entry);
    }

    private void Keep(Entry entry, SourceAnswer answer)
    {
        entry.Asking = null;
        entry.Answer = answer;
        entry.AskedAt = time.GetTimestamp();
        entry.GoodFor = answer switch
        {
            SourceAnswer.Found => Least(settings.KeepFound, answer.GoodFor),
            SourceAnswer.None => Least(settings.KeepNone, answer.GoodFor),
            _ => settings.KeepUnavailable,
        };
        if (answer is SourceAnswer.Found) (entry.LastFound, entry.FoundAt) = (answer, entry.AskedAt);
        else if (answer is SourceAnswer.None) entry.LastFound = null;
        // Forgotten while it was asked for.
        if (!entries.TryGetValue(entry.Key, out var node) || node.Value != entry) return;
        octets -= entry.Octets;
        entry.Octets = Weigh(entry.LastFound);
        octets += entry.Octets;
        while (octets > settings.MostKeptOctets && byUse.Last is { } oldest) Drop(oldest);
    }

    private static long Weigh(SourceAnswer? answer) => answer is SourceAnswer.Found found
        ? found.Certificates.Sum(c => Beside + c.Der.Length) + found.Associations.Sum(a => Beside + a.Data.Length) + found.Authorities.Sum(a => Beside + a.Length)
        : 0;

    private async Task<SourceAnswer> SourceAnswerAsync(Key key)
    {
        using var limit = new CancellationTokenSource(settings.SourceLimit, time);
        try
        {
            return await key.Source.FindAsync(key.Recipient, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new SourceAnswer.Unavailable("no answer in time");
        }
    }

    private KeptAnswer Usable(Entry entry)
    {
        if (entry.Answer is not SourceAnswer.Unavailable unavailable) return new KeptAnswer(entry.Answer!, null);
        if (entry.LastFound is not { } found || time.GetElapsedTime(entry.FoundAt) >= settings.AgeLimit) return new KeptAnswer(unavailable, null);
        return new KeptAnswer(found, $"{entry.Key.Source.Name} does not answer ({unavailable.Reason}); what it said before stands in");
    }

    private static TimeSpan Least(TimeSpan usual, TimeSpan? known) => known is { } shorter && shorter < usual ? shorter : usual;

    private readonly record struct Key(ICertificateSource Source, Mailbox Recipient);

    private sealed class Entry(Key key)
    {
        public Key Key { get; } = key;

        public Task<KeptAnswer>? Asking { get; set; }

        public SourceAnswer? Answer { get; set; }

        public long AskedAt { get; set; }

        public TimeSpan GoodFor { get; set; }

        public SourceAnswer? LastFound { get; set; }

        public long FoundAt { get; set; }

        public long Octets { get; set; }
    }
}

/// <summary>An answer to be used.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="Note">That it is an old one; null: it is not.</param>
internal readonly record struct KeptAnswer(SourceAnswer Answer, string? Note);
