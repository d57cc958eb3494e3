using System.Formats.Asn1;

namespace MilSwitch.Smime.Certificates;

/// <summary>Reads <c>Extensions</c> (RFC 5280 §4.1, §5.1): each at most once.</summary>
internal static class ExtensionReader
{
    private const int Most = 64;

    /// <summary>The elements of an open SEQUENCE OF Extension.</summary>
    public static CertificateExtension[] ReadAll(AsnReader sequence)
    {
        var all = new List<CertificateExtension>();
        while (sequence.HasData)
        {
            if (all.Count == Most) throw new AsnContentException("too many extensions");
            var extension = sequence.ReadSequence();
            var type = extension.ReadObjectIdentifier();
            var critical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
            var value = extension.ReadOctetString();
            extension.ThrowIfNotEmpty();
            // RFC 5280 §4.2: a second one could say the opposite.
            if (all.Exists(e => e.Type == type)) throw new AsnContentException("an extension stands twice");
            all.Add(new CertificateExtension(type, critical, value));
        }

        return [.. all];
    }

    /// <summary>Opens a value that is a SEQUENCE and nothing behind it.</summary>
    public static AsnReader Sequence(ReadOnlyMemory<byte> value)
    {
        var reader = new AsnReader(value, AsnEncodingRules.BER);
        var sequence = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        return sequence;
    }

    /// <summary>Opens a value that is one element of another kind.</summary>
    public static AsnReader Single(ReadOnlyMemory<byte> value) => new(value, AsnEncodingRules.BER);

    public static bool Next(AsnReader reader, int tag) => reader.HasData && reader.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, tag));
}
