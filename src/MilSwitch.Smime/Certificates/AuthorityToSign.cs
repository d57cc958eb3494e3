using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Smime.Certificates;

/// <summary>
/// May this key speak for this originator? The one place where that is decided, for persons, domains, reviewers and who adds
/// attributes alike (RFC 3183 §3.1.1). Pure.
/// </summary>
public static class AuthorityToSign
{
    /// <summary>Judges a signer in one role.</summary>
    /// <param name="certificate">The signer's, already believed.</param>
    /// <param name="role">One of them.</param>
    /// <param name="originator">The only address in From; null: there is not one, so that nobody can speak for it.</param>
    /// <param name="naming">Which name of an authority counts.</param>
    /// <param name="domains">
    /// Mail domains that a domain signature may speak for, <c>name</c> or <c>*.name</c>; empty: whatever its name allows. An
    /// authority whose name says no mail domain speaks for these only.
    /// </param>
    public static bool IsGiven(Certificate certificate, SignerRole role, Mailbox? originator, AuthorityNaming naming, ImmutableArray<string> domains)
    {
        if (role is SignerRole.Originator)
            return originator is not null && certificate.MailAddresses.Any(a => MailAddress.TryRead(a, out var address) && address.LocalPart == originator.LocalPart && address.Host == originator.Domain);
        if (DomainAuthorityName.Of(role) is not { } name || !DomainAuthorityName.IsBorneBy(certificate, name, naming)) return false;
        // No mapping is defined for the others: who reviewed, or added attributes, does not speak for the originator.
        return role is not SignerRole.Domain || (originator is not null && Maps(certificate, name, originator.Domain, naming, domains));
    }

    private static bool Maps(Certificate certificate, string name, string host, AuthorityNaming naming, ImmutableArray<string> domains)
    {
        var own = DomainAuthorityName.Domains(certificate, name, naming);
        if (own.IsEmpty && domains.IsDefaultOrEmpty) return false;
        var isAgreed = !domains.IsDefaultOrEmpty;
        if (isAgreed && !new SecurityDomain("") { MailDomains = domains }.Owns(host)) return false;
        // A server's name mostly stands below its domain and is no ascendant of it: only an agreement can say that it speaks for that.
        return own.IsEmpty || own.Any(o => DomainAuthorityName.IsOf(host, o) || (isAgreed && naming is AuthorityNaming.Uri && DomainAuthorityName.IsOf(o, host)));
    }
}
