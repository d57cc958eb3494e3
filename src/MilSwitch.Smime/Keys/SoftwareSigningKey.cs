using System.Collections.Concurrent;
using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Security;

namespace MilSwitch.Smime.Keys;

/// <summary>A signing key in memory. Thread-safe: each signature takes a copy of the key that no other uses.</summary>
public sealed class SoftwareSigningKey : ISigningKey, IDisposable
{
    private readonly IEngine engine;

    private SoftwareSigningKey(ReadOnlyMemory<byte> certificate, AlgorithmIdentifier signature, DigestAlgorithm digest, IEngine engine)
    {
        Certificate = certificate;
        SignatureAlgorithm = signature;
        DigestAlgorithm = digest.Identifier;
        this.engine = engine;
    }

    private interface IEngine : IDisposable
    {
        byte[] Sign(ReadOnlySpan<byte> octets);
    }

    public ReadOnlyMemory<byte> Certificate { get; }

    public AlgorithmIdentifier SignatureAlgorithm { get; }

    public AlgorithmIdentifier DigestAlgorithm { get; }

    /// <summary>Of a key as PKCS #8 (RFC 5958) and the certificate that belongs to it. The octets of the key stay the caller's to clear.</summary>
    /// <exception cref="CmsFormatException">They are no key and certificate of a kind that signs here, or do not belong to each other.</exception>
    public static SoftwareSigningKey Create(ReadOnlySpan<byte> pkcs8, ReadOnlyMemory<byte> certificate, SigningChoice? choice = null)
    {
        choice ??= SigningChoice.Default;
        var publicKey = VerificationKey.Read(CertificateFrame.Read(certificate).SubjectPublicKeyInfo) ?? throw new CmsFormatException("the certificate's key is of an unknown kind");
        SoftwareSigningKey? key = null;
        try
        {
            key = Create(pkcs8, certificate, publicKey, choice);
            // A key that is not the certificate's would make signatures that nobody can verify.
            var probe = "probe"u8;
            var scheme = SignatureScheme.Find(key.SignatureAlgorithm)!.Value;
            if (publicKey.Verify(scheme, Algorithms.DigestAlgorithm.Find(key.DigestAlgorithm)!, probe, key.engine.Sign(probe))) return key;
        }
        catch (Exception fault) when (fault is not (CmsFormatException or OutOfMemoryException))
        {
            // Neither library has one kind of exception for a key that is none, and some show only when the key is used.
            key?.Dispose();
            throw new CmsFormatException("not a private key of the certificate's kind", cause: fault);
        }

        key.Dispose();
        throw new CmsFormatException("the private key is not the certificate's");
    }

