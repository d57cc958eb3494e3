using System.Formats.Asn1;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Smime.Clearances;

/// <summary><c>Attribute ::= SEQUENCE { type OBJECT IDENTIFIER, values SET OF ANY }</c> (RFC 5280 §4.1.2.4). Immutable.</summary>
/// <param name="Type">Object identifier.</param>
/// <param name="Values">Each encoded; at least one.</param>
public sealed record CertificateAttribute(string Type, IReadOnlyList<ReadOnlyMemory<byte>> Values)
{
    private const int Most = 64;

    /// <summary>Those of subjectDirectoryAttributes (RFC 5280 §4.2.1.8); none where a certificate has no such extension.</summary>
    /// <exception cref="AsnContentException">The extension is none.</exception>
    internal static IReadOnlyList<CertificateAttribute> Of(Certificate certificate)
    {
        foreach (var extension in certificate.Extensions)
        {
            if (extension.Type == CertificateOids.SubjectDirectoryAttributes) return ReadAll(ExtensionReader.Sequence(extension.Value));
        }

        return [];
    }

    /// <summary>The elements of an open SEQUENCE OF Attribute.</summary>
    internal static IReadOnlyList<CertificateAttribute> ReadAll(AsnReader sequence)
    {
        var all = new List<CertificateAttribute>();
        while (sequence.HasData)
        {
            if (all.Count == Most) throw new AsnContentException("too many attributes");
            var attribute = sequence.ReadSequence();
            var type = attribute.ReadObjectIdentifier();
            var values = new List<ReadOnlyMemory<byte>>();
            var set = attribute.ReadSetOf(skipSortOrderValidation: true);
            while (set.HasData)
            {
                if (values.Count == Most) throw new AsnContentException("too many values");
                values.Add(set.ReadEncodedValue());
            }

            attribute.ThrowIfNotEmpty();
            if (values.Count is 0) throw new AsnContentException("an attribute without a value");
            all.Add(new CertificateAttribute(type, values));
        }

        return all;
    }
}
