using System.Formats.Asn1;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Policies;

/// <summary>
/// <c>SIGNED ::= SEQUENCE { toBeSigned, algorithm AlgorithmIdentifier, signature BIT STRING }</c> around a <c>SPIF</c> (X.841). It
/// brings no certificate: the policy names its originator, and perhaps the key. Immutable.
/// </summary>
internal sealed class AsnPolicySignature
{
    // Certificates of one name that are tried.
    private const int MostSigners = 16;

    private readonly ReadOnlyMemory<byte> signed;
    private readonly AlgorithmIdentifier algorithm;
    private readonly ReadOnlyMemory<byte> value;
    private readonly DistinguishedName originator;
    private readonly ReadOnlyMemory<byte> key;

    private AsnPolicySignature(AsnReader outer)
    {
        signed = outer.PeekEncodedValue();
        var spif = outer.ReadSequence();
        algorithm = AlgorithmIdentifier.Read(outer);
        value = outer.ReadBitString(out var unused);
        outer.ThrowIfNotEmpty();
        if (unused is not 0) throw new AsnContentException();
        if (spif.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) spif.ReadInteger();
        var update = spif.ReadSequence();
        update.ReadInteger();
        update.ReadGeneralizedTime();
        originator = DistinguishedName.Read(update);
        key = update.HasData ? update.ReadOctetString() : default;
    }

    /// <exception cref="MilSwitch.Labels.Policies.PolicyRefusedException">There is none.</exception>
    public static AsnPolicySignature Read(ReadOnlyMemory<byte> document)
    {
        try
        {
            BerFrame.Check(document.Span, CmsBounds.Default);
            return new AsnPolicySignature(IsSigned(document) ? new AsnReader(document, AsnEncodingRules.BER).ReadSequence() : throw SignedPolicyReader.Refused("The policy is not signed"));
        }
        catch (Exception fault) when (fault is AsnContentException or CmsFormatException or ArgumentException)
        {
            throw SignedPolicyReader.Refused("The signature of the policy can't be read", fault);
        }
    }

    /// <summary>Whose signature it is, among the certificates that the originator may have.</summary>
    /// <exception cref="MilSwitch.Labels.Policies.PolicyRefusedException">Nobody's, or made in a way that is not accepted.</exception>
    public Certificate Signer(PathOptions options)
    {
        var accepting = options.Suite.Accepting;
        if (SignatureScheme.Find(algorithm) is not { } scheme || !accepting.Allows(scheme.Family) || (!scheme.SignsOctets && (scheme.Digest is null || !accepting.Allows(scheme.Digest))))
            throw SignedPolicyReader.Refused("The signature algorithm of the signature is not accepted");
        Certificate[] named = [.. options.MessageCertificates.Concat(options.Trust.Intermediates).Concat(options.Trust.Anchors).Where(IsOfOriginator).Distinct().Take(MostSigners)];
        if (named.Length is 0) throw SignedPolicyReader.Refused("No certificate of the policy's originator is at hand, and the signature brings none");
        return named.FirstOrDefault(certificate => Verifies(certificate, scheme, options.Suite)) ?? throw SignedPolicyReader.Refused("The policy is not what its originator signed");
    }

    // A policy by itself has an object identifier as its third or fourth.
    private static bool IsSigned(ReadOnlyMemory<byte> document)
    {
        var look = new AsnReader(document, AsnEncodingRules.BER).ReadSequence();
        for (var i = 0; i < 2; i++)
        {
            if (!look.HasData || !look.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)) return false;
            look.ReadEncodedValue();
        }

        return look.HasData && look.PeekTag().HasSameClassAndValue(Asn1Tag.PrimitiveBitString);
    }

    private bool IsOfOriginator(Certificate certificate) => certificate.Subject.Equals(originator)
        && (key.IsEmpty || certificate.SubjectKeyIdentifier is not { } identifier || identifier.Span.SequenceEqual(key.Span));

    private bool Verifies(Certificate certificate, in SignatureScheme scheme, AlgorithmSuite suite)
    {
        try
        {
            // Where octets are signed the digest is not looked at.
            return certificate.ReadKey() is { } known && known.Fits(scheme) && suite.Accepting.Suffices(scheme.Family, known.Size)
                && known.Verify(scheme, scheme.Digest ?? DigestAlgorithm.Sha256, signed.Span, value.Span);
        }
        catch (CmsFormatException)
        {
            // A key that can't be read signed nothing.
            return false;
        }
    }
}
