using System.Formats.Asn1;

namespace MilSwitch.Smime.Cms;

/// <summary>
/// Walks the frame of a BER encoding (X.690 §8.1) without recursion and without reading values, so that nesting, numbers
/// and lengths are known to be bearable before any reader sees it. Pure.
/// </summary>
public static class BerFrame
{
    private const int Indefinite = -1;

    /// <summary>Checks one element that must fill the octets.</summary>
    /// <exception cref="CmsFormatException">It is no complete element, there is something behind it, or it breaks a bound.</exception>
    public static void Check(ReadOnlySpan<byte> octets, CmsBounds bounds)
    {
        if (Measure(octets, bounds) != octets.Length) throw new CmsFormatException("there are octets behind the object");
    }

    /// <summary>Checks the first element; its length in octets.</summary>
    /// <exception cref="CmsFormatException">It is no complete element, or it breaks a bound.</exception>
    public static int Measure(ReadOnlySpan<byte> octets, CmsBounds bounds)
    {
        // Where each open constructed element ends; of one of indefinite length, where what holds it ends.
        Span<int> ends = stackalloc int[bounds.Depth];
        Span<bool> isIndefinite = stackalloc bool[bounds.Depth];
        var depth = 0;
        var elements = 0;
        var position = 0;
        var limit = octets.Length;
        do
        {
            if (++elements > bounds.Elements) throw new CmsFormatException("too many elements", CmsFault.TooLarge);
            var tag = ReadTag(octets[position..limit], out var tagLength);
            var (length, lengthOctets) = ReadLength(octets[(position + tagLength)..limit]);
            position += tagLength + lengthOctets;
            if (tag is { TagClass: TagClass.Universal, TagValue: 0 })
            {
                // End-of-contents: only where an indefinite length is open.
                if (depth is 0 || !isIndefinite[depth - 1] || tag.IsConstructed || length is not 0) throw new CmsFormatException("unexpected end of contents");
                depth--;
            }
            else if (tag.IsConstructed)
            {
                if (depth == bounds.Depth) throw new CmsFormatException("nested too deep", CmsFault.TooDeep);
                if (length != Indefinite && length > limit - position) throw new CmsFormatException("an element is longer than what holds it");
                isIndefinite[depth] = length == Indefinite;
                ends[depth++] = length == Indefinite ? limit : position + length;
            }
            else
            {
                if (length == Indefinite) throw new CmsFormatException("a primitive element of indefinite length");
                if (length > limit - position) throw new CmsFormatException("an element is longer than what holds it");
                if (length > bounds.Primitive && tag is { TagClass: TagClass.Universal, TagValue: (int)UniversalTagNumber.Integer or (int)UniversalTagNumber.ObjectIdentifier })
                    throw new CmsFormatException("a number or an object identifier is too long", CmsFault.TooLarge);
                position += length;
            }

            while (depth > 0 && !isIndefinite[depth - 1] && ends[depth - 1] == position) depth--;
            limit = depth > 0 ? ends[depth - 1] : octets.Length;
        }
        while (depth > 0);
        return position;
    }

    // Numbers up to 30 take one octet (X.690 §8.1.2.2), and nearly all tags are such.
    private static Asn1Tag ReadTag(ReadOnlySpan<byte> octets, out int length)
    {
        if (!octets.IsEmpty && (octets[0] & 0x1F) is var number and not 0x1F)
        {
            length = 1;
            return new Asn1Tag((TagClass)(octets[0] & 0xC0), number, (octets[0] & 0x20) is not 0);
        }

        return Asn1Tag.TryDecode(octets, out var tag, out length) ? tag : throw new CmsFormatException("a tag is not complete");
    }

    private static (int Length, int Octets) ReadLength(ReadOnlySpan<byte> octets)
    {
        if (octets.IsEmpty) throw new CmsFormatException("a length is not complete");
        var first = octets[0];
        if (first < 0x80) return (first, 1);
        if (first is 0x80) return (Indefinite, 1);
        var count = first & 0x7F;
        if (count > 8 || count >= octets.Length) throw new CmsFormatException("a length is not complete");
        ulong length = 0;
        for (var i = 1; i <= count; i++) length = (length << 8) | octets[i];
        if (length > int.MaxValue) throw new CmsFormatException("an element is longer than what holds it");
        return ((int)length, count + 1);
    }
}
