using System.Collections.Frozen;
using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Ess;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// Signed attributes in DER, each in octets of its exact size. A general writer sorts each SET anew, which costs several times
/// what is written.
/// </summary>
internal static class AttributeEncoding
{
    private const byte Sequence = 0x30, SetOf = 0x31, OctetString = 0x04;
    private static readonly FrozenDictionary<string, byte[]> Types = AttributePlacement.Rules.ToFrozenDictionary(r => r.Type, r => Identifier(r.Type), StringComparer.Ordinal);
    private static readonly (string Type, byte[] Identifier)[] InOrder = [.. Types.Select(t => (t.Key, t.Value))];
    private static readonly byte[] DataType = Single(AttributeTypes.ContentType, Identifier(ContentTypes.Data));

    /// <summary>The attribute type whose encoding stands first in the octets; null: none that is known.</summary>
    public static string? KnownType(ReadOnlySpan<byte> octets, out int length)
    {
        foreach (var (type, identifier) in InOrder)
        {
            length = identifier.Length;
            // They begin alike and differ in their ends.
            if (octets.Length >= length && octets[length - 1] == identifier[^1] && octets.StartsWith(identifier)) return type;
        }

        length = 0;
        return null;
    }

    public static byte[] ContentType(string type) => type is ContentTypes.Data ? DataType : Single(AttributeTypes.ContentType, Identifier(type));

    public static byte[] MessageDigest(ReadOnlySpan<byte> digest) => Single(AttributeTypes.MessageDigest, [OctetString, (byte)digest.Length, .. digest]);

    /// <summary>With one encoded value.</summary>
    /// <exception cref="ArgumentException">The value is no element.</exception>
    public static byte[] Single(string type, ReadOnlySpan<byte> value)
    {
        if (!AsnDecoder.TryReadEncodedValue(value, AsnEncodingRules.DER, out _, out _, out _, out var read) || read != value.Length)
            throw new ArgumentException("the value of an attribute is no element", nameof(value));
        var identifier = Types.GetValueOrDefault(type) ?? Identifier(type);
        var contents = identifier.Length + SignedDataFrame.Size(value.Length);
        var encoded = new byte[SignedDataFrame.Size(contents)];
        var cursor = new SignedDataFrame.Cursor(encoded);
        cursor.Tag(Sequence, contents);
        cursor.Copy(identifier);
        cursor.Tag(SetOf, value.Length);
        cursor.Copy(value);
        return encoded;
    }

    /// <exception cref="ArgumentException">A value is no element.</exception>
    public static byte[] Of(CmsAttribute attribute) => attribute.Values.Count is 1 ? Single(attribute.Type, attribute.Values[0].Span) : EssValue.Encode(attribute.Write);

    /// <summary>The SET OF them, in the order of DER (X.690 §11.6).</summary>
    public static byte[] Set(List<byte[]> attributes)
    {
        attributes.Sort(static (left, right) => left.AsSpan().SequenceCompareTo(right));
        var contents = 0;
        foreach (var attribute in attributes) contents += attribute.Length;
        var encoded = new byte[SignedDataFrame.Size(contents)];
        var cursor = new SignedDataFrame.Cursor(encoded);
        cursor.Tag(SetOf, contents);
        foreach (var attribute in attributes) cursor.Copy(attribute);
        return encoded;
    }

    private static byte[] Identifier(string type) => EssValue.Encode(w => w.WriteObjectIdentifier(type));
}
