using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>
/// What EnvelopedData (RFC 5652 §6.1) and AuthEnvelopedData (RFC 5083 §2.1) say, before anything is opened. Holds ranges of
/// the octets it was read from. Immutable.
/// </summary>
public sealed class EnvelopedContent
{
    private static readonly Asn1Tag Zero = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag One = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag Two = new(TagClass.ContextSpecific, 2);

    private EnvelopedContent(string contentType) => ContentType = contentType;

    /// <summary><see cref="ContentTypes.EnvelopedData"/> or <see cref="ContentTypes.AuthEnvelopedData"/>.</summary>
    public string ContentType { get; }

    /// <summary>Whether the form carries a message authentication code.</summary>
    public bool IsAuthenticated => ContentType == ContentTypes.AuthEnvelopedData;

    public int Version { get; private init; }

    /// <summary><c>originatorInfo</c> as it was read, under its tag; empty when absent.</summary>
    public ReadOnlyMemory<byte> OriginatorInfo { get; private init; }

    /// <summary>In the order of the message; each recipient of a key agreement is one.</summary>
    public IReadOnlyList<RecipientInfo> Recipients { get; private init; } = [];

    /// <summary>Type of the content inside.</summary>
    public string InnerContentType { get; private init; } = "";

    /// <summary>The cipher of the content.</summary>
    public AlgorithmIdentifier ContentEncryption { get; private init; }

    /// <summary>Null when the encrypted content is not in the message (RFC 5652 §6.1, <c>encryptedContent</c> absent).</summary>
    public OctetSegments? Encrypted { get; private init; }

    /// <summary><c>authAttrs</c> as a DER <c>SET OF</c>, as it is authenticated (RFC 5083 §2.2); empty when absent.</summary>
    public ReadOnlyMemory<byte> AuthenticatedAttributes { get; private init; }

    /// <summary>Empty in EnvelopedData.</summary>
    public ReadOnlyMemory<byte> Mac { get; private init; }

    /// <summary><c>unprotectedAttrs</c> or <c>unauthAttrs</c> as read, under its tag; empty when absent. Nobody vouches for them.</summary>
    public ReadOnlyMemory<byte> UnprotectedAttributes { get; private init; }

    /// <summary>
    /// Whether the type of the content inside is under the code: it is <c>id-data</c>, or an attribute says the same
    /// (RFC 5083 §2.1 demands one of the two). Always false for EnvelopedData.
    /// </summary>
    public bool IsContentTypeAuthenticated { get; private init; }

    /// <summary>Reads the content of a <see cref="ContentInfo"/> whose frame was checked.</summary>
    /// <exception cref="CmsFormatException">It is neither of the two, is badly encoded, or breaks a bound.</exception>
    public static EnvelopedContent Read(ContentInfo info, CmsBounds bounds)
    {
        try
        {
            return info.ContentType switch
            {
                ContentTypes.EnvelopedData => ReadEnveloped(info, bounds),
                ContentTypes.AuthEnvelopedData => ReadAuthEnveloped(info, bounds),
                _ => throw new CmsFormatException("neither EnvelopedData nor AuthEnvelopedData"),
            };
        }
        catch (AsnContentException fault)
        {
            throw new CmsFormatException($"not {(info.ContentType == ContentTypes.EnvelopedData ? "an EnvelopedData" : "an AuthEnvelopedData")}", cause: fault);
        }
    }

    private static EnvelopedContent ReadEnveloped(ContentInfo info, CmsBounds bounds)
    {
        var reader = Open(info, out var version, out var originator);
        var recipients = RecipientInfoReader.Read(reader, bounds);
        var (type, algorithm, encrypted) = ReadEncryptedContent(reader);
        var attributes = ReadOptional(reader, One);
        reader.ThrowIfNotEmpty();
        return new EnvelopedContent(info.ContentType)
        {
            Version = version, OriginatorInfo = originator, Recipients = recipients, InnerContentType = type,
            ContentEncryption = algorithm, Encrypted = encrypted, UnprotectedAttributes = attributes,
        };
    }

    private static EnvelopedContent ReadAuthEnveloped(ContentInfo info, CmsBounds bounds)
    {
        var reader = Open(info, out var version, out var originator);
        var recipients = RecipientInfoReader.Read(reader, bounds);
        var (type, algorithm, encrypted) = ReadEncryptedContent(reader);
        var authenticated = ReadAuthenticatedAttributes(reader, bounds, out var attested);
        if (attested is not null && attested != type) throw new CmsFormatException("the content-type attribute names another type than the content has");
        var mac = reader.ReadOctetString();
        var attributes = ReadOptional(reader, Two);
        reader.ThrowIfNotEmpty();
        return new EnvelopedContent(info.ContentType)
        {
            Version = version, OriginatorInfo = originator, Recipients = recipients, InnerContentType = type,
            ContentEncryption = algorithm, Encrypted = encrypted, AuthenticatedAttributes = authenticated, Mac = mac,
            UnprotectedAttributes = attributes, IsContentTypeAuthenticated = type == ContentTypes.Data || attested is not null,
        };
    }

    private static AsnReader Open(ContentInfo info, out int version, out ReadOnlyMemory<byte> originator)
    {
        var outer = new AsnReader(info.Content, AsnEncodingRules.BER);
        var reader = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        if (!reader.TryReadInt32(out version) || version is < 0 or > 255) throw new AsnContentException();
        originator = ReadOptional(reader, Zero);
        return reader;
    }

    private static ReadOnlyMemory<byte> ReadOptional(AsnReader reader, Asn1Tag tag) =>
        reader.HasData && reader.PeekTag().HasSameClassAndValue(tag) ? reader.ReadEncodedValue() : default;

    /// <summary><c>EncryptedContentInfo</c>.</summary>
    internal static (string Type, AlgorithmIdentifier Algorithm, OctetSegments? Encrypted) ReadEncryptedContent(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        var type = sequence.ReadObjectIdentifier();
        var algorithm = AlgorithmIdentifier.Read(sequence);
        var encrypted = sequence.HasData ? OctetSegments.Read(sequence, Zero) : null;
        sequence.ThrowIfNotEmpty();
        return (type, algorithm, encrypted);
    }

    // "MUST be DER encoded even if the rest of the structure is BER encoded" (RFC 5083 §2.1). What is authenticated has the tag
    // of SET OF, not the implicit one.
    private static ReadOnlyMemory<byte> ReadAuthenticatedAttributes(AsnReader reader, CmsBounds bounds, out string? contentType)
    {
        contentType = null;
        var encoded = ReadOptional(reader, One);
        if (encoded.IsEmpty) return default;
        var octets = encoded.ToArray();
        octets[0] = 0x31;
        var set = new AsnReader(octets, AsnEncodingRules.DER).ReadSetOf();
        var count = 0;
        while (set.HasData)
        {
            if (++count > bounds.Attributes) throw new CmsFormatException("too many attributes", CmsFault.TooLarge);
            var attribute = set.ReadSequence();
            var type = attribute.ReadObjectIdentifier();
            var values = attribute.ReadSetOf();
            attribute.ThrowIfNotEmpty();
            if (type != EnvelopedOids.ContentTypeAttribute) continue;
            if (contentType is not null) throw new CmsFormatException("the content-type attribute is there twice");
            contentType = values.ReadObjectIdentifier();
            values.ThrowIfNotEmpty();
        }

        return octets;
    }
}
