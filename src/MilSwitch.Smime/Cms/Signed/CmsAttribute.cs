using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// <c>Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF AttributeValue }</c> (RFC 5652 §5.3). Immutable.
/// </summary>
/// <param name="Type">See <see cref="AttributeTypes"/>.</param>
/// <param name="Values">Encoded, in the order of the encoding. A sound attribute has at least one.</param>
public readonly record struct CmsAttribute(string Type, IReadOnlyList<ReadOnlyMemory<byte>> Values)
{
    /// <summary>With one encoded value.</summary>
    public CmsAttribute(string type, ReadOnlyMemory<byte> value)
        : this(type, [value])
    {
    }

    /// <summary>Takes one from the reader.</summary>
    /// <exception cref="AsnContentException">It is not one.</exception>
    /// <exception cref="CmsFormatException">It has more values than the bounds allow.</exception>
    internal static CmsAttribute Read(ref BerCursor reader, CmsBounds bounds)
    {
        var sequence = reader.ReadSequence();
        var type = sequence.ReadObjectIdentifier();
        var set = sequence.ReadSetOf();
        sequence.ThrowIfNotEmpty();
        if (!set.HasData) return new CmsAttribute(type, Array.Empty<ReadOnlyMemory<byte>>());
        var first = set.ReadEncodedValue();
        if (!set.HasData) return new CmsAttribute(type, first);
        var values = new List<ReadOnlyMemory<byte>> { first };
        while (set.HasData)
        {
            if (values.Count == bounds.Attributes) throw new CmsFormatException("too many values of an attribute", CmsFault.TooLarge);
            values.Add(set.ReadEncodedValue());
        }

        return new CmsAttribute(type, values);
    }

    /// <summary>Writes it in DER, given that its values are.</summary>
    public void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Type);
            using (writer.PushSetOf())
            {
                for (var i = 0; i < Values.Count; i++) writer.WriteEncodedValue(Values[i].Span);
            }
        }
    }
}
