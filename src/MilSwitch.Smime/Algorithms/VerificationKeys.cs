using System.Collections.Concurrent;
using System.Security.Cryptography;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Algorithms;

/// <summary>
/// Parsed public keys by their certificates: parsing one costs ten times a verification. Bounded; when full, it begins anew,
/// which costs each key in use one parse. Thread-safe.
/// </summary>
public sealed class VerificationKeys
{
    private readonly ConcurrentDictionary<byte[], VerificationKey?> keys = new(new OctetComparer());
    private readonly ConcurrentDictionary<byte[], VerificationKey?>.AlternateLookup<ReadOnlySpan<byte>> index;
    private readonly int capacity;
    private int count;

    public VerificationKeys(int capacity = 4_096)
    {
        this.capacity = capacity;
        index = keys.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>One for the whole process: what a certificate's key is depends on nothing else.</summary>
    public static VerificationKeys Shared { get; } = new();

    /// <summary>How many are kept.</summary>
    public int Count => keys.Count;

    /// <param name="certificate">DER.</param>
    /// <param name="issuer">Certificate whose DSA parameters it inherits, where it has none.</param>
    /// <returns>Null: of a kind that can't be used here.</returns>
    /// <exception cref="CmsFormatException">It is no certificate.</exception>
    public VerificationKey? Get(ReadOnlyMemory<byte> certificate, ReadOnlyMemory<byte> issuer = default)
    {
        if (issuer.IsEmpty) return index.TryGetValue(certificate.Span, out var known) ? known : Keep(certificate.ToArray(), certificate, null);
        // A key of an issuer's other certificate may have other parameters: both make the name.
        var name = SHA256.HashData([.. SHA256.HashData(certificate.Span), .. SHA256.HashData(issuer.Span)]);
        return keys.TryGetValue(name, out var inheriting)
            ? inheriting
            : Keep(name, certificate, VerificationKey.Read(CertificateFrame.Read(issuer).SubjectPublicKeyInfo));
    }

    private VerificationKey? Keep(byte[] name, ReadOnlyMemory<byte> certificate, VerificationKey? inherited)
    {
        // A copy, so that a large message is not kept for the certificate in it.
        var known = new KnownCertificate(certificate.ToArray());
        var key = VerificationKey.Read(known.Frame.SubjectPublicKeyInfo, inherited);
        if (key is not null) key.Certificate = known;
        if (Interlocked.Increment(ref count) > capacity)
        {
            keys.Clear();
            Interlocked.Exchange(ref count, 1);
        }

        keys[name] = key;
        return key;
    }
}
