using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Smime.Certificates;

/// <summary>The names of those who sign or decrypt on behalf of others (RFC 3183 §3.1.1, §4.1). Pure.</summary>
public static class DomainAuthorityName
{
    public const string Signing = "domain-signing-authority";
    public const string Review = "review-authority";
    public const string Attributes = "attribute-authority";
    public const string Confidentiality = "domain-confidentiality-authority";

    private const string CommonName = "2.5.4.3";
    private const string DomainComponent = "0.9.2342.19200300.100.1.25";

    /// <summary>The name that a signer of this role bears; null: an originator, or more than one role.</summary>
    public static string? Of(SignerRole role) => role switch
    {
        SignerRole.Domain => Signing,
        SignerRole.Review => Review,
        SignerRole.Attribute => Attributes,
        _ => null,
    };

    /// <summary>Whether a certificate bears an authority's name.</summary>
    /// <param name="certificate">Believed already.</param>
    /// <param name="name">One of these.</param>
    /// <param name="naming">Which name counts.</param>
    public static bool IsBorneBy(Certificate certificate, string name, AuthorityNaming naming)
    {
        var addresses = certificate.MailAddresses;
        return naming switch
        {
            AuthorityNaming.Rfc3183 => IsCommonName(certificate, name) && addresses.All(a => IsLocalPart(a, name)),
            AuthorityNaming.CommonName => IsCommonName(certificate, name),
            AuthorityNaming.MailAddress => addresses.Any(a => IsLocalPart(a, name)),
            AuthorityNaming.Uri => Servers(certificate).Any(),
            _ => false,
        };
    }

    /// <summary>
    /// The domains that an authority's name stands for, lower case and A-labels: hosts of its mail addresses, else its domain
    /// components (RFC 2247), else none, since names of X.500 do not tell whose mail domain they are. By
    /// <see cref="AuthorityNaming.Uri"/> the hosts of its URIs.
    /// </summary>
    public static ImmutableArray<string> Domains(Certificate certificate, string name, AuthorityNaming naming)
    {
        if (naming is AuthorityNaming.Uri) return [.. Servers(certificate)];
        var hosts = ImmutableArray.CreateBuilder<string>();
        foreach (var text in certificate.MailAddresses)
        {
            if (IsLocalPart(text, name) && MailAddress.TryRead(text, out var address)) hosts.Add(address.Host);
        }

        if (hosts.Count > 0 || naming is AuthorityNaming.MailAddress) return hosts.ToImmutable();
        // The most significant one comes first.
        var components = certificate.Subject.Values(DomainComponent);
        return components.Count > 0 && MailAddress.TryReadHost(string.Join('.', components.Reverse()), out var domain) ? [domain] : [];
    }

    /// <summary>One domain is another, or stands below it.</summary>
    internal static bool IsOf(string host, string domain) => host == domain || host.EndsWith("." + domain, StringComparison.Ordinal);

    // RFC 3183 §3.1.1: only one.
    private static bool IsCommonName(Certificate certificate, string name) =>
        certificate.Subject.Values(CommonName) is [var only] && only.Equals(name, StringComparison.Ordinal);

    private static bool IsLocalPart(string text, string name) =>
        MailAddress.TryRead(text, out var address) && address.LocalPart.Equals(name, StringComparison.OrdinalIgnoreCase);

    // With an account it is somebody's, not the server's.
    private static IEnumerable<string> Servers(Certificate certificate)
    {
        foreach (var name in certificate.AlternativeNames)
        {
            if (name.Kind is GeneralNameKind.Uri && Uri.TryCreate(name.Text, UriKind.Absolute, out var uri) && uri.Scheme is "smtp" or "submit"
                && uri is { UserInfo.Length: 0, Host.Length: > 0 } && MailAddress.TryReadHost(uri.IdnHost, out var host))
                yield return host;
        }
    }
}
