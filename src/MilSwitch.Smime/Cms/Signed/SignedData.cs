using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// <c>SignedData ::= SEQUENCE { version CMSVersion, digestAlgorithms DigestAlgorithmIdentifiers,
/// encapContentInfo EncapsulatedContentInfo, certificates [0] IMPLICIT CertificateSet OPTIONAL,
/// crls [1] IMPLICIT RevocationInfoChoices OPTIONAL, signerInfos SignerInfos }</c> (RFC 5652 §5.1).
/// As it was received; nothing of it is believed. It refers to the octets it was read from. Immutable.
/// </summary>
public sealed class SignedData
{
    private SignedData()
    {
    }

    public int Version { get; private init; }

    public IReadOnlyList<AlgorithmIdentifier> DigestAlgorithms { get; private init; } = [];

    public string ContentType { get; private init; } = "";

    /// <summary>Octets of eContent, in one piece; null: detached, the content is elsewhere.</summary>
    public ReadOnlyMemory<byte>? Content { get; private init; }

    /// <summary>Encoded public key certificates.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; private init; } = [];

    /// <summary>Encoded attribute certificates and other kinds, each with the context-specific tag it has here.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> OtherCertificates { get; private init; } = [];

    /// <summary>Encoded revocation lists.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> RevocationLists { get; private init; } = [];

    /// <summary>Encoded revocation information of other kinds, OCSP responses among them (RFC 5940), with its tag.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> OtherRevocation { get; private init; } = [];

    public IReadOnlyList<SignerInfo> Signers { get; private init; } = [];

    /// <summary>Only carries certificates and revocation lists (RFC 5652 §5, RFC 8551 §3.8): no signer and no content.</summary>
    public bool IsCertificatesOnly => Signers.Count is 0 && Content is not { IsEmpty: false };

    /// <summary>Reads a whole <c>ContentInfo</c> that holds one.</summary>
    /// <exception cref="CmsFormatException">It is no such object, or breaks a bound.</exception>
    public static SignedData Read(ReadOnlyMemory<byte> octets, CmsBounds bounds)
    {
        var info = ContentInfo.Read(octets, bounds);
        return info.ContentType == ContentTypes.SignedData ? ReadContent(info.Content, bounds) : throw new CmsFormatException("not SignedData");
    }

    /// <summary>Reads <see cref="ContentInfo.Content"/>, whose frame has been checked.</summary>
    /// <exception cref="CmsFormatException">It is none, or breaks a bound.</exception>
    public static SignedData ReadContent(ReadOnlyMemory<byte> content, CmsBounds bounds)
    {
        try
        {
            var reader = new BerCursor(content);
            var sequence = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            if (!sequence.TryReadInt32(out var version)) throw new CmsFormatException("not SignedData");
            var digests = new List<AlgorithmIdentifier>(1);
            for (var set = sequence.ReadSetOf(); set.HasData;)
            {
                if (digests.Count == bounds.Attributes) throw new CmsFormatException("too many digest algorithms", CmsFault.TooLarge);
                digests.Add(AlgorithmIdentifier.Read(ref set));
            }

            var encapsulated = sequence.ReadSequence();
            var contentType = encapsulated.ReadObjectIdentifier();
            var octets = encapsulated.HasData ? ReadContentOctets(ref encapsulated) : default(ReadOnlyMemory<byte>?);
            encapsulated.ThrowIfNotEmpty();
            var (certificates, otherCertificates) = ReadSet(ref sequence, 0, bounds);
            var (lists, otherRevocation) = ReadSet(ref sequence, 1, bounds);
            var signers = new List<SignerInfo>(1);
            for (var set = sequence.ReadSetOf(); set.HasData;)
            {
                if (signers.Count == bounds.Signers) throw new CmsFormatException("too many signers", CmsFault.TooLarge);
                signers.Add(SignerInfo.Read(ref set, bounds));
            }

            sequence.ThrowIfNotEmpty();
            return new SignedData
            {
                Version = version,
                DigestAlgorithms = digests,
                ContentType = contentType,
                Content = octets,
                Certificates = certificates,
                OtherCertificates = otherCertificates,
                RevocationLists = lists,
                OtherRevocation = otherRevocation,
                Signers = signers,
            };
        }
        catch (AsnContentException fault)
        {
            throw new CmsFormatException("not SignedData", cause: fault);
        }
    }

    /// <summary>The certificate that a signer names, when it is here; else empty.</summary>
    public ReadOnlyMemory<byte> CertificateOf(SignerInfo signer)
    {
        // One that is none is not the signer's; the others count.
        for (var i = 0; i < Certificates.Count; i++)
        {
            if (signer.Identifier.NamesChecked(Certificates[i])) return Certificates[i];
        }

        return default;
    }

    private static ReadOnlyMemory<byte> ReadContentOctets(ref BerCursor encapsulated)
    {
        var wrapper = encapsulated.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
        var octets = wrapper.ReadOctetString();
        wrapper.ThrowIfNotEmpty();
        return octets;
    }

    // CertificateSet and RevocationInfoChoices alike: universal SEQUENCEs are X.509's own, tagged ones are other kinds.
    private static (IReadOnlyList<ReadOnlyMemory<byte>> Plain, IReadOnlyList<ReadOnlyMemory<byte>> Other) ReadSet(ref BerCursor reader, int number, CmsBounds bounds)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, number, isConstructed: true);
        if (!reader.HasData || reader.PeekTag() != tag) return ([], []);
        var plain = new List<ReadOnlyMemory<byte>>(2);
        List<ReadOnlyMemory<byte>>? other = null;
        for (var set = reader.ReadSetOf(tag); set.HasData;)
        {
            if (plain.Count + (other?.Count ?? 0) == bounds.Certificates) throw new CmsFormatException("too many certificates or revocation lists", CmsFault.TooLarge);
            if (set.PeekTag() == Asn1Tag.Sequence) plain.Add(set.ReadEncodedValue());
            else (other ??= []).Add(set.ReadEncodedValue());
        }

        return (plain, other ?? []);
    }
}
