using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms;

/// <summary>
/// <c>ContentInfo ::= SEQUENCE { contentType ContentType, content [0] EXPLICIT ANY DEFINED BY contentType }</c>
/// (RFC 5652 §3). Immutable.
/// </summary>
/// <param name="ContentType">See <see cref="ContentTypes"/>.</param>
/// <param name="Content">The encoded content, inside the explicit tag.</param>
public readonly record struct ContentInfo(string ContentType, ReadOnlyMemory<byte> Content)
{
    /// <summary>Checks the frame of all octets, then reads the outermost structure.</summary>
    /// <exception cref="CmsFormatException">They are no ContentInfo, or break a bound.</exception>
    public static ContentInfo Read(ReadOnlyMemory<byte> octets, CmsBounds bounds)
    {
        BerFrame.Check(octets.Span, bounds);
        try
        {
            var reader = new BerCursor(octets);
            var sequence = reader.ReadSequence();
            var type = sequence.ReadObjectIdentifier();
            var wrapper = sequence.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
            sequence.ThrowIfNotEmpty();
            var content = wrapper.ReadEncodedValue();
            wrapper.ThrowIfNotEmpty();
            return new ContentInfo(type, content);
        }
        catch (AsnContentException fault)
        {
            throw new CmsFormatException("not a ContentInfo", cause: fault);
        }
    }
}
