using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Addressing;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Tests.Certificates;
using MilSwitch.Testing;

namespace MilSwitch.Lookup.Tests.Finding;

/// <summary>Certificates that mail is encrypted to.</summary>
internal static class People
{
    public const string Authority = "domain-confidentiality-authority";

    /// <summary>A certificate of somebody with these addresses.</summary>
    public static Certificate Person(this TestAuthority authority, params string[] addresses) => authority.Issue(r => Encrypt(r, addresses), "CN=Somebody");

    /// <summary>A certificate of the authority that decrypts for a domain.</summary>
    public static Certificate Gateway(this TestAuthority authority, string domain, string commonName = Authority) => authority.Issue(r => Encrypt(r, $"{Authority}@{domain}"), $"CN={commonName},O=Test");

    /// <summary>An entry of a directory, in LDIF.</summary>
    public static string Entry(string name, string mail, string below, params Certificate[] certificates) => SlapdInstance.Person(name, mail, below, [.. certificates.Select(c => c.Encoded)]);

    public static Mailbox Mailbox(string text) => Domain.Addressing.Mailbox.Parse(text);

    public static void Encrypt(CertificateRequest request, params string[] addresses)
    {
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyAgreement, true));
        if (addresses.Length > 0) request.CertificateExtensions.Add(TestAuthority.Names([.. addresses.Select(a => (1, a))]));
    }
}
