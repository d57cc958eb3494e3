using System.Collections.Concurrent;
using System.Security.Cryptography;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Smime.Protection;

/// <summary>A private key in memory with its certificate, for signing and for opening as far as its kind allows. Thread-safe.</summary>
/// <param name="key">Belongs to this from now on.</param>
/// <param name="certificate">DER.</param>
public sealed class SoftwareKeyPair(SoftwareKey key, ReadOnlyMemory<byte> certificate)
{
    private readonly ConcurrentDictionary<string, SoftwareSigningKey> signing = new(StringComparer.Ordinal);
    private readonly Lazy<SoftwareDecryptionKey> opening = new(() => SoftwareDecryptionKey.FromPkcs8(certificate, key.Pkcs8));

    public ReadOnlyMemory<byte> Certificate => certificate;

    /// <summary>The key for signatures with a digest.</summary>
    /// <param name="digest">Null: what goes with the key.</param>
    /// <exception cref="CmsFormatException">It is not of a kind that signs so.</exception>
    public ISigningKey Signing(DigestAlgorithm? digest) =>
        signing.GetOrAdd(digest?.Name ?? "", _ => SoftwareSigningKey.Create(key.Pkcs8, certificate, new SigningChoice { Digest = digest }));

    /// <exception cref="CryptographicException">It is not of a kind that decrypts.</exception>
    public IDecryptionKey Opening => opening.Value;
}
