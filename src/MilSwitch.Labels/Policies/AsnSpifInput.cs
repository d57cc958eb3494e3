using System.Formats.Asn1;
using System.Globalization;
using System.Runtime.InteropServices;

namespace MilSwitch.Labels.Policies;

/// <summary>Octets of one SPIF, and how far they have been read. Not thread-safe.</summary>
internal sealed class AsnSpifInput(ReadOnlyMemory<byte> document)
{
    // Object identifiers and numbers of a policy are short; long ones cost more than their length to turn into text.
    private const int ShortValue = 264;

    private readonly int origin = Offset(document);

    public ReadOnlyMemory<byte> Document => document;

    /// <summary>Where the value begins that was read last.</summary>
    public SpifPlace Last { get; private set; } = new(0, 0, 0);

    public SpifPlace Mark(AsnReader reader)
    {
        if (reader.HasData && Offset(reader.PeekEncodedValue()) is var at && at >= origin) Last = new SpifPlace(0, 0, at - origin);
        return Last;
    }

    public AsnReader Sequence(AsnReader reader, Asn1Tag? tag = null)
    {
        Mark(reader);
        return reader.ReadSequence(tag);
    }

    public string ObjectIdentifier(AsnReader reader)
    {
        Mark(reader);
        return reader.PeekEncodedValue().Length > ShortValue ? throw new AsnContentException() : reader.ReadObjectIdentifier();
    }

    public string Integer(AsnReader reader)
    {
        Mark(reader);
        return reader.PeekEncodedValue().Length > ShortValue ? throw new AsnContentException() : reader.ReadInteger().ToString(CultureInfo.InvariantCulture);
    }

    /// <summary><c>DirectoryString</c>, without its rarest choice, universalString.</summary>
    public string DirectoryString(AsnReader reader)
    {
        Mark(reader);
        return (UniversalTagNumber)reader.PeekTag().TagValue switch
        {
            var kind and (UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString or UniversalTagNumber.BMPString or UniversalTagNumber.T61String)
                when reader.PeekTag().TagClass is TagClass.Universal => reader.ReadCharacterString(kind),
            _ => throw new AsnContentException(),
        };
    }

    public static bool Next(AsnReader reader, int tag) => reader.HasData && reader.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, tag));

    public static bool Next(AsnReader reader, UniversalTagNumber tag) => reader.HasData && reader.PeekTag().HasSameClassAndValue(new Asn1Tag(tag));

    private static int Offset(ReadOnlyMemory<byte> octets) => MemoryMarshal.TryGetArray(octets, out var segment) ? segment.Offset : -1;
}
