using System.Formats.Asn1;

namespace MilSwitch.Smime.Certificates;

/// <summary>DistributionPoint (RFC 5280 §4.2.1.13): which lists a certificate expects to be told of in. Addresses in it are names, never asked. Immutable.</summary>
public sealed class DistributionPoint
{
    private const int Most = 64;
    private readonly GeneralName[] fullName;
    private readonly ReadOnlyMemory<byte> relativeName;

    private DistributionPoint(GeneralName[] fullName, ReadOnlyMemory<byte> relativeName, RevocationReasons reasons, GeneralName[] crlIssuer)
    {
        this.fullName = fullName;
        this.relativeName = relativeName;
        Reasons = reasons;
        CrlIssuer = crlIssuer;
    }

    /// <summary>Reasons that its list covers; absent means all.</summary>
    public RevocationReasons Reasons { get; }

    /// <summary>Who signs its list, when that is not the certificate's issuer.</summary>
    public IReadOnlyList<GeneralName> CrlIssuer { get; }

    public bool HasName => fullName.Length > 0 || !relativeName.IsEmpty;

    /// <summary>The point that RFC 5280 §6.3.3 supposes behind those that are named: the issuer's own list.</summary>
    internal static DistributionPoint OfIssuer(DistinguishedName issuer) =>
        new([new GeneralName(GeneralNameKind.DirectoryName, "", issuer, default)], default, RevocationReasons.All, []);

    /// <summary>Its names; a relative one is completed by who signs the list.</summary>
    internal IReadOnlyList<GeneralName> Names(DistinguishedName issuer)
    {
        if (relativeName.IsEmpty) return fullName;
        var relative = new AsnReader(relativeName, AsnEncodingRules.BER).ReadSetOf(skipSortOrderValidation: true, new Asn1Tag(TagClass.ContextSpecific, 1));
        return [new GeneralName(GeneralNameKind.DirectoryName, "", (CrlIssuer.FirstOrDefault(n => n.Directory is not null)?.Directory ?? issuer).Append(relative), default)];
    }

    /// <summary>The elements of an open CRLDistributionPoints.</summary>
    internal static DistributionPoint[] ReadAll(AsnReader sequence)
    {
        var all = new List<DistributionPoint>();
        while (sequence.HasData)
        {
            if (all.Count == Most) throw new AsnContentException("too many distribution points");
            var point = sequence.ReadSequence();
            var (full, relative) = ReadName(point);
            var reasons = ExtensionReader.Next(point, 1) ? point.ReadNamedBitListValue<RevocationReasons>(new Asn1Tag(TagClass.ContextSpecific, 1)) : RevocationReasons.All;
            GeneralName[] issuer = ExtensionReader.Next(point, 2) ? GeneralName.ReadAll(point.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 2))) : [];
            point.ThrowIfNotEmpty();
            all.Add(new DistributionPoint(full, relative, reasons, issuer));
        }

        return [.. all];
    }

    /// <summary>The elements of an IssuingDistributionPoint's name (RFC 5280 §5.2.5), as a point.</summary>
    internal static DistributionPoint ReadIssuing(AsnReader point)
    {
        var (full, relative) = ReadName(point);
        return new DistributionPoint(full, relative, RevocationReasons.All, []);
    }

    private static (GeneralName[] Full, ReadOnlyMemory<byte> Relative) ReadName(AsnReader point)
    {
        if (!ExtensionReader.Next(point, 0)) return ([], default);
        var choice = point.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
        GeneralName[] full = [];
        ReadOnlyMemory<byte> relative = default;
        if (ExtensionReader.Next(choice, 0))
        {
            full = GeneralName.ReadAll(choice.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)));
        }
        else
        {
            relative = choice.ReadEncodedValue();
            // Read once here, so that Names can't fail.
            DistinguishedName.Check(new AsnReader(relative, AsnEncodingRules.BER).ReadSetOf(skipSortOrderValidation: true, new Asn1Tag(TagClass.ContextSpecific, 1)));
        }

        choice.ThrowIfNotEmpty();
        return (full, relative);
    }
}
