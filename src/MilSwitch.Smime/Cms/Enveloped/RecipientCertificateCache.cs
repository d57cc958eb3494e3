using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>
/// Certificates parsed before, by SHA-256 of their octets: parsing and import cost ten times what encrypting a key does. Two
/// generations bound it: when the young one is full it becomes the old one, and what was only in the old one is forgotten.
/// Thread-safe.
/// </summary>
public sealed class RecipientCertificateCache(int capacity = 8_192)
{
    private readonly Lock _turn = new();
    private ConcurrentDictionary<Key, RecipientCertificate> _young = new();
    private ConcurrentDictionary<Key, RecipientCertificate> _old = new();

    /// <summary>Certificates held.</summary>
    public int Count => _young.Count + _old.Count;

    /// <summary>The certificate's fields and key.</summary>
    /// <exception cref="CmsFormatException">It is no certificate.</exception>
    public RecipientCertificate Get(ReadOnlyMemory<byte> certificate)
    {
        var key = Key.Of(certificate.Span);
        if (_young.TryGetValue(key, out var found)) return found;
        // A copy, so that a large message is not kept for the certificate in it.
        if (!_old.TryGetValue(key, out found)) found = RecipientCertificate.Read(certificate.ToArray());
        lock (_turn)
        {
            if (_young.Count >= Math.Max(1, capacity / 2)) (_old, _young) = (_young, new ConcurrentDictionary<Key, RecipientCertificate>());
            return _young.GetOrAdd(key, found);
        }
    }

    private readonly record struct Key(UInt128 High, UInt128 Low)
    {
        public static Key Of(ReadOnlySpan<byte> certificate)
        {
            Span<byte> digest = stackalloc byte[32];
            SHA256.HashData(certificate, digest);
            return new Key(
                System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(digest),
                System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(digest[16..]));
        }
    }
}
