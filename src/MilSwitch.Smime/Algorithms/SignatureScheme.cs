using System.Collections.Frozen;
using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Algorithms;

/// <summary>A <c>signatureAlgorithm</c> with what its identifier and parameters say. Immutable.</summary>
/// <param name="Family">The kind of signature.</param>
/// <param name="Digest">
/// The digest that it names; null: it names none, and the <c>digestAlgorithm</c> beside it counts (rsaEncryption, id-dsa),
/// or it signs octets and not a digest (Ed25519, ML-DSA).
/// </param>
/// <param name="Size">RSASSA-PSS: octets of salt. ML-DSA: the number in its name. Else 0.</param>
public readonly record struct SignatureScheme(SignatureFamily Family, DigestAlgorithm? Digest, int Size = 0)
{
    public const string RsaEncryption = "1.2.840.113549.1.1.1";
    public const string RsaPss = "1.2.840.113549.1.1.10";
    public const string Mgf1 = "1.2.840.113549.1.1.8";
    public const string Ed25519 = "1.3.101.112";
    public const string MlDsa44 = "2.16.840.1.101.3.4.3.17";
    public const string MlDsa65 = "2.16.840.1.101.3.4.3.18";
    public const string MlDsa87 = "2.16.840.1.101.3.4.3.19";

    private static readonly FrozenDictionary<string, SignatureScheme> Known = new Dictionary<string, SignatureScheme>
    {
        [RsaEncryption] = new(SignatureFamily.RsaPkcs1, null),
        ["1.2.840.113549.1.1.4"] = new(SignatureFamily.RsaPkcs1, DigestAlgorithm.Md5),
        ["1.2.840.113549.1.1.5"] = new(SignatureFamily.RsaPkcs1, DigestAlgorithm.Sha1),
        ["1.3.14.3.2.29"] = new(SignatureFamily.RsaPkcs1, DigestAlgorithm.Sha1),
        ["1.2.840.113549.1.1.14"] = new(SignatureFamily.RsaPkcs1, DigestAlgorithm.Sha224),
        ["1.2.840.113549.1.1.11"] = new(SignatureFamily.RsaPkcs1, DigestAlgorithm.Sha256),
        ["1.2.840.113549.1.1.12"] = new(SignatureFamily.RsaPkcs1, DigestAlgorithm.Sha384),
        ["1.2.840.113549.1.1.13"] = new(SignatureFamily.RsaPkcs1, DigestAlgorithm.Sha512),
        ["1.2.840.10045.4.1"] = new(SignatureFamily.Ecdsa, DigestAlgorithm.Sha1),
        ["1.2.840.10045.4.3.1"] = new(SignatureFamily.Ecdsa, DigestAlgorithm.Sha224),
        ["1.2.840.10045.4.3.2"] = new(SignatureFamily.Ecdsa, DigestAlgorithm.Sha256),
        ["1.2.840.10045.4.3.3"] = new(SignatureFamily.Ecdsa, DigestAlgorithm.Sha384),
        ["1.2.840.10045.4.3.4"] = new(SignatureFamily.Ecdsa, DigestAlgorithm.Sha512),
        [Ed25519] = new(SignatureFamily.Ed25519, null),
        [MlDsa44] = new(SignatureFamily.MlDsa, null, 44),
        [MlDsa65] = new(SignatureFamily.MlDsa, null, 65),
        [MlDsa87] = new(SignatureFamily.MlDsa, null, 87),
        ["1.2.840.10040.4.1"] = new(SignatureFamily.Dsa, null),
        ["1.2.840.10040.4.3"] = new(SignatureFamily.Dsa, DigestAlgorithm.Sha1),
        ["2.16.840.1.101.3.4.3.1"] = new(SignatureFamily.Dsa, DigestAlgorithm.Sha224),
        ["2.16.840.1.101.3.4.3.2"] = new(SignatureFamily.Dsa, DigestAlgorithm.Sha256),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Octets are signed, and no digest of them.</summary>
    public bool SignsOctets => Family is SignatureFamily.Ed25519 or SignatureFamily.MlDsa;

    /// <summary>Null: unknown, or with parameters that it must not have.</summary>
    public static SignatureScheme? Find(in AlgorithmIdentifier identifier)
    {
        if (identifier.Algorithm == RsaPss) return ReadPss(identifier.Parameters);
        if (!Known.TryGetValue(identifier.Algorithm, out var scheme)) return null;
        // RFC 8419 §3.1, RFC 9882 §3.4: absent. The others are seen with NULL, and DSA with the key's own parameters.
        var isFine = scheme.SignsOctets ? identifier.Parameters.IsEmpty : scheme.Family is SignatureFamily.Dsa || identifier.HasNoParameters;
        return isFine ? scheme : null;
    }

    /// <summary>RSASSA-PSS with MGF1 of the same digest and a salt of the digest's length (RFC 4056 §2.2).</summary>
    public static AlgorithmIdentifier Pss(DigestAlgorithm digest)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        var hash = new AlgorithmIdentifier(digest.Oid, AlgorithmIdentifier.Null);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) hash.Write(writer);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Mgf1);
                hash.Write(writer);
            }

            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2))) writer.WriteInteger(digest.Length);
        }

        return new AlgorithmIdentifier(RsaPss, writer.Encode());
    }

    // RSASSA-PSS-params (RFC 4055 §3.1): all defaults are those of SHA-1. A mask generator with another digest than the
    // message's is allowed and made by nobody: unknown here.
    private static SignatureScheme? ReadPss(ReadOnlyMemory<byte> parameters)
    {
        if (parameters.IsEmpty) return null;
        try
        {
            var outer = new AsnReader(parameters, AsnEncodingRules.BER);
            var sequence = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            var digest = DigestAlgorithm.Sha1;
            var maskDigest = DigestAlgorithm.Sha1;
            var salt = 20;
            if (Explicit(sequence, 0) is { } hash) digest = DigestAlgorithm.Find(AlgorithmIdentifier.Read(hash));
            if (Explicit(sequence, 1) is { } mask)
            {
                var generator = AlgorithmIdentifier.Read(mask);
                if (generator.Algorithm != Mgf1 || generator.Parameters.IsEmpty) return null;
                maskDigest = DigestAlgorithm.Find(AlgorithmIdentifier.Read(new AsnReader(generator.Parameters, AsnEncodingRules.BER)));
            }

            if (Explicit(sequence, 2) is { } length && !length.TryReadInt32(out salt)) return null;
            if (Explicit(sequence, 3) is { } trailer && (!trailer.TryReadInt32(out var field) || field is not 1)) return null;
            if (sequence.HasData || digest is null || digest != maskDigest || salt is < 0 or > 512) return null;
            return new SignatureScheme(SignatureFamily.RsaPss, digest, salt);
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static AsnReader? Explicit(AsnReader sequence, int number)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, number, isConstructed: true);
        return sequence.HasData && sequence.PeekTag() == tag ? sequence.ReadSequence(tag) : null;
    }
}
