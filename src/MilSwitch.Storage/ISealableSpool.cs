using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>A store whose contents can be sealed at rest.</summary>
public interface ISealableSpool : ISpool
{
    /// <summary>What is written from now on is sealed so, and what is read opened. Before anything is written or read.</summary>
    void UseSeal(ContentSeal contents);

    /// <summary>Something in the store is sealed with a key. Looks at every content.</summary>
    /// <param name="key">Name of the key.</param>
    ValueTask<bool> IsSealedWithAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Keeps others, also other nodes, from opening or making keys of the seal until the result is disposed; null: nobody else could.</summary>
    ValueTask<IAsyncDisposable?> LockSealAsync(CancellationToken cancellationToken = default);
}
