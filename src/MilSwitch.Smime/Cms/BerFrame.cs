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
        // Where each open constructed element ends; Indefinite: at its end-of-contents octets.
        Span<int> ends = stackalloc int[bounds.Depth];
        var depth = 0;
        var elements = 0;
        var position = 0;
        do
        {
            if (++elements > bounds.Elements) throw new CmsFormatException("too many elements", CmsFault.TooLarge);
            var limit = depth > 0 && ends[depth - 1] != Indefinite ? ends[depth - 1] : Limit(ends[..depth], octets.Length);
            if (!Asn1Tag.TryDecode(octets[position..limit], out var tag, out var tagLength)) throw new CmsFormatException("a tag is not complete");
            var (length, lengthOctets) = ReadLength(octets[(position + tagLength)..limit]);
            position += tagLength + lengthOctets;
            if (tag is { TagClass: TagClass.Universal, TagValue: 0 })
            {
                // End-of-contents: only where an indefinite length is open.
                if (depth is 0 || ends[depth - 1] != Indefinite || tag.IsConstructed || length is not 0) throw new CmsFormatException("unexpected end of contents");
                depth--;
            }
            else if (tag.IsConstructed)
            {
                if (depth == bounds.Depth) throw new CmsFormatException("nested too deep", CmsFault.TooDeep);
                if (length != Indefinite && length > limit - position) throw new CmsFormatException("an element is longer than what holds it");
                ends[depth++] = length == Indefinite ? Indefinite : position + length;
            }
            else
            {
                if (length == Indefinite) throw new CmsFormatException("a primitive element of indefinite length");
                if (length > limit - position) throw new CmsFormatException("an element is longer than what holds it");
                if (length > bounds.Primitive && tag is { TagClass: TagClass.Universal, TagValue: (int)UniversalTagNumber.Integer or (int)UniversalTagNumber.ObjectIdentifier })
                    throw new CmsFormatException("a number or an object identifier is too long", CmsFault.TooLarge);
                position += length;
            }

            while (depth > 0 && ends[depth - 1] == position) depth--;
        }
        while (depth > 0);
        return position;
    }

    private static int Limit(ReadOnlySpan<int> ends, int length)
    {
        for (var i = ends.Length - 1; i >= 0; i--)
        {
            if (ends[i] != Indefinite) return ends[i];
        }

        return length;
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
