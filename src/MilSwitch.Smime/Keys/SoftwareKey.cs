using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Tokens;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;

namespace MilSwitch.Smime.Keys;

/// <summary>A private key as a file has it, before it is known what it is for. Its owner disposes of it, which clears it.</summary>
public sealed class SoftwareKey : IDisposable
{
    // OWASP's figure of 2023 for PBKDF2 with SHA-256: about a tenth of a second.
    private const int Iterations = 600_000;

    private static readonly Dictionary<string, Func<SecureRandom, byte[]>> Makers = new(StringComparer.Ordinal)
    {
        ["rsa-2048"] = _ => Rsa(2048),
        ["rsa-3072"] = _ => Rsa(3072),
        ["rsa-4096"] = _ => Rsa(4096),
        ["p256"] = _ => Ec(ECCurve.NamedCurves.nistP256),
        ["p384"] = _ => Ec(ECCurve.NamedCurves.nistP384),
        ["p521"] = _ => Ec(ECCurve.NamedCurves.nistP521),
        ["ed25519"] = random => Make(new Ed25519KeyPairGenerator(), new Ed25519KeyGenerationParameters(random)),
        ["x25519"] = random => Make(new X25519KeyPairGenerator(), new X25519KeyGenerationParameters(random)),
        ["ml-dsa-44"] = random => Make(new MLDsaKeyPairGenerator(), new MLDsaKeyGenerationParameters(random, MLDsaParameters.ml_dsa_44)),
        ["ml-dsa-65"] = random => Make(new MLDsaKeyPairGenerator(), new MLDsaKeyGenerationParameters(random, MLDsaParameters.ml_dsa_65)),
        ["ml-dsa-87"] = random => Make(new MLDsaKeyPairGenerator(), new MLDsaKeyGenerationParameters(random, MLDsaParameters.ml_dsa_87)),
        ["ml-kem-512"] = random => Make(new MLKemKeyPairGenerator(), new MLKemKeyGenerationParameters(random, MLKemParameters.ml_kem_512)),
        ["ml-kem-768"] = random => Make(new MLKemKeyPairGenerator(), new MLKemKeyGenerationParameters(random, MLKemParameters.ml_kem_768)),
        ["ml-kem-1024"] = random => Make(new MLKemKeyPairGenerator(), new MLKemKeyGenerationParameters(random, MLKemParameters.ml_kem_1024)),
    };

    private static readonly Dictionary<string, (string Kind, string? Signs)> Known = new(StringComparer.Ordinal)
    {
        [TokenKeyIdentity.RsaEncryption] = ("rsa", "SHA256withRSA"),
        ["1.2.840.10045.3.1.7"] = ("p256", "SHA256withECDSA"),
        ["1.3.132.0.34"] = ("p384", "SHA384withECDSA"),
        ["1.3.132.0.35"] = ("p521", "SHA512withECDSA"),
        ["1.3.101.112"] = ("ed25519", "Ed25519"),
        [EnvelopedOids.X25519] = ("x25519", null),
        ["2.16.840.1.101.3.4.3.17"] = ("ml-dsa-44", "ML-DSA-44"),
        ["2.16.840.1.101.3.4.3.18"] = ("ml-dsa-65", "ML-DSA-65"),
        ["2.16.840.1.101.3.4.3.19"] = ("ml-dsa-87", "ML-DSA-87"),
        [EnvelopedOids.MlKem512] = ("ml-kem-512", null),
        [EnvelopedOids.MlKem768] = ("ml-kem-768", null),
        [EnvelopedOids.MlKem1024] = ("ml-kem-1024", null),
    };

    private readonly byte[] pkcs8;
    private readonly string? signs;

    internal SoftwareKey(byte[] pkcs8)
    {
        this.pkcs8 = pkcs8;
        if (PublicHalf.Of(pkcs8) is not { } info) return;
        PublicKey = info.PublicKey.GetBytes();
        PublicKeyInfo = info.GetDerEncoded();
        var name = info.Algorithm.Parameters?.ToAsn1Object() as DerObjectIdentifier ?? info.Algorithm.Algorithm;
        if (!Known.TryGetValue(name.Id, out var known)) return;
        signs = known.Signs;
        Kind = known.Kind is "rsa" ? $"rsa-{RsaPublicKeyStructure.GetInstance(info.ParsePublicKey()).Modulus.BitLength}" : known.Kind;
    }

    /// <summary>The kinds that can be made.</summary>
    public static IReadOnlyCollection<string> Kinds => Makers.Keys;

    /// <summary><c>PrivateKeyInfo</c> (RFC 5958 §2), not encrypted.</summary>
    public ReadOnlySpan<byte> Pkcs8 => pkcs8;

