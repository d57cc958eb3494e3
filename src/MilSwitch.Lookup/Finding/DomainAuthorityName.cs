using System.Formats.Asn1;
using MilSwitch.Domain.Addressing;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Protection;

namespace MilSwitch.Lookup.Finding;

/// <summary>
/// The naming convention of RFC 3183 §4.1 for who decrypts for a whole domain: the one common name is
/// <c>domain-confidentiality-authority</c>, and the domain part of its address, or without one of its dc components
/// (RFC 2247), is the recipient's domain or stands above it. Stricter than §4.1: names by country and organisation say nothing
/// about a mail domain. Pure.
/// </summary>
internal static class DomainAuthorityName
{
    private const string CommonName = "2.5.4.3";
    private const string DomainComponent = "0.9.2342.19200300.100.1.25";

    /// <summary>The domain that the certificate decrypts for, the nearest to the recipient's; null: it does not decrypt for this one.</summary>
    public static string? Covering(Certificate certificate, string domain)
    {
        var names = Read(certificate.Subject);
        if (names.Common is not [var only] || !only.Equals(RecipientDirectory.DomainAuthority, StringComparison.OrdinalIgnoreCase)) return null;
        string? nearest = null;
        foreach (var text in certificate.MailAddresses)
        {
            // An address with another local part is somebody else's.
            if (!Mailbox.TryParse(text, allowUtf8: true, out var address, out _)) continue;
            if (address.LocalPart.Equals(RecipientDirectory.DomainAuthority, StringComparison.OrdinalIgnoreCase) && RecipientNames.IsWithin(domain, address.Domain) && address.Domain.Length > (nearest?.Length ?? 0))
                nearest = address.Domain;
        }

        if (certificate.MailAddresses.Count > 0) return nearest;
        return Mailbox.TryReadDomain(string.Join('.', names.Components.Reverse<string>()), out var components) && RecipientNames.IsWithin(domain, components) ? components : null;
    }

    private static (List<string> Common, List<string> Components) Read(DistinguishedName name)
    {
        var (common, components) = (new List<string>(), new List<string>());
        try
        {
            var sequence = new AsnReader(name.Encoded, AsnEncodingRules.BER).ReadSequence();
            while (sequence.HasData)
            {
                var relative = sequence.ReadSetOf(skipSortOrderValidation: true);
                while (relative.HasData)
                {
                    var attribute = relative.ReadSequence();
                    var type = attribute.ReadObjectIdentifier();
                    if (type is not (CommonName or DomainComponent)) continue;
                    var tag = attribute.PeekTag();
                    var value = attribute.ReadCharacterString((UniversalTagNumber)tag.TagValue);
                    (type is CommonName ? common : components).Add(value);
                }
            }
        }
        catch (Exception fault) when (fault is AsnContentException or ArgumentException)
        {
            // A name of letters that nobody can read is not the name that is asked for.
            return ([], []);
        }

        return (common, components);
    }
}
