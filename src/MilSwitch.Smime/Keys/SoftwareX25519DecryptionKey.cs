using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Enveloped;
using Org.BouncyCastle.Crypto.Parameters;

namespace MilSwitch.Smime.Keys;

/// <summary>X25519 (RFC 8410, RFC 8418), which System.Security.Cryptography lacks.</summary>
internal sealed class SoftwareX25519DecryptionKey : SoftwareDecryptionKey
{
    private readonly X25519PrivateKeyParameters _key;

    public SoftwareX25519DecryptionKey(ReadOnlyMemory<byte> certificate, RecipientCertificate owner, ReadOnlySpan<byte> privateKeyInfo)
        : base(certificate)
    {
        // CurvePrivateKey ::= OCTET STRING, within the octets of privateKey (RFC 8410 §7).
        if (PrivateKeyOctets(privateKeyInfo.ToArray(), EnvelopedOids.X25519).Span is not [4, 32, .. { Length: 32 } octets])
            throw new CryptographicException("not an X25519 key");
        _key = new X25519PrivateKeyParameters(octets);
        Belong(_key.GeneratePublicKey().GetEncoded().AsSpan().SequenceEqual(owner.PublicKey.Span));
    }

    public override ValueTask<byte[]?> AgreeAsync(ReadOnlyMemory<byte> subjectPublicKeyInfo, CancellationToken cancellationToken = default)
    {
        try
        {
            var sequence = new AsnReader(subjectPublicKeyInfo, AsnEncodingRules.DER).ReadSequence();
            if (AlgorithmIdentifier.Read(sequence).Algorithm != EnvelopedOids.X25519) return default;
            var octets = sequence.ReadBitString(out _);
            if (octets.Length is not 32) return default;
            var secret = new byte[32];
            _key.GenerateSecret(new X25519PublicKeyParameters(octets), secret);
            return ValueTask.FromResult<byte[]?>(secret);
        }
        catch (Exception fault) when (fault is AsnContentException or InvalidOperationException)
        {
            // All zero: a point of small order (RFC 8418 §2).
            return default;
        }
    }

    // The key's octets are BouncyCastle's own and can't be cleared.
    private protected override void Release()
    {
    }
}
