using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Lookup.Service.Opening;

/// <summary>The gateway's key under the name of one proxy certificate.</summary>
internal sealed class ProxyKey(IDecryptionKey key, ReadOnlyMemory<byte> certificate) : IDecryptionKey
{
    public ReadOnlyMemory<byte> Certificate => certificate;

    public ValueTask<byte[]?> UnwrapAsync(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> encryptedKey, int keyLength, CancellationToken cancellationToken = default) =>
        key.UnwrapAsync(algorithm, encryptedKey, keyLength, cancellationToken);

    public ValueTask<byte[]?> AgreeAsync(ReadOnlyMemory<byte> subjectPublicKeyInfo, CancellationToken cancellationToken = default) => key.AgreeAsync(subjectPublicKeyInfo, cancellationToken);

    public ValueTask<byte[]?> DecapsulateAsync(ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken = default) => key.DecapsulateAsync(ciphertext, cancellationToken);
}
