using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>The seal of an open store. Other nodes may make keys while it is open, so it may learn further ones. Thread-safe.</summary>
/// <param name="first">As the store was opened.</param>
/// <param name="time">Between two looks for keys that are not here.</param>
public sealed class SealInUse(ContentSeal first, TimeProvider time)
{
    // To look costs a query, and for a key on a token an operation there: not once for each message that waits for it.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim one = new(1);
    private volatile ContentSeal current = first;
    private volatile Func<ContentSeal, CancellationToken, ValueTask<ContentSeal>>? learn;
    private long? lookedAt;

    /// <summary>What is written is sealed with this.</summary>
    public ContentSeal Current => current;

    /// <summary>Before anything is written or read.</summary>
    public void Begin(ContentSeal seal) => current = seal;

    /// <inheritdoc cref="ISealableSpool.LearnKeysWith"/>
    public void LearnWith(Func<ContentSeal, CancellationToken, ValueTask<ContentSeal>> look) => learn = look;

    /// <summary>What opens a content; one that is sealed with a key that no record of the store names is left to fail there.</summary>
    /// <param name="stored">Its first <see cref="ContentSeal.HeaderLength"/> octets, or more of it.</param>
    /// <exception cref="SpoolUnavailableException">It is sealed with a key that this node can't open, or not yet.</exception>
    public async ValueTask<ContentSeal> ForAsync(ReadOnlyMemory<byte> stored, CancellationToken cancellationToken)
    {
        if (ContentSeal.KeyOf(stored.Span) is not { } key || current.Has(key) || learn is null) return current;
        await one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (current.Has(key)) return current;
            // What was seen a moment ago may be older than this content.
            if (lookedAt is { } last && time.GetElapsedTime(last) < Pause) throw new SpoolUnavailableException(SpoolHealth.Unwritable);
            var began = time.GetTimestamp();
            current = await learn(current, cancellationToken).ConfigureAwait(false);
            lookedAt = began;
            return current.IsClosed(key) ? throw new SpoolUnavailableException(SpoolHealth.Unwritable) : current;
        }
        finally
        {
            one.Release();
        }
    }
}