    /// <summary>As in <see cref="Kinds"/>; <c>other</c> for what is not used here.</summary>
    public string Kind { get; } = "other";

    /// <summary>It can make signatures, and so ask for its own certificate.</summary>
    public bool Signs => signs is not null;

    /// <summary>SubjectPublicKeyInfo; empty for a kind of key that is not known here.</summary>
    public ReadOnlyMemory<byte> PublicKeyInfo { get; }

    /// <summary>Octets of <c>subjectPublicKey</c> as they stand in its certificate; empty for a kind of key that is not known here.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Makes one.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <exception cref="ArgumentException">It is none of them.</exception>
    public static SoftwareKey Generate(string kind) =>
        Makers.TryGetValue(kind, out var make) ? new SoftwareKey(make(new SecureRandom())) : throw new ArgumentException("an unknown kind of key", nameof(kind));

    /// <summary>Those of the certificates, DER, that belong to it: several when it was certified again.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> FindCertificates(IEnumerable<ReadOnlyMemory<byte>> certificates) => PublicKey.IsEmpty ? [] : certificates.Where(IsMine);

    /// <summary>As a PEM file holds it (RFC 7468 §10 and §11): PKCS #8, encrypted with AES-256 when there is a password.</summary>
    public string ToPem(string? password)
    {
        if (password is null) return PemEncoding.WriteString("PRIVATE KEY", pkcs8) + "\n";
        var secret = password.ToCharArray();
        try
        {
            var encrypted = EncryptedPrivateKeyInfoFactory.CreateEncryptedPrivateKeyInfo(
                NistObjectIdentifiers.IdAes256Cbc, PkcsObjectIdentifiers.IdHmacWithSha256, secret, RandomNumberGenerator.GetBytes(16), Iterations, new SecureRandom(), PrivateKeyInfo.GetInstance(pkcs8));
            return PemEncoding.WriteString("ENCRYPTED PRIVATE KEY", encrypted.GetDerEncoded()) + "\n";
        }
        finally
        {
            Array.Clear(secret);
        }
    }

    /// <summary>A request for a certificate (PKCS #10, RFC 2986), signed by the key.</summary>
    /// <param name="subject">Distinguished name.</param>
    /// <param name="addresses">Mail addresses for the subject alternative name (RFC 8550 §3).</param>
    /// <param name="role">Decides the key usage that is asked for.</param>
    /// <returns>DER.</returns>
    /// <exception cref="NotSupportedException">The key does not sign.</exception>
    public byte[] Request(X500DistinguishedName subject, IReadOnlyList<string> addresses, KeyRole role)
    {
        if (signs is null) throw new NotSupportedException("a key of this kind does not sign, and so can't ask for its own certificate by PKCS #10");
        var key = System.Security.Cryptography.X509Certificates.PublicKey.CreateFromSubjectPublicKeyInfo(PublicKeyInfo.Span, out _);
        var request = CertificationRequests.Describe(subject, key, HashAlgorithmName.SHA512, addresses, role);
        return request.CreateSigningRequest(new Generator(new Asn1SignatureFactory(signs, PrivateKeyFactory.CreateKey(pkcs8), new SecureRandom()), key));
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(pkcs8);

    private static byte[] Rsa(int size)
    {
        using var rsa = RSA.Create(size);
        return rsa.ExportPkcs8PrivateKey();
    }

    private static byte[] Ec(ECCurve curve)
    {
        using var ec = ECDsa.Create(curve);
        return ec.ExportPkcs8PrivateKey();
    }

    private static byte[] Make(IAsymmetricCipherKeyPairGenerator generator, KeyGenerationParameters parameters)
    {
        generator.Init(parameters);
        return PrivateKeyInfoFactory.CreatePrivateKeyInfo(generator.GenerateKeyPair().Private).GetDerEncoded();
    }

    private bool IsMine(ReadOnlyMemory<byte> certificate)
    {
        try
        {
            return RecipientCertificate.Read(certificate).PublicKey.Span.SequenceEqual(PublicKey.Span);
        }
        catch (CmsFormatException)
        {
            // What is no certificate is nobody's.
            return false;
        }
    }

    private sealed class Generator(Asn1SignatureFactory signer, PublicKey publicKey) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => ((Asn1Encodable)signer.AlgorithmDetails).GetDerEncoded();

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm)
        {
            var calculator = signer.CreateCalculator();
            using (var stream = calculator.Stream) stream.Write(data);
            return calculator.GetResult().Collect();
        }

        protected override PublicKey BuildPublicKey() => publicKey;
    }
}
