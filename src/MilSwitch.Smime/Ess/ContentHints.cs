using System.Formats.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Ess;

/// <summary><c>ContentHints ::= SEQUENCE { contentDescription UTF8String (SIZE (1..MAX)) OPTIONAL, contentType ContentType }</c> (RFC 2634 §2.9). Immutable.</summary>
/// <param name="ContentType">Of the innermost content.</param>
/// <param name="Description">Null: absent.</param>
public sealed record ContentHints(string ContentType, string? Description = null)
{
    /// <exception cref="CmsFormatException">They are none.</exception>
    public static ContentHints Read(ReadOnlyMemory<byte> octets) => EssValue.Decode(octets, "ContentHints", reader =>
    {
        var sequence = reader.ReadSequence();
        var text = sequence.PeekTag().HasSameClassAndValue(new Asn1Tag(UniversalTagNumber.UTF8String)) ? sequence.ReadCharacterString(UniversalTagNumber.UTF8String) : null;
        if (text is "") throw new AsnContentException();
        var hints = new ContentHints(sequence.ReadObjectIdentifier(), text);
        sequence.ThrowIfNotEmpty();
        return hints;
    });

    public byte[] Encode() => EssValue.Encode(w =>
    {
        using (w.PushSequence())
        {
            if (!string.IsNullOrEmpty(Description)) w.WriteCharacterString(UniversalTagNumber.UTF8String, Description);
            w.WriteObjectIdentifier(ContentType);
        }
    });
}
