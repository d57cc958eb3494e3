namespace MilSwitch.Smime.Keys;

/// <summary>
/// A private key that may live in memory or on a token; the key itself is never handed out. Implementations are
/// thread-safe: those that can't work side by side queue.
/// </summary>
public interface IPrivateKey
{
    /// <summary>The DER certificate that belongs to it.</summary>
    ReadOnlyMemory<byte> Certificate { get; }
}
