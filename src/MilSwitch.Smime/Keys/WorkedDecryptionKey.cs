using MilSwitch.Domain.Precedences;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Keys;

/// <summary>A decryption key in memory whose operations wait their turn, by level. Thread-safe.</summary>
internal sealed class WorkedDecryptionKey(IDecryptionKey key, KeyWorkers workers, Precedence level) : IDecryptionKey
{
    public ReadOnlyMemory<byte> Certificate => key.Certificate;

    public ValueTask<byte[]?> UnwrapAsync(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> encryptedKey, int keyLength, CancellationToken cancellationToken = default) =>
        workers.DoAsync(level, () => key.UnwrapAsync(algorithm, encryptedKey, keyLength, CancellationToken.None), cancellationToken);

    public ValueTask<byte[]?> AgreeAsync(ReadOnlyMemory<byte> subjectPublicKeyInfo, CancellationToken cancellationToken = default) =>
        workers.DoAsync(level, () => key.AgreeAsync(subjectPublicKeyInfo, CancellationToken.None), cancellationToken);

    public ValueTask<byte[]?> DecapsulateAsync(ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken = default) =>
        workers.DoAsync(level, () => key.DecapsulateAsync(ciphertext, CancellationToken.None), cancellationToken);
}
