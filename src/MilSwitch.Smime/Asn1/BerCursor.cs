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
    private ReadOnlyMemory<byte> rest = octets;

    public readonly bool HasData => !rest.IsEmpty;

    public readonly Asn1Tag PeekTag() => Asn1Tag.Decode(rest.Span, out _);

    public readonly ReadOnlyMemory<byte> PeekEncodedValue()
    {
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
        AsnDecoder.ReadSequence(rest.Span, AsnEncodingRules.BER, out var offset, out var length, out var read, tag);
        return Enter(offset, length, read);
    }

    /// <summary>In any order.</summary>
    public BerCursor ReadSetOf(Asn1Tag? tag = null)
    {
        AsnDecoder.ReadSetOf(rest.Span, AsnEncodingRules.BER, out var offset, out var length, out var read, skipSortOrderValidation: true, tag);
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

    private BerCursor Enter(int offset, int length, int read)
    {
        var contents = new BerCursor(rest.Slice(offset, length));
        rest = rest[read..];
        return contents;
    }
}
