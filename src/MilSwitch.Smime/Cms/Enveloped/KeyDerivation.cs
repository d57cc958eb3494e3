using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using Org.BouncyCastle.Crypto.Digests;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>From shared secrets to key-encryption keys. Pure.</summary>
internal static class KeyDerivation
{
    /// <summary>
    /// Key agreement of RFC 5753 §7.2 (X9.63 over ECC-CMS-SharedInfo) and RFC 8418 §2.2 (HKDF over the same, salted with the
    /// user keying material).
    /// </summary>
    /// <param name="agreement">See <see cref="IsAgreement"/>.</param>
    /// <param name="secret">Z.</param>
    /// <param name="wrap">The key wrap, with the parameters that the derivation shall see.</param>
    /// <param name="material">User keying material; null: absent.</param>
    /// <param name="length">Octets of the key.</param>
    public static byte[] Agreed(string agreement, ReadOnlySpan<byte> secret, AlgorithmIdentifier wrap, ReadOnlyMemory<byte>? material, int length)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, 64);
        using (writer.PushSequence())
        {
            wrap.Write(writer);
            if (material is { } m)
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) writer.WriteOctetString(m.Span);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2)))
            {
                Span<byte> bits = stackalloc byte[4];
                BinaryPrimitives.WriteInt32BigEndian(bits, length * 8);
                writer.WriteOctetString(bits);
            }
        }

        var shared = writer.Encode();
        var key = new byte[length];
        if (HkdfDigest(agreement) is { } digest) HKDF.DeriveKey(digest, secret, key, material is { } salt ? salt.Span : default, shared);
        else X963(agreement, secret, shared, key);
        return key;
    }

    public static bool IsAgreement(string algorithm) => HkdfDigest(algorithm) is not null || X963Digest(algorithm) is not null || IsSha224(algorithm);

    /// <summary>RFC 9629 §5: HKDF without salt over CMSORIforKEMOtherInfo; null for another derivation.</summary>
    public static byte[]? Encapsulated(string derivation, ReadOnlySpan<byte> secret, AlgorithmIdentifier wrap, ReadOnlyMemory<byte>? material, int length)
    {
        var digest = derivation switch
        {
            EnvelopedOids.HkdfSha256 => HashAlgorithmName.SHA256,
            EnvelopedOids.HkdfSha384 => HashAlgorithmName.SHA384,
            EnvelopedOids.HkdfSha512 => HashAlgorithmName.SHA512,
            _ => default,
        };
        if (digest.Name is null) return null;
        var writer = new AsnWriter(AsnEncodingRules.DER, 64);
        using (writer.PushSequence())
        {
            wrap.Write(writer);
            writer.WriteInteger(length);
            if (material is { } m)
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) writer.WriteOctetString(m.Span);
        }

        var key = new byte[length];
        HKDF.DeriveKey(digest, secret, key, default, writer.Encode());
        return key;
    }

    private static HashAlgorithmName? HkdfDigest(string algorithm) => algorithm switch
    {
        EnvelopedOids.EcdhHkdfSha256 => HashAlgorithmName.SHA256,
        EnvelopedOids.EcdhHkdfSha384 => HashAlgorithmName.SHA384,
        EnvelopedOids.EcdhHkdfSha512 => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static HashAlgorithmName? X963Digest(string algorithm) => algorithm switch
    {
        EnvelopedOids.EcdhSha1 or EnvelopedOids.CofactorEcdhSha1 => HashAlgorithmName.SHA1,
        EnvelopedOids.EcdhSha256 or EnvelopedOids.CofactorEcdhSha256 => HashAlgorithmName.SHA256,
        EnvelopedOids.EcdhSha384 or EnvelopedOids.CofactorEcdhSha384 => HashAlgorithmName.SHA384,
        EnvelopedOids.EcdhSha512 or EnvelopedOids.CofactorEcdhSha512 => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static bool IsSha224(string algorithm) => algorithm is EnvelopedOids.EcdhSha224 or EnvelopedOids.CofactorEcdhSha224;

    // SEC 1 §3.6.1: Hash(Z || counter || SharedInfo), the counter from one.
    private static void X963(string algorithm, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> shared, Span<byte> key)
    {
        var input = new byte[secret.Length + 4 + shared.Length];
        secret.CopyTo(input);
        shared.CopyTo(input.AsSpan(secret.Length + 4));
        Span<byte> digest = stackalloc byte[64];
        for (var counter = 1; !key.IsEmpty; counter++)
        {
            BinaryPrimitives.WriteInt32BigEndian(input.AsSpan(secret.Length), counter);
            var length = Digest(algorithm, input, digest);
            var take = Math.Min(length, key.Length);
            digest[..take].CopyTo(key);
            key = key[take..];
        }

        CryptographicOperations.ZeroMemory(input);
        CryptographicOperations.ZeroMemory(digest);
    }

    private static int Digest(string algorithm, ReadOnlySpan<byte> input, Span<byte> digest)
    {
        if (X963Digest(algorithm) is { } name) return CryptographicOperations.HashData(name, input, digest);
        var sha224 = new Sha224Digest();
        sha224.BlockUpdate(input);
        return sha224.DoFinal(digest);
    }
}
