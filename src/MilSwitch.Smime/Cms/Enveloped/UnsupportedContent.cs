using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>
/// A content type of RFC 5652 that is recognised and described but not processed: DigestedData (§7), EncryptedData (§8),
/// AuthenticatedData (§9). Immutable.
/// </summary>
/// <param name="ContentType">One of the three.</param>
/// <param name="Version">As it was read.</param>
/// <param name="InnerContentType">Type of the content inside.</param>
/// <param name="Algorithm">Digest, cipher or message authentication code.</param>
/// <param name="Recipients">Of AuthenticatedData; none for the others.</param>
public sealed record UnsupportedContent(
    string ContentType, int Version, string InnerContentType, AlgorithmIdentifier Algorithm, IReadOnlyList<RecipientInfo> Recipients)
{
    private static readonly Asn1Tag Zero = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag One = new(TagClass.ContextSpecific, 1);

    public static bool Recognises(string contentType) =>
        contentType is ContentTypes.DigestedData or ContentTypes.EncryptedData or ContentTypes.AuthenticatedData;

    /// <summary>Reads the content of a <see cref="ContentInfo"/> whose frame was checked.</summary>
    /// <exception cref="CmsFormatException">It is none of the three, is badly encoded, or breaks a bound.</exception>
    public static UnsupportedContent Read(ContentInfo info, CmsBounds bounds)
    {
        if (!Recognises(info.ContentType)) throw new CmsFormatException("none of DigestedData, EncryptedData and AuthenticatedData");
        try
        {
            var outer = new AsnReader(info.Content, AsnEncodingRules.BER);
            var reader = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            if (!reader.TryReadInt32(out var version)) throw new AsnContentException();
            switch (info.ContentType)
            {
                case ContentTypes.DigestedData:
                    var digest = AlgorithmIdentifier.Read(reader);
                    return new UnsupportedContent(info.ContentType, version, ReadEncapsulatedType(reader), digest, []);
                case ContentTypes.EncryptedData:
                    var (type, cipher, _) = EnvelopedContent.ReadEncryptedContent(reader);
                    return new UnsupportedContent(info.ContentType, version, type, cipher, []);
                default:
                    if (reader.PeekTag().HasSameClassAndValue(Zero)) reader.ReadEncodedValue();
                    var recipients = RecipientInfoReader.Read(reader, bounds);
                    var mac = AlgorithmIdentifier.Read(reader);
                    if (reader.PeekTag().HasSameClassAndValue(One)) reader.ReadEncodedValue();
                    return new UnsupportedContent(info.ContentType, version, ReadEncapsulatedType(reader), mac, recipients);
            }
        }
        catch (AsnContentException fault)
        {
            throw new CmsFormatException("a content type that is not processed is not well formed either", cause: fault);
        }
    }

    private static string ReadEncapsulatedType(AsnReader reader) => reader.ReadSequence().ReadObjectIdentifier();
}