    public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<byte[]>(engine.Sign(octets.Span));
    }

    public void Dispose() => engine.Dispose();

    private static SoftwareSigningKey Create(ReadOnlySpan<byte> pkcs8, ReadOnlyMemory<byte> certificate, VerificationKey publicKey, SigningChoice choice)
    {
        switch (publicKey.Family)
        {
            case SignatureFamily.RsaPkcs1 or SignatureFamily.RsaPss:
                var hash = choice.Digest ?? Algorithms.DigestAlgorithm.Sha256;
                var pss = choice.Pss || publicKey.Family is SignatureFamily.RsaPss;
                return new(certificate, pss ? SignatureScheme.Pss(hash) : Pkcs1(hash), hash, new RsaEngine(pkcs8, hash, pss));
            case SignatureFamily.Ecdsa:
                var digest = choice.Digest ?? publicKey.Size switch { 256 => Algorithms.DigestAlgorithm.Sha256, 384 => Algorithms.DigestAlgorithm.Sha384, _ => Algorithms.DigestAlgorithm.Sha512 };
                return new(certificate, Ecdsa(digest), digest, new EcdsaEngine(pkcs8, digest));
            case SignatureFamily.Ed25519:
                return new(certificate, new AlgorithmIdentifier(SignatureScheme.Ed25519), Algorithms.DigestAlgorithm.Sha512, new Ed25519Engine(pkcs8));
            case SignatureFamily.MlDsa:
                var oid = publicKey.Size switch { 44 => SignatureScheme.MlDsa44, 65 => SignatureScheme.MlDsa65, _ => SignatureScheme.MlDsa87 };
                return new(certificate, new AlgorithmIdentifier(oid), Algorithms.DigestAlgorithm.Sha512, new MlDsaEngine(pkcs8, publicKey.Size));
            default:
                throw new CmsFormatException("no signatures are made with keys of this kind");
        }
    }

    // RFC 5754 §3.2: parameters NULL for RSA, absent for ECDSA (§3.3).
    private static AlgorithmIdentifier Pkcs1(DigestAlgorithm digest) => new(
        digest.Name switch
        {
            "sha256" => "1.2.840.113549.1.1.11",
            "sha384" => "1.2.840.113549.1.1.12",
            "sha512" => "1.2.840.113549.1.1.13",
            _ => throw new CmsFormatException("no signatures are made with this digest"),
        },
        AlgorithmIdentifier.Null);

    private static AlgorithmIdentifier Ecdsa(DigestAlgorithm digest) => new(digest.Name switch
    {
        "sha256" => "1.2.840.10045.4.3.2",
        "sha384" => "1.2.840.10045.4.3.3",
        "sha512" => "1.2.840.10045.4.3.4",
        _ => throw new CmsFormatException("no signatures are made with this digest"),
    });

    private sealed class RsaEngine : IEngine
    {
        private readonly ConcurrentBag<RSA> idle = [];
        private readonly RSA original = RSA.Create();
        private readonly HashAlgorithmName digest;
        private readonly RSASignaturePadding padding;

        public RsaEngine(ReadOnlySpan<byte> pkcs8, DigestAlgorithm digest, bool pss)
        {
            this.digest = digest.Platform ?? throw new CmsFormatException("no signatures are made with this digest");
            padding = pss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
            // Of a key for RSASSA-PSS only, which .NET does not take, the RSAPrivateKey inside.
            var sequence = new AsnReader(pkcs8.ToArray(), AsnEncodingRules.BER).ReadSequence();
            sequence.ReadInteger();
            var algorithm = AlgorithmIdentifier.Read(sequence);
            var key = sequence.ReadOctetString();
            try
            {
                if (algorithm.Algorithm is not (SignatureScheme.RsaEncryption or SignatureScheme.RsaPss)) throw new CryptographicException("no RSA key");
                original.ImportRSAPrivateKey(key, out _);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(key);
            }
        }

        public byte[] Sign(ReadOnlySpan<byte> octets)
        {
            var rsa = idle.TryTake(out var taken) ? taken : Copy();
            try
            {
                return rsa.SignData(octets, digest, padding);
            }
            finally
            {
                idle.Add(rsa);
            }
        }

        public void Dispose()
        {
            while (idle.TryTake(out var rsa)) rsa.Dispose();
            original.Dispose();
        }

        private RSA Copy()
        {
            RSAParameters parameters;
            lock (original) parameters = original.ExportParameters(includePrivateParameters: true);
            try
            {
                return RSA.Create(parameters);
            }
            finally
            {
                foreach (var secret in new[] { parameters.D, parameters.P, parameters.Q, parameters.DP, parameters.DQ, parameters.InverseQ }) CryptographicOperations.ZeroMemory(secret);
            }
        }
    }

    private sealed class EcdsaEngine : IEngine
    {
        private readonly ConcurrentBag<ECDsa> idle = [];
        private readonly ECDsa original = ECDsa.Create();
        private readonly HashAlgorithmName digest;

        public EcdsaEngine(ReadOnlySpan<byte> pkcs8, DigestAlgorithm digest)
        {
            this.digest = digest.Platform ?? throw new CmsFormatException("no signatures are made with this digest");
            original.ImportPkcs8PrivateKey(pkcs8, out _);
        }

        public byte[] Sign(ReadOnlySpan<byte> octets)
        {
            var key = idle.TryTake(out var taken) ? taken : Copy();
            try
            {
                return key.SignData(octets, digest, DSASignatureFormat.Rfc3279DerSequence);
            }
            finally
            {
                idle.Add(key);
            }
        }

        public void Dispose()
        {
            while (idle.TryTake(out var key)) key.Dispose();
            original.Dispose();
        }

        private ECDsa Copy()
        {
            ECParameters parameters;
            lock (original) parameters = original.ExportParameters(includePrivateParameters: true);
            try
            {
                return ECDsa.Create(parameters);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(parameters.D);
            }
        }
    }

    private sealed class Ed25519Engine(ReadOnlySpan<byte> pkcs8) : IEngine
    {
        private readonly Ed25519PrivateKeyParameters key = (Ed25519PrivateKeyParameters)PrivateKeyFactory.CreateKey(pkcs8.ToArray());

        public byte[] Sign(ReadOnlySpan<byte> octets)
        {
            var signer = new Ed25519Signer();
            signer.Init(forSigning: true, key);
            signer.BlockUpdate(octets);
            return signer.GenerateSignature();
        }

        // BouncyCastle gives no way to clear its keys.
        public void Dispose()
        {
        }
    }

    private sealed class MlDsaEngine : IEngine
    {
        private readonly MLDsaPrivateKeyParameters? substitute;
        private readonly MLDsa? native;
        private readonly int size;

        public MlDsaEngine(ReadOnlySpan<byte> pkcs8, int size)
        {
            this.size = size;
            // Seed, expanded key or both (RFC 9881 §6): BouncyCastle reads all three forms.
            var read = (MLDsaPrivateKeyParameters)PrivateKeyFactory.CreateKey(pkcs8.ToArray());
            if (!MLDsa.IsSupported)
            {
                substitute = read;
                return;
            }

            var expanded = read.GetEncoded();
            native = MLDsa.ImportMLDsaPrivateKey(MlDsaVerificationKey.Native(size), expanded);
            CryptographicOperations.ZeroMemory(expanded);
        }

        public byte[] Sign(ReadOnlySpan<byte> octets)
        {
            if (native is not null)
            {
                var signature = new byte[native.Algorithm.SignatureSizeInBytes];
                // One key object: ML-DSA is slow enough that waiting for it is no loss.
                lock (native) native.SignData(octets, signature);
                return signature;
            }

            var signer = new MLDsaSigner(MlDsaVerificationKey.Substitute(size), deterministic: false);
            signer.Init(forSigning: true, new ParametersWithRandom(substitute, new SecureRandom()));
            signer.BlockUpdate(octets);
            return signer.GenerateSignature();
        }

        public void Dispose() => native?.Dispose();
    }
}
