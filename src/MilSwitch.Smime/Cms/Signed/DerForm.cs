using System.Buffers;
using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// Brings attributes into DER (X.690 §10, §11.6): shortest definite lengths, strings in one piece, the SET OF attributes and
/// each SET OF values sorted. Sets inside a value stay in their order, since only its type could say how they sort.
/// </summary>
internal static class DerForm
{
    /// <summary>Signed attributes, whatever their tag, as the SET OF that is hashed.</summary>
    /// <exception cref="CmsFormatException">They can't be brought into DER.</exception>
    public static byte[] SetOf(ReadOnlyMemory<byte> attributes)
    {
        try
        {
            return IsPlain(attributes.Span) && IsSorted(attributes) ? Retagged(attributes.Span) : Rewritten(attributes);
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
            var tag = Asn1Tag.Decode(octets[position..], out var tagLength);
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

            if (tag.IsConstructed)
            {
                if (IsString(tag)) return false;
            }
            else
            {
                position += length;
            }
        }

        return true;
    }

    private static bool IsString(Asn1Tag tag) => tag.TagClass is TagClass.Universal && (UniversalTagNumber)tag.TagValue
        is not (UniversalTagNumber.Sequence or UniversalTagNumber.Set or UniversalTagNumber.External or UniversalTagNumber.Embedded);

    private static bool IsSorted(ReadOnlyMemory<byte> attributes)
    {
        var whole = new BerCursor(attributes);
        var set = whole.ReadSetOf(TagOf(attributes));
        ReadOnlyMemory<byte> last = default;
        while (set.HasData)
        {
            var next = set.PeekEncodedValue();
            if (last.Span.SequenceCompareTo(next.Span) > 0) return false;
            last = next;
            var sequence = set.ReadSequence();
            sequence.ReadEncodedValue();
            var values = sequence.ReadSetOf();
            ReadOnlyMemory<byte> lastValue = default;
            while (values.HasData)
            {
                var value = values.ReadEncodedValue();
                if (lastValue.Span.SequenceCompareTo(value.Span) > 0) return false;
                lastValue = value;
            }
        }

        return true;
    }

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
