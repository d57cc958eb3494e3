using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Algorithms;

/// <summary>
/// Parsed public keys by SHA-256 of the certificate: parsing one costs ten times a verification. Bounded; when full, it
/// begins anew, which costs each key in use one parse. Thread-safe.
/// </summary>
public sealed class VerificationKeys(int capacity = 4_096)
{
    private readonly ConcurrentDictionary<(UInt128, UInt128), VerificationKey?> keys = new();
    private int count;

    /// <summary>How many are kept.</summary>
    public int Count => keys.Count;

    /// <param name="certificate">DER.</param>
    /// <param name="issuer">Certificate whose DSA parameters it inherits, where it has none.</param>
    /// <returns>Null: of a kind that can't be used here.</returns>
    /// <exception cref="CmsFormatException">It is no certificate.</exception>
    public VerificationKey? Get(ReadOnlyMemory<byte> certificate, ReadOnlyMemory<byte> issuer = default)
    {
        // A key of an issuer's other certificate may have other parameters: both make the name.
        Span<byte> name = stackalloc byte[SHA256.HashSizeInBytes];
        if (issuer.IsEmpty)
        {
            SHA256.HashData(certificate.Span, name);
        }
        else
        {
            Span<byte> both = stackalloc byte[2 * SHA256.HashSizeInBytes];
            SHA256.HashData(certificate.Span, both);
            SHA256.HashData(issuer.Span, both[SHA256.HashSizeInBytes..]);
            SHA256.HashData(both, name);
        }

        var index = (BinaryPrimitives.ReadUInt128LittleEndian(name), BinaryPrimitives.ReadUInt128LittleEndian(name[16..]));
        if (keys.TryGetValue(index, out var known)) return known;
        var inherited = issuer.IsEmpty ? null : VerificationKey.Read(CertificateFrame.Read(issuer).SubjectPublicKeyInfo);
        var key = VerificationKey.Read(CertificateFrame.Read(certificate).SubjectPublicKeyInfo, inherited);
        if (Interlocked.Increment(ref count) > capacity)
        {
            keys.Clear();
            Interlocked.Exchange(ref count, 1);
        }

        keys[index] = key;
        return key;
    }
}
