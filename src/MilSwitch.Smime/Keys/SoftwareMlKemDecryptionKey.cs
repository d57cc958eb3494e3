using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Cms.Enveloped;
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;

namespace MilSwitch.Smime.Keys;

/// <summary>ML-KEM (FIPS 203, RFC 9936): of System.Security.Cryptography where it has it, else of BouncyCastle.</summary>
internal sealed class SoftwareMlKemDecryptionKey : SoftwareDecryptionKey
{
    private readonly MLKem? _key;
    private readonly MLKemPrivateKeyParameters? _fallback;
    private readonly MLKemParameters _parameters;

    public SoftwareMlKemDecryptionKey(ReadOnlyMemory<byte> certificate, RecipientCertificate owner, ReadOnlySpan<byte> privateKeyInfo)
        : base(certificate)
    {
        var algorithm = owner.Algorithm.Algorithm;
        _parameters = RecipientCertificate.MlKem(algorithm)!;
        var (secret, isSeed) = Read(PrivateKeyOctets(privateKeyInfo.ToArray(), algorithm));
        byte[] publicKey;
        try
        {
            if (MLKem.IsSupported)
            {
                var named = MlKemEncapsulation.Named(algorithm);
                _key = isSeed ? MLKem.ImportPrivateSeed(named, secret) : MLKem.ImportDecapsulationKey(named, secret);
                publicKey = _key.ExportEncapsulationKey();
            }
            else
            {
                _fallback = isSeed ? MLKemPrivateKeyParameters.FromSeed(_parameters, secret) : MLKemPrivateKeyParameters.FromEncoding(_parameters, secret);
                publicKey = _fallback.GetPublicKeyEncoded();
            }
        }
        catch (ArgumentException fault)
        {
            throw new CryptographicException("not an ML-KEM private key", fault);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }

        Belong(publicKey.AsSpan().SequenceEqual(owner.PublicKey.Span));
    }

    public override ValueTask<byte[]?> DecapsulateAsync(ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken = default)
    {
        if (ciphertext.Length != _parameters.ParameterSet.EncapsulationLength) return default;
        var secret = new byte[32];
        if (_key is not null)
        {
            _key.Decapsulate(ciphertext.Span, secret);
        }
        else
        {
            var decapsulator = new MLKemDecapsulator(_parameters);
            decapsulator.Init(_fallback);
            decapsulator.Decapsulate(ciphertext.Span, secret);
        }

        return ValueTask.FromResult<byte[]?>(secret);
    }

    private protected override void Release() => _key?.Dispose();

    // CHOICE { seed [0] OCTET STRING (64), expandedKey OCTET STRING, both SEQUENCE { seed, expandedKey } } (RFC 9935 §6).
    private static (byte[] Secret, bool IsSeed) Read(ReadOnlyMemory<byte> octets)
    {
        try
        {
            var reader = new AsnReader(octets, AsnEncodingRules.DER);
            var tag = reader.PeekTag();
            if (tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 0))) return (reader.ReadOctetString(tag), true);
            return tag.HasSameClassAndValue(Asn1Tag.Sequence) ? (reader.ReadSequence().ReadOctetString(), true) : (reader.ReadOctetString(), false);
        }
        catch (AsnContentException fault)
        {
            throw new CryptographicException("not an ML-KEM private key", fault);
        }
    }
}
