using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Algorithms;

/// <summary>A public key that verifies signatures. Immutable and thread-safe.</summary>
public abstract class VerificationKey
{
    private const string Dsa = "1.2.840.10040.4.1";
    private const string EcPublicKey = "1.2.840.10045.2.1";

    private string? name;

    private protected VerificationKey(SignatureFamily family, int size)
    {
        Family = family;
        Size = size;
    }

    /// <summary>RSA keys verify both kinds of RSA signatures unless they are for RSASSA-PSS only (RFC 4055 §1.2).</summary>
    public SignatureFamily Family { get; }

    /// <summary>Bits of modulus, field or prime; the number in the name of an ML-DSA key.</summary>
    public int Size { get; }

    /// <summary>The certificate that it was first met in; null: read without one. Set before others see the key.</summary>
    internal KnownCertificate? Certificate { get; set; }

    /// <summary>What is signed with it, as it is shown: <c>ecdsa-p384</c>, <c>rsa-3072</c>, <c>ml-dsa-65</c>.</summary>
    public string Name => name ??= Family switch
    {
        SignatureFamily.RsaPkcs1 => $"rsa-{Size}",
        SignatureFamily.RsaPss => $"rsa-pss-{Size}",
        SignatureFamily.Ecdsa => $"ecdsa-p{Size}",
        SignatureFamily.Ed25519 => "ed25519",
        SignatureFamily.MlDsa => $"ml-dsa-{Size}",
        _ => $"dsa-{Size}",
    };

    /// <summary>Signatures of this kind can be verified with it.</summary>
    public bool Fits(in SignatureScheme scheme) => scheme.Family == Family
        ? Family is not SignatureFamily.MlDsa || scheme.Size == Size
        : Family is SignatureFamily.RsaPkcs1 && scheme.Family is SignatureFamily.RsaPss;

    /// <summary>Whether a signature is good. False for any octets that are none; never throws for them.</summary>
    /// <param name="scheme">One that <see cref="Fits"/>.</param>
    /// <param name="digest">Of the octets; not used where octets are signed.</param>
    /// <param name="octets">What was signed.</param>
    /// <param name="signature">As in <c>SignerInfo.signature</c>.</param>
    public bool Verify(in SignatureScheme scheme, DigestAlgorithm digest, ReadOnlySpan<byte> octets, ReadOnlySpan<byte> signature)
    {
        if (scheme.SignsOctets) return VerifyOctets(octets, signature);
        Span<byte> value = stackalloc byte[digest.Length];
        digest.Hash(octets, value);
        return VerifyDigest(scheme, digest, value, signature);
    }

    /// <summary>Whether a signature of a digest is good; false where octets are signed.</summary>
    public abstract bool VerifyDigest(in SignatureScheme scheme, DigestAlgorithm digest, ReadOnlySpan<byte> value, ReadOnlySpan<byte> signature);

    private protected virtual bool VerifyOctets(ReadOnlySpan<byte> octets, ReadOnlySpan<byte> signature) => false;

    /// <summary>Reads a <c>SubjectPublicKeyInfo</c> (RFC 5280 §4.1.2.7).</summary>
    /// <param name="subjectPublicKeyInfo">Encoded.</param>
    /// <param name="inherited">A DSA key without parameters takes them from this one, its issuer's (RFC 3279 §2.3.2).</param>
    /// <returns>Null: of a kind that can't be used here.</returns>
    /// <exception cref="CmsFormatException">It is none.</exception>
    public static VerificationKey? Read(ReadOnlyMemory<byte> subjectPublicKeyInfo, VerificationKey? inherited = null)
    {
        BerFrame.Check(subjectPublicKeyInfo.Span, CmsBounds.Default);
        try
        {
            var sequence = new AsnReader(subjectPublicKeyInfo, AsnEncodingRules.BER).ReadSequence();
            var algorithm = AlgorithmIdentifier.Read(sequence);
            var key = sequence.ReadBitString(out var unused);
            sequence.ThrowIfNotEmpty();
            if (unused is not 0) throw new CmsFormatException("not a SubjectPublicKeyInfo");
            return algorithm.Algorithm switch
            {
                SignatureScheme.RsaEncryption when algorithm.HasNoParameters => RsaVerificationKey.Read(key, SignatureFamily.RsaPkcs1),
                SignatureScheme.RsaPss => RsaVerificationKey.Read(key, SignatureFamily.RsaPss),
                EcPublicKey => EcdsaVerificationKey.Read(algorithm.Parameters, key),
                SignatureScheme.Ed25519 when algorithm.Parameters.IsEmpty => Ed25519VerificationKey.Read(key),
                SignatureScheme.MlDsa44 when algorithm.Parameters.IsEmpty => MlDsaVerificationKey.Read(44, key),
                SignatureScheme.MlDsa65 when algorithm.Parameters.IsEmpty => MlDsaVerificationKey.Read(65, key),
                SignatureScheme.MlDsa87 when algorithm.Parameters.IsEmpty => MlDsaVerificationKey.Read(87, key),
                Dsa => DsaVerificationKey.Read(algorithm, key, inherited as DsaVerificationKey),
                _ => null,
            };
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException or ArgumentException or InvalidOperationException or IOException)
        {
            throw new CmsFormatException("not a SubjectPublicKeyInfo", cause: fault);
        }
    }
}
