using System.Buffers;
using System.Formats.Asn1;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// Brings attributes into DER (X.690 §10, §11.6): shortest definite lengths, strings in one piece, the SET OF attributes and
/// each SET OF values sorted. Sets inside a value stay in their order, since only its type could say how they sort.
/// </summary>
internal static class DerForm
{
    /// <summary>Signed attributes, whatever their tag, as the SET OF that is hashed.</summary>
    /// <param name="attributes">As received.</param>
    /// <param name="isSorted">They, and the values of each, are known to be in order.</param>
    /// <exception cref="CmsFormatException">They can't be brought into DER.</exception>
    public static byte[] SetOf(ReadOnlyMemory<byte> attributes, bool isSorted)
    {
        try
        {
            return isSorted && IsPlain(attributes.Span) ? Retagged(attributes.Span) : Rewritten(attributes);
        }
        catch (Exception fault) when (fault is AsnContentException or ArgumentException or InvalidOperationException)
        {
            throw new CmsFormatException("attributes have no DER form", cause: fault);
        }
    }

    private static byte[] Retagged(ReadOnlySpan<byte> attributes)
    {
        var copy = attributes.ToArray();
        copy[0] = 0x31;
        return copy;
    }

    // Every length shortest and definite, no constructed string, anywhere. The frame was checked when it was read.
    private static bool IsPlain(ReadOnlySpan<byte> octets)
    {
        var position = 0;
        while (position < octets.Length)
        {
            var tagLength = 1;
            int tag = octets[position];
            if ((tag & 0x1F) is 0x1F) Asn1Tag.Decode(octets[position..], out tagLength);
            position += tagLength;
            int first = octets[position++];
            var length = first;
            if (first is 0x80) return false;
            if (first > 0x80)
            {
                var count = first & 0x7F;
                if (count > 4 || octets[position] is 0) return false;
                length = 0;
                for (var i = 0; i < count; i++) length = (length << 8) | octets[position++];
                if (length < 0x80) return false;
            }

            // Of universal class and constructed: only what holds elements of its own.
            if ((tag & 0x20) is 0) position += length;
            else if ((tag & 0xC0) is 0 && IsString(new Asn1Tag(TagClass.Universal, tag & 0x1F, isConstructed: true))) return false;
        }

        return true;
    }

    private static bool IsString(Asn1Tag tag) => tag.TagClass is TagClass.Universal && (UniversalTagNumber)tag.TagValue
        is not (UniversalTagNumber.Sequence or UniversalTagNumber.Set or UniversalTagNumber.External or UniversalTagNumber.Embedded);

    private static Asn1Tag TagOf(ReadOnlyMemory<byte> octets) => Asn1Tag.Decode(octets.Span, out _);

    private static byte[] Rewritten(ReadOnlyMemory<byte> attributes)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        var set = new AsnReader(attributes, AsnEncodingRules.BER).ReadSetOf(skipSortOrderValidation: true, TagOf(attributes));
        using (writer.PushSetOf())
        {
            while (set.HasData)
            {
                var sequence = set.ReadSequence();
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(sequence.ReadObjectIdentifier());
                    var values = sequence.ReadSetOf(skipSortOrderValidation: true);
                    using (writer.PushSetOf())
                    {
                        while (values.HasData) writer.WriteEncodedValue(Element(values.ReadEncodedValue()));
                    }
                }
            }
        }

        return writer.Encode();
    }

    // Nesting is bounded by the check of the frame.
    private static byte[] Element(ReadOnlyMemory<byte> octets)
    {
        var tag = TagOf(octets);
        var reader = new AsnReader(octets, AsnEncodingRules.BER);
        if (!tag.IsConstructed) return Compose(tag, reader.PeekContentBytes().Span);
        if (IsString(tag))
        {
            var contents = (UniversalTagNumber)tag.TagValue is UniversalTagNumber.BitString
                ? [0, .. reader.ReadBitString(out var unused), .. unused is 0 ? Array.Empty<byte>() : throw new CmsFormatException("attributes have no DER form")]
                : reader.ReadOctetString(new Asn1Tag(tag.TagClass, tag.TagValue));
            return Compose(new Asn1Tag((UniversalTagNumber)tag.TagValue), contents);
        }

        var inner = new AsnReader(reader.PeekContentBytes(), AsnEncodingRules.BER);
        var parts = new ArrayBufferWriter<byte>();
        while (inner.HasData) parts.Write(Element(inner.ReadEncodedValue()));
        return Compose(tag, parts.WrittenSpan);
    }

    private static byte[] Compose(Asn1Tag tag, ReadOnlySpan<byte> contents)
    {
        Span<byte> head = stackalloc byte[16];
        tag.TryEncode(head, out var position);
        position += DerLength.Write(head[position..], contents.Length);
        return [.. head[..position], .. contents];
    }
}
