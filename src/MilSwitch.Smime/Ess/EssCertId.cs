using System.Formats.Asn1;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Ess;

/// <summary>
/// <c>ESSCertIDv2 ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier DEFAULT sha256, certHash Hash, issuerSerial IssuerSerial
/// OPTIONAL }</c> (RFC 5035 §4); ESSCertID is the same without the algorithm, which is SHA-1 (RFC 2634 §5.4.1). Immutable.
/// </summary>
public sealed record EssCertId
{
    private static readonly AlgorithmIdentifier Sha256 = new(DigestAlgorithm.Sha256.Oid);

    /// <summary>Of the hash; SHA-1 in the first version.</summary>
    public required AlgorithmIdentifier HashAlgorithm { get; init; }

    public required ReadOnlyMemory<byte> Hash { get; init; }

    /// <summary>Issuer; null: issuer and serial number are absent.</summary>
    public GeneralNames? Issuer { get; init; }

    /// <summary>Contents octets of the serial number.</summary>
    public ReadOnlyMemory<byte> Serial { get; init; }

    /// <summary>Of a certificate, by its hash alone: the signer identifier beside it says the rest.</summary>
    public static EssCertId Of(ReadOnlySpan<byte> certificate, DigestAlgorithm algorithm) => new() { HashAlgorithm = new AlgorithmIdentifier(algorithm.Oid), Hash = algorithm.Hash(certificate) };

    /// <summary>It is this certificate.</summary>
    /// <exception cref="CmsFormatException">The octets are no certificate.</exception>
    public bool Names(ReadOnlyMemory<byte> certificate) => Names(new KnownCertificate(certificate));

    internal bool Names(KnownCertificate certificate)
    {
        if (DigestAlgorithm.Find(HashAlgorithm) is not { } digest || !certificate.Digest(digest).SequenceEqual(Hash.Span)) return false;
        var frame = certificate.Frame;
        return Issuer is null || (Serial.Span.SequenceEqual(frame.Serial.Span) && Issuer.Equals(GeneralNames.OfDirectoryName(frame.Issuer)));
    }

    public bool Equals(EssCertId? other) => other is not null && HashAlgorithm.Equals(other.HashAlgorithm) && Hash.Span.SequenceEqual(other.Hash.Span)
        && Equals(Issuer, other.Issuer) && Serial.Span.SequenceEqual(other.Serial.Span);

    public override int GetHashCode() => HashCode.Combine(HashAlgorithm, Hash.Length, Issuer);

    internal static EssCertId Read(AsnReader reader, bool isSecondVersion)
    {
        var sequence = reader.ReadSequence();
        var algorithm = isSecondVersion ? Sha256 : new AlgorithmIdentifier(DigestAlgorithm.Sha1.Oid);
        if (isSecondVersion && sequence.PeekTag() == Asn1Tag.Sequence) algorithm = AlgorithmIdentifier.Read(sequence);
        var hash = sequence.ReadOctetString();
        if (!sequence.HasData) return new EssCertId { HashAlgorithm = algorithm, Hash = hash };
        var issuerSerial = sequence.ReadSequence();
        sequence.ThrowIfNotEmpty();
        var issuer = GeneralNames.Read(issuerSerial);
        var serial = issuerSerial.ReadIntegerBytes();
        issuerSerial.ThrowIfNotEmpty();
        return new EssCertId { HashAlgorithm = algorithm, Hash = hash, Issuer = issuer, Serial = serial };
    }

    internal void Write(AsnWriter writer, bool isSecondVersion)
    {
        using (writer.PushSequence())
        {
            // A default is left out (X.690 §11.5).
            if (isSecondVersion && !HashAlgorithm.Equals(Sha256)) HashAlgorithm.Write(writer);
            writer.WriteOctetString(Hash.Span);
            if (Issuer is null) return;
            using (writer.PushSequence())
            {
                Issuer.Write(writer);
                writer.WriteInteger(Serial.Span);
            }
        }
    }
}
