using System.Collections.Immutable;
using MilSwitch.Lookup.Finding.Directories;
using MilSwitch.Lookup.Finding.Web;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Lookup.Status;

/// <summary>
/// What was fetched, each thing until it is due again. One request at a time for each; who asks meanwhile waits for the same
/// answer. A failure leaves what was there. Bounded: what is unused for longest goes. Thread-safe.
/// </summary>
/// <param name="settings">How long things are kept.</param>
/// <param name="time">The clock.</param>
/// <param name="capacity">How many.</param>
/// <param name="endOf">When a thing ends by its own word; null: it does not say.</param>
internal sealed class Shelf<TKey, TValue>(StatusSettings settings, TimeProvider time, int capacity, Func<TValue, DateTimeOffset?> endOf)
    where TKey : notnull
    where TValue : class
{
    private readonly Lock gate = new();
    private readonly Dictionary<TKey, LinkedListNode<Entry>> entries = [];
    private readonly LinkedList<Entry> byUse = new();

    /// <summary>What is there now, due or not.</summary>
    public ImmutableArray<TValue> Values
    {
        get
        {
            lock (gate) return [.. byUse.Select(e => e.Value).OfType<TValue>()];
        }
    }

    /// <summary>What was not to be had when it was asked for last.</summary>
    public ImmutableArray<StatusFailure> Failures
    {
        get
        {
            lock (gate) return [.. byUse.Select(e => e.Failure).OfType<StatusFailure>()];
        }
    }

    /// <summary>The thing, fetched when it is due. One that has ended is still given: it may list who was revoked.</summary>
    /// <param name="key">Its name here.</param>
    /// <param name="address">Where it is, for people.</param>
    /// <param name="fetch">Fetches it, with the one that is there as a measure.</param>
    /// <param name="cancellationToken">Waits no longer.</param>
    public async Task<(TValue? Value, StatusFailure? Failure)> GetAsync(TKey key, Uri address, Func<TValue?, Task<TValue>> fetch, CancellationToken cancellationToken)
    {
        Task asking;
        Entry entry;
        lock (gate)
        {
            entry = Take(key);
            if (entry.Asking is null && !IsDue(entry)) return (entry.Value, entry.Failure);
            asking = entry.Asking ??= Task.Run(() => FetchAsync(entry, address, fetch), CancellationToken.None);
        }

        await asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (gate) return (entry.Value, entry.Failure);
    }

    private bool IsDue(Entry entry)
    {
        if (entry.Failure is not null) return time.GetElapsedTime(entry.AskedAt) >= settings.PauseAfterFailure;
        return entry.Value is not { } value || time.GetElapsedTime(entry.AskedAt) >= settings.RefreshAfter || endOf(value) <= time.GetUtcNow();
    }

    private Entry Take(TKey key)
    {
        if (entries.TryGetValue(key, out var node))
        {
            byUse.Remove(node);
            byUse.AddFirst(node);
            return node.Value;
        }

        var entry = new Entry(key);
        entries[key] = byUse.AddFirst(entry);
        if (entries.Count > capacity)
        {
            entries.Remove(byUse.Last!.Value.Key);
            byUse.RemoveLast();
        }

        return entry;
    }

    private async Task FetchAsync(Entry entry, Uri address, Func<TValue?, Task<TValue>> fetch)
    {
        TValue? value = null;
        // Stands when something happens that nobody foresaw, which the one who asked hears of.
        var reason = "an internal fault";
        try
        {
            value = await fetch(entry.Value).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is FetchException or LdapException or CmsFormatException)
        {
            reason = fault.Message;
        }
        finally
        {
            lock (gate)
            {
                entry.Asking = null;
                entry.AskedAt = time.GetTimestamp();
                if (value is not null) (entry.Value, entry.Failure) = (value, null);
                else entry.Failure = new StatusFailure(address.AbsoluteUri, reason, time.GetUtcNow(), entry.Value is { } kept && endOf(kept) is { } end && end > time.GetUtcNow() ? end : null);
            }
        }
    }

    private sealed class Entry(TKey key)
    {
        public TKey Key { get; } = key;

        public Task? Asking { get; set; }

        public TValue? Value { get; set; }

        public StatusFailure? Failure { get; set; }

        public long AskedAt { get; set; }
    }
}
