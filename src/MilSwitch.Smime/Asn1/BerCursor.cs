using System.Formats.Asn1;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Asn1;

/// <summary>
/// Reads BER as <see cref="AsnReader"/> does, but without an object for each level: a message has dozens, and they would cost
/// as much as its signature. Only for octets whose frame was checked (<see cref="Cms.BerFrame"/>). Methods throw
/// <see cref="AsnContentException"/> when something else stands there. Mutable: pass it by reference.
/// </summary>
internal struct BerCursor(ReadOnlyMemory<byte> octets)
{
    // Of the first octet of a tag.
    private const int Constructed = 0x20, LongNumber = 0x1F;

    private ReadOnlyMemory<byte> rest = octets;

    public readonly bool HasData => !rest.IsEmpty;

    public readonly Asn1Tag PeekTag() => Asn1Tag.Decode(rest.Span, out _);

    public readonly ReadOnlyMemory<byte> PeekEncodedValue()
    {
        if (TryMeasure(out var offset, out var length)) return rest[..(offset + length)];
        AsnDecoder.ReadEncodedValue(rest.Span, AsnEncodingRules.BER, out _, out _, out var read);
        return rest[..read];
    }

    public ReadOnlyMemory<byte> ReadEncodedValue()
    {
        var value = PeekEncodedValue();
        rest = rest[value.Length..];
        return value;
    }

    public BerCursor ReadSequence(Asn1Tag? tag = null)
    {
        if (Stands(tag ?? Asn1Tag.Sequence) && TryMeasure(out var offset, out var length)) return Enter(offset, length, offset + length);
        AsnDecoder.ReadSequence(rest.Span, AsnEncodingRules.BER, out offset, out length, out var read, tag);
        return Enter(offset, length, read);
    }

    /// <summary>In any order.</summary>
    public BerCursor ReadSetOf(Asn1Tag? tag = null)
    {
        if (Stands(tag ?? Asn1Tag.SetOf) && TryMeasure(out var offset, out var length)) return Enter(offset, length, offset + length);
        AsnDecoder.ReadSetOf(rest.Span, AsnEncodingRules.BER, out offset, out length, out var read, skipSortOrderValidation: true, tag);
        return Enter(offset, length, read);
    }

    /// <summary>Dotted. Those of attributes are always the same strings.</summary>
    public string ReadObjectIdentifier()
    {
        var identifier = AttributeEncoding.KnownType(rest.Span, out var read) ?? AsnDecoder.ReadObjectIdentifier(rest.Span, AsnEncodingRules.BER, out read);
        rest = rest[read..];
        return identifier;
    }

    public bool TryReadInt32(out int value)
    {
        var fits = AsnDecoder.TryReadInt32(rest.Span, AsnEncodingRules.BER, out value, out var read);
        if (fits) rest = rest[read..];
        return fits;
    }

    /// <summary>Contents octets of an INTEGER.</summary>
    public ReadOnlyMemory<byte> ReadIntegerBytes()
    {
        var length = AsnDecoder.ReadIntegerBytes(rest.Span, AsnEncodingRules.BER, out var read).Length;
        var value = rest[(read - length)..read];
        rest = rest[read..];
        return value;
    }

    /// <summary>Where it stands, or joined when it is in pieces.</summary>
    public ReadOnlyMemory<byte> ReadOctetString(Asn1Tag? tag = null)
    {
        int read;
        ReadOnlyMemory<byte> value;
        if (AsnDecoder.TryReadPrimitiveOctetString(rest.Span, AsnEncodingRules.BER, out var primitive, out read, tag)) value = rest[(read - primitive.Length)..read];
        else value = AsnDecoder.ReadOctetString(rest.Span, AsnEncodingRules.BER, out read, tag);
        rest = rest[read..];
        return value;
    }

    public readonly void ThrowIfNotEmpty()
    {
        if (HasData) throw new AsnContentException();
    }

    // The tag, constructed, with a number of one octet.
    private readonly bool Stands(Asn1Tag tag) => HasData && tag.TagValue < LongNumber && rest.Span[0] == ((int)tag.TagClass | Constructed | tag.TagValue);

    // Short tags and definite lengths are nearly all there are; the rest is left to the decoder, and so is what does not fit.
    private readonly bool TryMeasure(out int offset, out int length)
    {
        var octets = rest.Span;
        (offset, length) = (2, 0);
        if (octets.Length < 2 || (octets[0] & LongNumber) is LongNumber || octets[1] is 0x80 or > 0x83) return false;
        if (octets[1] < 0x80)
        {
            length = octets[1];
        }
        else
        {
            offset += octets[1] & 0x7F;
            if (octets.Length < offset) return false;
            foreach (var digit in octets[2..offset]) length = (length << 8) | digit;
        }

        return length <= octets.Length - offset;
    }

    private BerCursor Enter(int offset, int length, int read)
    {
        var contents = new BerCursor(rest.Slice(offset, length));
        rest = rest[read..];
        return contents;
    }
}
