using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Labels.Tests.Policies;

/// <summary>Writes the ASN.1 of a small SPIF (X.841), each part of which a test may change.</summary>
internal sealed record AsnSpif
{
    public static readonly Asn1Tag Classifications = new(TagClass.ContextSpecific, 0, isConstructed: true);

    public string Version { get; init; } = "7";

    public string LabelSyntax { get; init; } = "2.16.840.1.101.2.1.8.3";

    public int SyntaxVersion { get; init; }

    public IReadOnlyList<(int Value, string Name, int Hierarchy)> Classes { get; init; } = [(1, "LOW", 1), (2, "HIGH", 2)];

    public int Applied { get; init; } = 2;

    public int Code { get; init; } = 3;

    /// <summary>Contents of securityCategories: each is type and value of a SecurityCategory; null: there are none.</summary>
    public IReadOnlyList<(string Type, byte[] Value)>? Categories { get; init; }

    /// <summary>Categories that the second classification requires.</summary>
    public IReadOnlyList<(string Type, byte[] Value)>? Required { get; init; }

    public int Operation { get; init; } = 3;

    public bool HasCriticalExtension { get; init; }

    public bool IsSigned { get; init; }

    public string EquivalentPolicy { get; init; } = "1.3.6.1.4.1.99999.4.6";

    public byte[] Encode(AsnEncodingRules rules = AsnEncodingRules.DER)
    {
        var writer = new AsnWriter(rules);
        if (!IsSigned)
        {
            Write(writer);
            return writer.Encode();
        }

        using (writer.PushSequence())
        {
            Write(writer);
            using (writer.PushSequence()) writer.WriteObjectIdentifier("1.2.840.10045.4.3.2");
            writer.WriteBitString([1, 2, 3]);
        }

        return writer.Encode();
    }

    private void Write(AsnWriter writer)
    {
        using var spif = writer.PushSequence();
        if (SyntaxVersion is not 0) writer.WriteInteger(SyntaxVersion);
        using (writer.PushSequence())
        {
            writer.WriteInteger(int.Parse(Version, System.Globalization.CultureInfo.InvariantCulture));
            writer.WriteGeneralizedTime(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
            writer.WriteEncodedValue(new X500DistinguishedName("CN=Office,C=XA").RawData);
            writer.WriteOctetString([0xAB]);
        }

        Id(writer, "1.3.6.1.4.1.99999.4.5", "TEST", null);
        writer.WriteObjectIdentifier("2.16.840.1.101.2.1.8.3");
        writer.WriteObjectIdentifier(LabelSyntax);
        using (writer.PushSequence(Classifications))
        {
            foreach (var one in Classes) Classification(writer, one);
        }

        if (Categories is not null)
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
            {
                foreach (var (type, value) in Categories)
                {
                    using (writer.PushSequence())
                    {
                        writer.WriteObjectIdentifier(type, new Asn1Tag(TagClass.ContextSpecific, 0));
                        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1))) writer.WriteEncodedValue(value);
                    }
                }
            }
        }

        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2)))
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.3.6.1.4.1.99999.4.6");
            writer.WriteCharacterString(UniversalTagNumber.PrintableString, "OTHER");
        }

        Id(writer, "1.3.6.1.4.1.99999.4.1", "DEFAULT", new Asn1Tag(TagClass.ContextSpecific, 3));
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4)))
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.3.4");
            if (HasCriticalExtension) writer.WriteBoolean(true);
            writer.WriteOctetString([5, 0]);
        }
    }

    private void Classification(AsnWriter writer, (int Value, string Name, int Hierarchy) one)
    {
        using var classification = writer.PushSequence();
        writer.WriteInteger(one.Value);
        writer.WriteCharacterString(UniversalTagNumber.UTF8String, one.Name);
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(EquivalentPolicy);
            writer.WriteInteger(one.Value);
            writer.WriteInteger(Applied);
        }

        writer.WriteInteger(one.Hierarchy);
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.BMPString, "Phrase of " + one.Name);
            using (writer.PushSequence()) writer.WriteInteger(Code);
        }

        if (Required is not null && one.Value is 2)
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2)))
            using (writer.PushSequence())
            {
                writer.WriteInteger(Operation);
                using (writer.PushSequence())
                {
                    foreach (var (type, value) in Required)
                    {
                        using (writer.PushSequence())
                        {
                            writer.WriteObjectIdentifier(type);
                            writer.WriteEncodedValue(value);
                        }
                    }
                }
            }
        }

        if (one.Value is 2) writer.WriteBoolean(true);
    }

    /// <summary>A tag with its values, as labels have it (ACP 145): bits, or integers.</summary>
    public static byte[] Tag(string set, bool isBits, params int[] values)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(set);
            if (isBits)
            {
                var octets = new byte[(values.DefaultIfEmpty(-1).Max() / 8) + 1];
                foreach (var value in values) octets[value / 8] |= (byte)(0x80 >> (value % 8));
                writer.WriteBitString(values is [] ? [] : octets);
            }
            else
            {
                using (writer.PushSetOf())
                {
                    foreach (var value in values) writer.WriteInteger(value);
                }
            }
        }

        return writer.Encode();
    }

    private static void Id(AsnWriter writer, string id, string name, Asn1Tag? tag)
    {
        using var data = writer.PushSequence(tag);
        writer.WriteObjectIdentifier(id);
        writer.WriteCharacterString(UniversalTagNumber.PrintableString, name);
    }
}
