namespace MilSwitch.Smime.Keys;

/// <summary>
/// Keys under further names than those of their own certificates: an issuer may have certified one key for many, and a message
/// names whichever certificate its sender had. Thread-safe.
/// </summary>
public interface IKeyNames
{
    /// <summary>The keys under the names by which recipients of a message know them; none where nobody does.</summary>
    /// <param name="message">All of it, header and body.</param>
    /// <param name="issuer">The issuer's certificate, DER.</param>
    /// <param name="keys">Those that it certified.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<IDecryptionKey>> ForAsync(
        ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> issuer, IReadOnlyList<IDecryptionKey> keys, CancellationToken cancellationToken);
}
