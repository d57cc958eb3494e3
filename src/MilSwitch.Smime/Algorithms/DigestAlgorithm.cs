using System.Collections.Frozen;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using Org.BouncyCastle.Crypto.Digests;

namespace MilSwitch.Smime.Algorithms;

/// <summary>A message digest. Each exists once, so they are compared by reference.</summary>
public sealed class DigestAlgorithm
{
    public static readonly DigestAlgorithm Md5 = new(0, "1.2.840.113549.2.5", "md5", 16, HashAlgorithmName.MD5);
    public static readonly DigestAlgorithm Sha1 = new(1, "1.3.14.3.2.26", "sha1", 20, HashAlgorithmName.SHA1);
    public static readonly DigestAlgorithm Sha224 = new(2, "2.16.840.1.101.3.4.2.4", "sha224", 28, null);
    public static readonly DigestAlgorithm Sha256 = new(3, "2.16.840.1.101.3.4.2.1", "sha256", 32, HashAlgorithmName.SHA256);
    public static readonly DigestAlgorithm Sha384 = new(4, "2.16.840.1.101.3.4.2.2", "sha384", 48, HashAlgorithmName.SHA384);
    public static readonly DigestAlgorithm Sha512 = new(5, "2.16.840.1.101.3.4.2.3", "sha512", 64, HashAlgorithmName.SHA512);

    /// <summary>All that can be computed; whether one is acceptable is for an <see cref="AlgorithmSuite"/> to say.</summary>
    public static readonly IReadOnlyList<DigestAlgorithm> All = [Md5, Sha1, Sha224, Sha256, Sha384, Sha512];

    private static readonly FrozenDictionary<string, DigestAlgorithm> ByOid = All.ToFrozenDictionary(d => d.Oid, StringComparer.Ordinal);

    private DigestAlgorithm(int index, string oid, string name, int length, HashAlgorithmName? platform)
    {
        Index = index;
        Oid = oid;
        Name = name;
        Length = length;
        Platform = platform;
    }

    /// <summary>Its place in <see cref="All"/>.</summary>
    internal int Index { get; }

    public string Oid { get; }

    /// <summary>As it is shown: <c>sha256</c>.</summary>
    public string Name { get; }

    /// <summary>Octets of a value.</summary>
    public int Length { get; }

    /// <summary>Its name in .NET; null: .NET lacks it.</summary>
    public HashAlgorithmName? Platform { get; }

    /// <summary>With parameters absent, as RFC 5754 §2 has senders do.</summary>
    public AlgorithmIdentifier Identifier => new(Oid);

    /// <summary>Null: unknown.</summary>
    public static DigestAlgorithm? Find(string oid) => ByOid.GetValueOrDefault(oid);

    /// <summary>Null: unknown, or with parameters that it does not have.</summary>
    public static DigestAlgorithm? Find(in AlgorithmIdentifier identifier) => identifier.HasNoParameters ? Find(identifier.Algorithm) : null;

    /// <summary>Digests octets into a buffer of <see cref="Length"/> octets.</summary>
    public void Hash(ReadOnlySpan<byte> octets, Span<byte> destination)
    {
        if (Platform is { } platform)
        {
            CryptographicOperations.HashData(platform, octets, destination);
            return;
        }

        var digest = new Sha224Digest();
        digest.BlockUpdate(octets);
        digest.DoFinal(destination);
    }

    public byte[] Hash(ReadOnlySpan<byte> octets)
    {
        var value = new byte[Length];
        Hash(octets, value);
        return value;
    }

    public override string ToString() => Name;
}
