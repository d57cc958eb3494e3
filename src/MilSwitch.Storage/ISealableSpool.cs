using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>A store whose contents can be sealed at rest.</summary>
public interface ISealableSpool : ISpool
{
    /// <summary>What is written from now on is sealed so, and what is read opened. Before anything is written or read.</summary>
    void UseSeal(ContentSeal contents);

    /// <summary>
    /// Where something is sealed with a key that is not here, this is asked: given the seal, it returns one that has the keys
    /// which the store has got since, as far as this node can open them. What it can't open waits; it is not damaged.
    /// </summary>
    void LearnKeysWith(Func<ContentSeal, CancellationToken, ValueTask<ContentSeal>> look);

    /// <summary>Something in the store is sealed with a key. Looks at every content.</summary>
    /// <param name="key">Name of the key.</param>
    ValueTask<bool> IsSealedWithAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Keeps others, also other nodes, from opening or making keys of the seal until the result is disposed; null: nobody else could.</summary>
    ValueTask<IAsyncDisposable?> LockSealAsync(CancellationToken cancellationToken = default);
}
