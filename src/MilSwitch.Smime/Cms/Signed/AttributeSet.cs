using System.Collections;
using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>The signed or the unsigned attributes of a signer, in the order of their encoding. Immutable.</summary>
public sealed class AttributeSet : IReadOnlyList<CmsAttribute>
{
    private readonly CmsAttribute[] attributes;
    private readonly bool isSorted;
    private ReadOnlyMemory<byte>? der;

    private AttributeSet(ReadOnlyMemory<byte> encoded, CmsAttribute[] attributes, bool isSorted)
    {
        Encoded = encoded;
        this.isSorted = isSorted;
        this.attributes = attributes;
    }

    /// <summary>None at all, which is not the same as an empty set.</summary>
    public static AttributeSet Absent { get; } = new(default, [], isSorted: true);

    public bool IsAbsent => Encoded.IsEmpty;

    /// <summary>Exactly as received, with its context-specific tag; empty when absent.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    public int Count => attributes.Length;

    public CmsAttribute this[int index] => attributes[index];

    /// <summary>
    /// What signatures cover: the DER encoding with the tag of a SET OF (RFC 5652 §5.4). Other encodings and another order
    /// than DER's are tolerated as received, and are DER here.
    /// </summary>
    /// <exception cref="CmsFormatException">A value can't be brought into DER.</exception>
    public ReadOnlySpan<byte> SetOf => (der ??= DerForm.SetOf(Encoded, isSorted)).Span;

    /// <summary>Takes one from the reader.</summary>
    /// <exception cref="AsnContentException">It is not one.</exception>
    /// <exception cref="CmsFormatException">It has more attributes or values than the bounds allow.</exception>
    internal static AttributeSet Read(ref BerCursor reader, int tagNumber, CmsBounds bounds)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, tagNumber, isConstructed: true);
        if (!reader.HasData || reader.PeekTag() != tag) return Absent;
        var encoded = reader.PeekEncodedValue();
        var set = reader.ReadSetOf(tag);
        var attributes = new CmsAttribute[8];
        var count = 0;
        var isSorted = true;
        ReadOnlyMemory<byte> last = default;
        while (set.HasData)
        {
            if (count == bounds.Attributes) throw new CmsFormatException("too many attributes", CmsFault.TooLarge);
            if (count == attributes.Length) Array.Resize(ref attributes, 2 * count);
            var next = set.PeekEncodedValue();
            attributes[count] = CmsAttribute.Read(ref set, bounds);
            // Whether several values are in order is seen when it is needed.
            isSorted &= last.Span.SequenceCompareTo(next.Span) <= 0 && attributes[count].Values.Count <= 1;
            last = next;
            count++;
        }

        Array.Resize(ref attributes, count);
        return new AttributeSet(encoded, attributes, isSorted);
    }

    /// <summary>How many attributes have this type. More than one is against RFC 5652 §11 and RFC 2634 §1.3.4.</summary>
    public int CountOf(string type)
    {
        var count = 0;
        foreach (var attribute in attributes)
        {
            if (attribute.Type == type) count++;
        }

        return count;
    }

    /// <summary>The value of the only attribute of this type, if that has just one; else empty.</summary>
    public ReadOnlyMemory<byte> Value(string type)
    {
        ReadOnlyMemory<byte> found = default;
        var seen = false;
        foreach (var attribute in attributes)
        {
            if (attribute.Type != type) continue;
            if (seen || attribute.Values.Count is not 1) return default;
            (found, seen) = (attribute.Values[0], true);
        }

        return found;
    }

    /// <summary>All values of this type; none when there is no such attribute.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Values(string type) => attributes.Where(a => a.Type == type).SelectMany(a => a.Values);

    public IEnumerator<CmsAttribute> GetEnumerator() => ((IEnumerable<CmsAttribute>)attributes).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
