using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Smime.Clearances;

/// <summary>Whose attributes they are (<c>Holder</c>, RFC 5755 §4.2.2): up to three ways to say it, all of which must fit. Immutable.</summary>
internal sealed class AttributeCertificateHolder
{
    // ObjectDigestInfo (RFC 5755 §7.3).
    private const int PublicKey = 0, WholeCertificate = 1;

    private (GeneralName[] Issuer, BigInteger Serial)? issued;
    private GeneralName[]? names;
    private (int Kind, AlgorithmIdentifier Algorithm, ReadOnlyMemory<byte> Digest)? digest;

    private AttributeCertificateHolder()
    {
    }

    /// <exception cref="AsnContentException">It is none, or names nobody.</exception>
    public static AttributeCertificateHolder Read(AsnReader holder)
    {
        var read = new AttributeCertificateHolder();
        if (ExtensionReader.Next(holder, 0))
        {
            var issuerSerial = holder.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
            read.issued = (GeneralName.ReadAll(issuerSerial.ReadSequence()), issuerSerial.ReadInteger());
            // issuerUID is for certificates that have one: ours are not looked at for it, so nothing could fit.
            issuerSerial.ThrowIfNotEmpty();
        }

        if (ExtensionReader.Next(holder, 1)) read.names = GeneralName.ReadAll(holder.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 1)));
        if (ExtensionReader.Next(holder, 2))
        {
            var info = holder.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 2));
            var kind = info.ReadEnumeratedBytes();
            if (kind.Length is not 1 || kind.Span[0] is not (PublicKey or WholeCertificate)) throw new AsnContentException("a digest of something else");
            read.digest = (kind.Span[0], AlgorithmIdentifier.Read(info), info.ReadBitString(out _));
            info.ThrowIfNotEmpty();
        }

        holder.ThrowIfNotEmpty();
        return read is { issued: null, names: null, digest: null } ? throw new AsnContentException("a holder without a name") : read;
    }

    /// <summary>Everything that is said of the holder is true of this certificate.</summary>
    /// <param name="suite">Says which digests count.</param>
    public bool Is(Certificate certificate, AlgorithmSuite suite)
    {
        // RFC 5755 §4.2.2: the issuer's distinguished name, alone.
        if (issued is { } reference && (reference.Issuer is not [{ Directory: { } issuer }] || !issuer.Equals(certificate.Issuer) || reference.Serial != certificate.SerialNumber)) return false;
        if (names is not null && !names.Any(name => name.Directory is { } directory ? directory.Equals(certificate.Subject) && !directory.IsEmpty : certificate.AlternativeNames.Contains(name))) return false;
        if (digest is not { } info) return true;
        if (DigestAlgorithm.Find(info.Algorithm) is not { } algorithm || !suite.Accepting.Digests.Contains(algorithm.Name)) return false;
        var octets = info.Kind is PublicKey ? certificate.SubjectPublicKeyInfo : certificate.Encoded;
        return CryptographicOperations.FixedTimeEquals(algorithm.Hash(octets.Span), info.Digest.Span);
    }
}
