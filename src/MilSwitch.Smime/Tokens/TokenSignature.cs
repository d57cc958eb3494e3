using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Tokens;

/// <summary>How a key signs: what stands in <c>SignerInfo</c>, and what the token gets to see.</summary>
/// <param name="Digest">Taken here, not on the token.</param>
/// <param name="IsPss">RSASSA-PSS.</param>
/// <param name="Signature"><c>signatureAlgorithm</c>.</param>
/// <param name="DigestAlgorithm"><c>digestAlgorithm</c>.</param>
internal sealed record TokenSignature(HashAlgorithmName Digest, bool IsPss, AlgorithmIdentifier Signature, AlgorithmIdentifier DigestAlgorithm)
{
    public const string Sha256 = "2.16.840.1.101.3.4.2.1";
    public const string Sha384 = "2.16.840.1.101.3.4.2.2";
    public const string Sha512 = "2.16.840.1.101.3.4.2.3";
    private const string Pss = "1.2.840.113549.1.1.10";
    private const string Mgf1 = "1.2.840.113549.1.1.8";

    /// <exception cref="NotSupportedException">The digest is none of SHA-256, SHA-384 and SHA-512.</exception>
    public static TokenSignature For(bool isRsa, HashAlgorithmName digest, bool pss)
    {
        var (number, hash, rsa, ecdsa) = digest.Name switch
        {
            "SHA256" => (32, Sha256, "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"),
            "SHA384" => (48, Sha384, "1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3"),
            "SHA512" => (64, Sha512, "1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4"),
            _ => throw new NotSupportedException($"Tokens do not sign {digest.Name} digests here."),
        };
        // RFC 5754 §2 and §3: digests and ECDSA have their parameters absent, PKCS #1 v1.5 has NULL.
        var signature = !isRsa ? new AlgorithmIdentifier(ecdsa)
            : pss ? new AlgorithmIdentifier(Pss, PssParameters(hash, number))
            : new AlgorithmIdentifier(rsa, AlgorithmIdentifier.Null);
        return new TokenSignature(digest, pss && isRsa, signature, new AlgorithmIdentifier(hash));
    }

    /// <summary><c>DigestInfo</c> (RFC 8017 §9.2): here the NULL belongs there.</summary>
    public byte[] DigestInfo(ReadOnlySpan<byte> digest)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            new AlgorithmIdentifier(DigestAlgorithm.Algorithm, AlgorithmIdentifier.Null).Write(writer);
            writer.WriteOctetString(digest);
        }

        return writer.Encode();
    }

    /// <summary><c>Ecdsa-Sig-Value</c> (RFC 3279 §2.2.3) from r and s next to each other.</summary>
    public static byte[] ToSequence(ReadOnlySpan<byte> halves)
    {
        var half = halves.Length / 2;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned(Shortest(halves[..half]));
            writer.WriteIntegerUnsigned(Shortest(halves[half..]));
        }

        return writer.Encode();

        static ReadOnlySpan<byte> Shortest(ReadOnlySpan<byte> number) => number[..^1].TrimStart((byte)0) is { IsEmpty: false } rest ? number[^(rest.Length + 1)..] : number[^1..];
    }

    // RFC 4056 §3: the mask takes the same digest, the salt is as long as it.
    private static byte[] PssParameters(string hash, int saltLength)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        var digest = new AlgorithmIdentifier(hash, AlgorithmIdentifier.Null);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(Explicit(0))) digest.Write(writer);
            using (writer.PushSequence(Explicit(1)))
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Mgf1);
                digest.Write(writer);
            }

            using (writer.PushSequence(Explicit(2))) writer.WriteInteger(saltLength);
        }

        return writer.Encode();

        static Asn1Tag Explicit(int number) => new(TagClass.ContextSpecific, number, isConstructed: true);
    }
}
