using System.Formats.Asn1;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// A key that signs, with all that is the same in each of its signatures: made once for a key, used for many. Immutable and
/// thread-safe as its key is.
/// </summary>
public sealed class CmsSigner
{
    /// <param name="key">Signs.</param>
    /// <param name="byKeyIdentifier">Names its certificate by subject key identifier, where the certificate has one.</param>
    /// <param name="capabilities">Encoded SMIMECapabilities; empty: none are announced.</param>
    /// <param name="encryptionCertificate">Certificate to encrypt for when answering (RFC 8551 §2.5.3); empty: not said.</param>
    /// <exception cref="CmsFormatException">A certificate is none.</exception>
    public CmsSigner(ISigningKey key, bool byKeyIdentifier = false, ReadOnlyMemory<byte> capabilities = default, ReadOnlyMemory<byte> encryptionCertificate = default)
    {
        Key = key;
        Digest = Algorithms.DigestAlgorithm.Find(key.DigestAlgorithm) ?? throw new ArgumentException("the key signs with an unknown digest", nameof(key));
        Scheme = SignatureScheme.Find(key.SignatureAlgorithm) ?? throw new ArgumentException("the key makes unknown signatures", nameof(key));
        PublicKey = VerificationKey.Read(CertificateFrame.Read(key.Certificate).SubjectPublicKeyInfo);
        Identifier = SignerIdentifier.Of(key.Certificate, byKeyIdentifier);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            // RFC 5652 §5.3: 3 with a key identifier, else 1.
            writer.WriteInteger(Identifier.IsKeyIdentifier ? 3 : 1);
            Identifier.Write(writer);
            key.DigestAlgorithm.Write(writer);
        }

        var head = writer.Encode();
        Asn1Tag.Decode(head, out var tag);
        Head = head.AsMemory(tag + LengthOctets(head[tag]));
        DigestAlgorithm = Encode(key.DigestAlgorithm);
        SignatureAlgorithm = Encode(key.SignatureAlgorithm);
        var certificateId = new SigningCertificate(IsSecondVersion: true, [EssCertId.Of(key.Certificate.Span, Digest.Length > 32 ? Digest : Algorithms.DigestAlgorithm.Sha256)], []);
        EachTime =
        [
            AttributeEncoding.Single(AttributeTypes.SigningCertificateV2, certificateId.Encode()),
            AttributeEncoding.Single(AttributeTypes.AlgorithmProtection, AlgorithmProtection.Encode(key.DigestAlgorithm, key.SignatureAlgorithm)),
        ];
        var own = new List<CmsAttribute>();
        if (!capabilities.IsEmpty) own.Add(new CmsAttribute(AttributeTypes.SmimeCapabilities, capabilities));
        if (!encryptionCertificate.IsEmpty) own.Add(new CmsAttribute(AttributeTypes.EncryptionKeyPreference, EncryptionKeyPreference.Encode(SignerIdentifier.Of(encryptionCertificate))));
        OwnAttributes = own;
    }

    public ISigningKey Key { get; }

    /// <summary>Taken of the content.</summary>
    public Algorithms.DigestAlgorithm Digest { get; }

    public SignerIdentifier Identifier { get; }

    internal SignatureScheme Scheme { get; }

    internal VerificationKey? PublicKey { get; }

    /// <summary>Encoded version, sid and digestAlgorithm.</summary>
    internal ReadOnlyMemory<byte> Head { get; }

    internal ReadOnlyMemory<byte> DigestAlgorithm { get; }

    internal ReadOnlyMemory<byte> SignatureAlgorithm { get; }

    /// <summary>Encoded attributes of each signature, countersignatures too: signingCertificateV2 and cmsAlgorithmProtection.</summary>
    internal IReadOnlyList<byte[]> EachTime { get; }

    internal IReadOnlyList<CmsAttribute> OwnAttributes { get; }

    private static byte[] Encode(in AlgorithmIdentifier algorithm)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        algorithm.Write(writer);
        return writer.Encode();
    }

    private static int LengthOctets(byte first) => first < 0x80 ? 1 : 1 + (first & 0x7F);
}
