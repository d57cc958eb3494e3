using System.Formats.Asn1;

namespace MilSwitch.Smime.Certificates;

/// <summary>GeneralName (RFC 5280 §4.2.1.6). Immutable.</summary>
/// <param name="Kind">Which choice.</param>
/// <param name="Text">Of names that are text; else empty.</param>
/// <param name="Directory">Of a directory name.</param>
/// <param name="Octets">Of an address, and the encoding of what is not interpreted.</param>
public sealed record GeneralName(GeneralNameKind Kind, string Text, DistinguishedName? Directory, ReadOnlyMemory<byte> Octets)
{
    private const int Most = 1_024;

    /// <summary>The same name: text by its letters, a directory name by RFC 5280 §7.1.</summary>
    public bool Equals(GeneralName? other) =>
        other is not null && Kind == other.Kind && Text == other.Text && Equals(Directory, other.Directory) && Octets.Span.SequenceEqual(other.Octets.Span);

    public override int GetHashCode() => HashCode.Combine(Kind, Text, Directory);

    /// <summary>The elements of an open SEQUENCE OF GeneralName.</summary>
    internal static GeneralName[] ReadAll(AsnReader names)
    {
        var all = new List<GeneralName>();
        while (names.HasData)
        {
            if (all.Count == Most) throw new AsnContentException("too many names");
            all.Add(Read(names));
        }

        return [.. all];
    }

    internal static GeneralName Read(AsnReader reader)
    {
        var tag = reader.PeekTag();
        if (tag.TagClass != TagClass.ContextSpecific || tag.TagValue > (int)GeneralNameKind.RegisteredId) throw new AsnContentException("no GeneralName");
        var kind = (GeneralNameKind)tag.TagValue;
        switch (kind)
        {
            case GeneralNameKind.Rfc822Name or GeneralNameKind.DnsName or GeneralNameKind.Uri:
                return new GeneralName(kind, reader.ReadCharacterString(UniversalTagNumber.IA5String, new Asn1Tag(TagClass.ContextSpecific, tag.TagValue)), null, default);
            case GeneralNameKind.DirectoryName:
                var wrapper = reader.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, tag.TagValue));
                var name = DistinguishedName.Read(wrapper);
                wrapper.ThrowIfNotEmpty();
                return new GeneralName(kind, "", name, default);
            case GeneralNameKind.IpAddress:
                return new GeneralName(kind, "", null, reader.ReadOctetString(new Asn1Tag(TagClass.ContextSpecific, tag.TagValue)));
            case GeneralNameKind.OtherName:
                var encoded = reader.PeekEncodedValue();
                var other = reader.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, tag.TagValue));
                if (other.ReadObjectIdentifier() != CertificateOids.SmtpUtf8Mailbox) return new GeneralName(kind, "", null, encoded);
                var value = other.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
                var text = value.ReadCharacterString(UniversalTagNumber.UTF8String);
                value.ThrowIfNotEmpty();
                return new GeneralName(GeneralNameKind.SmtpUtf8Mailbox, text, null, default);
            default:
                return new GeneralName(kind, "", null, reader.ReadEncodedValue());
        }
    }
}
