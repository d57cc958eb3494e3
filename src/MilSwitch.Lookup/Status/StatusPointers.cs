using System.Collections.Immutable;
using System.Formats.Asn1;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Status;

/// <summary>
/// Where a certificate says that its status is to be had (RFC 5280 §4.2.1.13, §4.2.2.1). Names, and no more: whoever made the
/// certificate chose them. Pure.
/// </summary>
internal static class StatusPointers
{
    private const string DistributionPoints = "2.5.29.31";
    private const string AuthorityInformation = "1.3.6.1.5.5.7.1.1";
    private const string Ocsp = "1.3.6.1.5.5.7.48.1";
    private const int Most = 8;

    /// <summary>Addresses of revocation lists.</summary>
    public static ImmutableArray<Uri> Lists(Certificate certificate) => Read(certificate, DistributionPoints, static (sequence, all) =>
    {
        var point = sequence.ReadSequence();
        if (!Next(point, 0)) return;
        var name = point.ReadSequence(Tag(0));
        if (!Next(name, 0)) return;
        var full = name.ReadSequence(Tag(0));
        while (full.HasData) Take(full, all);
    });

    /// <summary>Addresses of OCSP responders.</summary>
    public static ImmutableArray<Uri> Responders(Certificate certificate) => Read(certificate, AuthorityInformation, static (sequence, all) =>
    {
        var description = sequence.ReadSequence();
        if (description.ReadObjectIdentifier() == Ocsp) Take(description, all);
    });

    private static ImmutableArray<Uri> Read(Certificate certificate, string type, Action<AsnReader, List<Uri>> take)
    {
        var all = new List<Uri>();
        try
        {
            foreach (var extension in certificate.Extensions.Where(e => e.Type == type))
            {
                var sequence = new AsnReader(extension.Value, AsnEncodingRules.BER).ReadSequence();
                while (sequence.HasData && all.Count < Most) take(sequence, all);
            }
        }
        catch (AsnContentException)
        {
            // What can't be read names nothing.
        }

        return [.. all];
    }

    private static void Take(AsnReader names, List<Uri> all)
    {
        if (!Next(names, 6))
        {
            names.ReadEncodedValue();
            return;
        }

        var text = names.ReadCharacterString(UniversalTagNumber.IA5String, Tag(6));
        if (all.Count < Most && text.Length <= 2_048 && Uri.TryCreate(text, UriKind.Absolute, out var uri)) all.Add(uri);
    }

    private static bool Next(AsnReader reader, int number) => reader.HasData && reader.PeekTag() is { TagClass: TagClass.ContextSpecific } tag && tag.TagValue == number;

    private static Asn1Tag Tag(int number) => new(TagClass.ContextSpecific, number);
}
