using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using Org.BouncyCastle.Crypto.Parameters;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>
/// What encryption needs of a certificate: its names and its public key, parsed once. Whether to believe it is decided
/// elsewhere. Immutable and thread-safe.
/// </summary>
public sealed class RecipientCertificate
{
    private const string KeyIdentifierExtension = "2.5.29.14";
    private readonly Lazy<object?> _key;

    private RecipientCertificate(ReadOnlyMemory<byte> issuer, ReadOnlyMemory<byte> serial, ReadOnlyMemory<byte> keyIdentifier, AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> info, ReadOnlyMemory<byte> key)
    {
        ByIssuerAndSerial = new RecipientIdentifier(issuer, serial, default);
        ByKeyIdentifier = keyIdentifier.IsEmpty ? null : new RecipientIdentifier(default, default, keyIdentifier);
        Algorithm = algorithm;
        PublicKeyInfo = info;
        PublicKey = key;
        _key = new Lazy<object?>(Import);
    }

    public RecipientIdentifier ByIssuerAndSerial { get; }

    /// <summary>Null when the certificate has no subject key identifier (RFC 5652 §6.2.1 knows no other source).</summary>
    public RecipientIdentifier? ByKeyIdentifier { get; }

    /// <summary>Of the public key.</summary>
    public AlgorithmIdentifier Algorithm { get; }

    /// <summary><c>subjectPublicKeyInfo</c>, DER.</summary>
    public ReadOnlyMemory<byte> PublicKeyInfo { get; }

    /// <summary>Octets of <c>subjectPublicKey</c>.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>The curve's object identifier; null for other keys.</summary>
    internal string? Curve => Algorithm.Algorithm is EnvelopedOids.X25519 ? EnvelopedOids.X25519 : NamedCurve(Algorithm);

    /// <summary>Null for a key that is not RSA or not well formed.</summary>
    internal RSA? Rsa => _key.Value as RSA;

    internal ECDiffieHellmanPublicKey? Ec => _key.Value as ECDiffieHellmanPublicKey;

    /// <summary>Reads the fields of a DER certificate (RFC 5280 §4.1).</summary>
    /// <exception cref="CmsFormatException">It is no certificate.</exception>
    public static RecipientCertificate Read(ReadOnlyMemory<byte> certificate)
    {
        BerFrame.Check(certificate.Span, CmsBounds.Default);
        try
        {
            var body = new AsnReader(certificate, AsnEncodingRules.DER).ReadSequence().ReadSequence();
            if (body.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 0))) body.ReadEncodedValue();
            var serial = body.ReadIntegerBytes();
            body.ReadSequence();
            var issuer = body.ReadEncodedValue();
            body.ReadSequence();
            body.ReadEncodedValue();
            var info = body.ReadEncodedValue();
            var keyReader = new AsnReader(info, AsnEncodingRules.DER).ReadSequence();
            var algorithm = AlgorithmIdentifier.Read(keyReader);
            var key = keyReader.ReadBitString(out _);
            return new RecipientCertificate(issuer, serial, ReadKeyIdentifier(body), algorithm, info, key);
        }
        catch (AsnContentException fault)
        {
            throw new CmsFormatException("not a certificate", cause: fault);
        }
    }

    internal static string? NamedCurve(AlgorithmIdentifier algorithm)
    {
        if (algorithm.Algorithm != EnvelopedOids.EcPublicKey || algorithm.Parameters.IsEmpty || algorithm.Parameters.Span[0] is not 6) return null;
        try
        {
            return AsnDecoder.ReadObjectIdentifier(algorithm.Parameters.Span, AsnEncodingRules.BER, out _);
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    /// <summary>Null: a curve that is not ours, or no uncompressed point. Whether it is on the curve the import checks.</summary>
    internal static ECParameters? Point(string? curve, ReadOnlySpan<byte> point)
    {
        var (named, octets) = curve switch
        {
            EnvelopedOids.P256 => (ECCurve.NamedCurves.nistP256, 32),
            EnvelopedOids.P384 => (ECCurve.NamedCurves.nistP384, 48),
            EnvelopedOids.P521 => (ECCurve.NamedCurves.nistP521, 66),
            _ => (default, -1),
        };
        if (octets < 0 || point.Length != (2 * octets) + 1 || point[0] is not 4) return null;
        return new ECParameters { Curve = named, Q = new ECPoint { X = point.Slice(1, octets).ToArray(), Y = point[(1 + octets)..].ToArray() } };
    }

    internal static MLKemParameters? MlKem(string algorithm) => algorithm switch
    {
        EnvelopedOids.MlKem512 => MLKemParameters.ml_kem_512,
        EnvelopedOids.MlKem768 => MLKemParameters.ml_kem_768,
        EnvelopedOids.MlKem1024 => MLKemParameters.ml_kem_1024,
        _ => null,
    };

    private static ReadOnlyMemory<byte> ReadKeyIdentifier(AsnReader body)
    {
        var wrapper = new Asn1Tag(TagClass.ContextSpecific, 3);
        while (body.HasData)
        {
            if (!body.PeekTag().HasSameClassAndValue(wrapper))
            {
                body.ReadEncodedValue();
                continue;
            }

            var extensions = body.ReadSequence(wrapper).ReadSequence();
            while (extensions.HasData)
            {
                var extension = extensions.ReadSequence();
                if (extension.ReadObjectIdentifier() != KeyIdentifierExtension) continue;
                if (extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean)) extension.ReadBoolean();
                return new AsnReader(extension.ReadOctetString(), AsnEncodingRules.DER).ReadOctetString();
            }
        }

        return default;
    }

    private object? Import()
    {
        try
        {
            switch (Algorithm.Algorithm)
            {
                case EnvelopedOids.RsaEncryption or EnvelopedOids.RsaesOaep:
                    var rsa = RSA.Create();
                    rsa.ImportRSAPublicKey(PublicKey.Span, out _);
                    return rsa;
                case EnvelopedOids.EcPublicKey when Point(Curve, PublicKey.Span) is { } point:
                    using (var ec = ECDiffieHellman.Create(point)) return ec.PublicKey;
                default:
                    return null;
            }
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
