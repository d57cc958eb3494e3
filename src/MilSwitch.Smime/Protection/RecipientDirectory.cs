using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Enveloped;

namespace MilSwitch.Smime.Protection;

/// <summary>
/// To whom a route encrypts: a recipient's own certificate, else that of its domain or of one above it (RFC 3183 §4, by the
/// name <c>domain-confidentiality-authority</c>). That they are listed is why they are believed. Immutable and thread-safe.
/// </summary>
public sealed class RecipientDirectory
{
    /// <summary>RFC 3183 §4.</summary>
    public const string DomainAuthority = DomainAuthorityName.Confidentiality;

    private readonly ImmutableArray<(Certificate Certificate, EnvelopedRecipient Recipient)> all;
    private readonly ILookup<string, (Certificate Certificate, EnvelopedRecipient Recipient)> byAddress;
    private readonly ILookup<string, (Certificate Certificate, EnvelopedRecipient Recipient)> byDomain;

    /// <param name="certificates">DER.</param>
    /// <param name="naming">By which name one is a domain's authority.</param>
    /// <exception cref="Cms.CmsFormatException">One of them is none.</exception>
    public RecipientDirectory(ImmutableArray<ReadOnlyMemory<byte>> certificates, AuthorityNaming naming = AuthorityNaming.Rfc3183)
    {
        all = [.. certificates.Select(c => (Certificate.Read(c), EnvelopedRecipient.For(RecipientCertificate.Read(c))))];
        byAddress = all.SelectMany(c => c.Certificate.MailAddresses.Select(a => (Address: a, Entry: c))).ToLookup(p => p.Address, p => p.Entry, StringComparer.OrdinalIgnoreCase);
        byDomain = all.Where(c => DomainAuthorityName.IsBorneBy(c.Certificate, DomainAuthority, naming))
            .SelectMany(c => DomainAuthorityName.Domains(c.Certificate, DomainAuthority, naming).Select(d => (Domain: d, Entry: c))).ToLookup(p => p.Domain, p => p.Entry, StringComparer.Ordinal);
    }

    /// <summary>Every certificate that is valid at the time.</summary>
    public IReadOnlyList<EnvelopedRecipient> All(DateTimeOffset at) => [.. all.Where(c => IsValid(c.Certificate, at)).Select(c => c.Recipient)];

    /// <summary>The one for a recipient, of several the one that is valid for longest; null: there is none.</summary>
    public EnvelopedRecipient? Find(Mailbox address, DateTimeOffset at)
    {
        if (Best(byAddress[address.Text]) is { } own) return own;
        for (var domain = address.Domain; domain.Length > 0;)
        {
            if (Best(byDomain[domain]) is { } found) return found;
            var dot = domain.IndexOf('.', StringComparison.Ordinal);
            domain = dot < 0 ? "" : domain[(dot + 1)..];
        }

        return null;

        EnvelopedRecipient? Best(IEnumerable<(Certificate Certificate, EnvelopedRecipient Recipient)> some)
        {
            (Certificate Certificate, EnvelopedRecipient Recipient) best = default;
            foreach (var one in some)
            {
                if (IsValid(one.Certificate, at) && (best.Certificate is null || one.Certificate.NotAfter > best.Certificate.NotAfter)) best = one;
            }

            return best.Recipient;
        }
    }

    private static bool IsValid(Certificate certificate, DateTimeOffset at) => certificate.NotBefore <= at && at <= certificate.NotAfter;
}
