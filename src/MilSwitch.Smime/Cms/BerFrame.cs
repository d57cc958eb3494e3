using System.Formats.Asn1;

namespace MilSwitch.Smime.Cms;

/// <summary>
/// Walks the frame of a BER encoding (X.690 §8.1) without recursion and without reading values, so that nesting, numbers
/// and lengths are known to be bearable before any reader sees it. Pure.
/// </summary>
public static class BerFrame
{
    private const int Indefinite = -1;

    // Of the first octet of a tag.
    private const int EndOfContents = 0, Constructed = 0x20, LongNumber = 0x1F;

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
            var length = ReadLength(octets[(position + tagLength)..limit], out var lengthOctets);
            position += tagLength + lengthOctets;
            if ((tag & ~Constructed) is EndOfContents)
            {
                // End-of-contents: only where an indefinite length is open.
                if (depth is 0 || !isIndefinite[depth - 1] || tag is not EndOfContents || length is not 0) throw new CmsFormatException("unexpected end of contents");
                depth--;
            }
            else if ((tag & Constructed) is not 0)
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
                if (length > bounds.Primitive && (tag is (int)UniversalTagNumber.Integer or (int)UniversalTagNumber.ObjectIdentifier))
                    throw new CmsFormatException("a number or an object identifier is too long", CmsFault.TooLarge);
                position += length;
            }

            while (depth > 0 && !isIndefinite[depth - 1] && ends[depth - 1] == position) depth--;
            limit = depth > 0 ? ends[depth - 1] : octets.Length;
        }
        while (depth > 0);
        return position;
    }

    // The first octet, which tells class, form and number where the number is up to 30 (X.690 §8.1.2.2); nearly all are.
    private static int ReadTag(ReadOnlySpan<byte> octets, out int length)
    {
        length = 1;
        if (!octets.IsEmpty && ((octets[0] & LongNumber) is not LongNumber || Asn1Tag.TryDecode(octets, out _, out length))) return octets[0];
        throw new CmsFormatException("a tag is not complete");
    }

    private static int ReadLength(ReadOnlySpan<byte> octets, out int count)
    {
        count = 1;
        if (octets.IsEmpty) throw new CmsFormatException("a length is not complete");
        int first = octets[0];
        return first < 0x80 ? first : first is 0x80 ? Indefinite : ReadLongLength(octets, out count);
    }

    private static int ReadLongLength(ReadOnlySpan<byte> octets, out int count)
    {
        var digits = octets[0] & 0x7F;
        count = digits + 1;
        if (digits > 8 || digits >= octets.Length) throw new CmsFormatException("a length is not complete");
        ulong length = 0;
        for (var i = 1; i <= digits; i++) length = (length << 8) | octets[i];
        return length <= int.MaxValue ? (int)length : throw new CmsFormatException("an element is longer than what holds it");
    }
}
