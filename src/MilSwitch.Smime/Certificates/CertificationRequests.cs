using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Smime.Certificates;

/// <summary>What the switch's keys ask an authority for (PKCS #10, RFC 2986), wherever the key lives.</summary>
internal static class CertificationRequests
{
    private static readonly string[] KeysThatAgree = [TokenKeyIdentity.EcPublicKey, "1.3.101.110"];

    /// <summary>A request with the mail addresses and the one key usage of the role (RFC 8550 §4.4.2), not yet signed.</summary>
    public static CertificateRequest Describe(X500DistinguishedName subject, PublicKey key, HashAlgorithmName digest, IReadOnlyList<string> addresses, KeyRole role)
    {
        var request = new CertificateRequest(subject, key, digest);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var address in addresses) names.AddEmailAddress(address);
        if (addresses.Count > 0) request.CertificateExtensions.Add(names.Build());
        var usage = role is KeyRole.ProxyAuthority ? X509KeyUsageFlags.KeyCertSign
            : role is not (KeyRole.DomainConfidentiality or KeyRole.Store) ? X509KeyUsageFlags.DigitalSignature
            : KeysThatAgree.Contains(key.Oid.Value) ? X509KeyUsageFlags.KeyAgreement : X509KeyUsageFlags.KeyEncipherment;
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        return request;
    }
}
