using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Keys;

/// <summary>
/// A key that opens what was encrypted for it. Which of the three ways it can go follows from its kind; the others throw
/// <see cref="NotSupportedException"/>.
/// </summary>
public interface IDecryptionKey : IPrivateKey
{
    /// <summary>Key transport (RFC 5652 §6.2.1): opens an encrypted content-encryption key.</summary>
    /// <param name="algorithm"><c>keyEncryptionAlgorithm</c>: RSAES-OAEP with its parameters, or PKCS#1 v1.5.</param>
    /// <param name="encryptedKey">Octets of <c>encryptedKey</c>.</param>
    /// <param name="keyLength">
    /// Octets that the key must have. PKCS#1 v1.5 never fails: what does not open yields a key that fits nothing, the same
    /// for the same octets, so that nobody learns whether the padding was right (RFC 3218 §2.3.2).
    /// </param>
    /// <param name="cancellationToken">Gives up waiting for the key.</param>
    /// <returns>The key, or null when it does not open. The caller clears it.</returns>
    /// <exception cref="KeyUnavailableException">The key can't be used now.</exception>
    ValueTask<byte[]?> UnwrapAsync(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> encryptedKey, int keyLength, CancellationToken cancellationToken = default);

    /// <summary>Key agreement (RFC 5753, RFC 8418): the shared secret Z with another's public key, before any derivation.</summary>
    /// <param name="subjectPublicKeyInfo">The other's key, DER, on this key's curve.</param>
    /// <param name="cancellationToken">Gives up waiting for the key.</param>
    /// <returns>Z, or null when the other's key is no good. The caller clears it.</returns>
    /// <exception cref="KeyUnavailableException">The key can't be used now.</exception>
    ValueTask<byte[]?> AgreeAsync(ReadOnlyMemory<byte> subjectPublicKeyInfo, CancellationToken cancellationToken = default);

    /// <summary>Key encapsulation (RFC 9629): the shared secret of a ciphertext.</summary>
    /// <param name="ciphertext">Octets of <c>kemct</c>.</param>
    /// <param name="cancellationToken">Gives up waiting for the key.</param>
    /// <returns>The shared secret, or null when the ciphertext has the wrong length. The caller clears it.</returns>
    /// <exception cref="KeyUnavailableException">The key can't be used now.</exception>
    ValueTask<byte[]?> DecapsulateAsync(ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken = default);
}
