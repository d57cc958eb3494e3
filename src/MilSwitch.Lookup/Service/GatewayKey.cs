using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Lookup.Service;

/// <summary>A public key to which mail for recipients beyond the boundary is encrypted; the gateway has the private half. Immutable.</summary>
public sealed class GatewayKey
{
    private GatewayKey(ReadOnlyMemory<byte> info, bool agrees, ReadOnlyMemory<byte> octets)
    {
        SubjectPublicKeyInfo = info;
        Agrees = agrees;
        // RFC 7093 §2, method 1.
        Identifier = SHA256.HashData(octets.Span).AsMemory(0, 20);
    }

    /// <summary>DER.</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    /// <summary>True: keyAgreement (EC, X25519). False: keyEncipherment (RSA).</summary>
    public bool Agrees { get; }

    /// <summary>The key identifier that all certificates for it have, 20 octets.</summary>
    public ReadOnlyMemory<byte> Identifier { get; }

    /// <param name="subjectPublicKeyInfo">DER: RSA of 2,048 bits or more, EC on P-256, P-384 or P-521, or X25519.</param>
    /// <exception cref="CmsFormatException">It is another.</exception>
    public static GatewayKey Read(ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        BerFrame.Check(subjectPublicKeyInfo.Span, CmsBounds.Default);
        try
        {
            var sequence = new AsnReader(subjectPublicKeyInfo, AsnEncodingRules.DER).ReadSequence();
            var algorithm = AlgorithmIdentifier.Read(sequence);
            var octets = sequence.ReadBitString(out _);
            sequence.ThrowIfNotEmpty();
            switch (algorithm.Algorithm)
            {
                case ProxyOids.RsaEncryption:
                    using (var rsa = RSA.Create())
                    {
                        rsa.ImportRSAPublicKey(octets, out _);
                        if (rsa.KeySize < 2_048) throw new CmsFormatException("the gateway's RSA key has fewer than 2048 bits");
                    }

                    return new GatewayKey(subjectPublicKeyInfo, agrees: false, octets);
                case ProxyOids.EcPublicKey:
                    using (var ec = ECDiffieHellman.Create())
                    {
                        ec.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo.Span, out _);
                        if (ec.KeySize is not (256 or 384 or 521)) throw new CmsFormatException("the gateway's key is on none of the curves P-256, P-384 and P-521");
                    }

                    return new GatewayKey(subjectPublicKeyInfo, agrees: true, octets);
                case ProxyOids.X25519 when octets.Length is 32 && algorithm.Parameters.IsEmpty:
                    return new GatewayKey(subjectPublicKeyInfo, agrees: true, octets);
                default:
                    throw new CmsFormatException("the gateway's key is of no kind that mail is encrypted to by proxy certificates");
            }
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException)
        {
            throw new CmsFormatException("not a public key", cause: fault);
        }
    }
}
