using System.Formats.Asn1;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http.Features;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Configuration;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Host.Access;

/// <summary>
/// Persons by their certificates. The handshake takes any, so that somebody with another one can still come in another way;
/// one is believed when it leads to <c>admin.tls.client-ca</c>.
/// </summary>
internal static class ClientCertificates
{
    private static readonly Oid ForClients = new("1.3.6.1.5.5.7.3.2");

    // A connection has one for all its requests. Settings are another object after each reload; a revocation list runs out meanwhile.
    private static readonly TimeSpan JudgedFor = TimeSpan.FromMinutes(1);

    private static readonly ConditionalWeakTable<X509Certificate2, Judgement> Known = [];

    public static OperatorIdentity? Identify(HttpContext context, AdminSettings settings, DateTimeOffset now)
    {
        if (settings.ClientAnchors.Count is 0 || context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not { } certificate) return null;
        if (now < certificate.NotBefore || now > certificate.NotAfter) return null;
        if (!Known.TryGetValue(certificate, out var judgement) || judgement.Settings != settings || now - judgement.At is var age && (age >= JudgedFor || age < TimeSpan.Zero))
        {
            var known = IsTrusted(certificate, settings.ClientAnchors, now) ? Find(certificate, settings) : null;
            if (known is not null && WhyNot(certificate, settings.ClientRevocation, now) is { } reason)
            {
                // Whoever can't come in any more must be able to find out why.
                AccessLog.Refused(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("MilSwitch.Host.Access"), known.Name, reason);
                known = null;
            }

            judgement = new Judgement(settings, now, known);
            Known.AddOrUpdate(certificate, judgement);
        }

        return judgement.Person is { } person ? new OperatorIdentity(person.Name, SessionCookie.AddressOf(context)) { Roles = person.Roles } : null;
    }

    private static AdminCertificate? Find(X509Certificate2 certificate, AdminSettings settings)
    {
        var (emails, uris) = Names(certificate);
        var thumbprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        return settings.Certificates.FirstOrDefault(c =>
            (c.Thumbprint is not null && c.Thumbprint.Equals(thumbprint, StringComparison.OrdinalIgnoreCase)) || (c.Subject is not null && c.Subject == certificate.Subject)
            || (c.Email is not null && emails.Contains(c.Email, StringComparer.OrdinalIgnoreCase)) || (c.Uri is not null && uris.Contains(c.Uri, StringComparer.Ordinal)));
    }

    private static bool IsTrusted(X509Certificate2 certificate, X509Certificate2Collection anchors, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        (policy.TrustMode, policy.RevocationMode, policy.DisableCertificateDownloads) = (X509ChainTrustMode.CustomRootTrust, X509RevocationMode.NoCheck, true);
        policy.VerificationTime = now.UtcDateTime;
        policy.CustomTrustStore.AddRange(anchors);
        policy.ApplicationPolicy.Add(ForClients);
        try
        {
            return chain.Build(certificate);
        }
        finally
        {
            foreach (var element in chain.ChainElements) element.Certificate.Dispose();
        }
    }

    // Null: it may be used.
    private static string? WhyNot(X509Certificate2 certificate, ClientRevocation? revocation, DateTimeOffset now)
    {
        if (revocation is null) return null;
        try
        {
            var verdict = PathJudge.Judge(Certificate.Read(certificate.RawDataMemory), new PathOptions { Trust = revocation.Trust, At = now, Revocation = revocation.Mode });
            return verdict.IsValid ? null : string.Join("; ", verdict.Findings.Select(f => f.Detail));
        }
        catch (CmsFormatException fault)
        {
            return fault.Message;
        }
    }

    // RFC 5280 §4.2.1.6: rfc822Name [1], uniformResourceIdentifier [6].
    private static (List<string> Emails, List<string> Uris) Names(X509Certificate2 certificate)
    {
        var (emails, uris) = (new List<string>(), new List<string>());
        try
        {
            foreach (var extension in certificate.Extensions.Where(e => e.Oid?.Value is "2.5.29.17"))
            {
                var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (names.HasData)
                {
                    var tag = names.PeekTag();
                    if (tag == new Asn1Tag(TagClass.ContextSpecific, 1)) emails.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    else if (tag == new Asn1Tag(TagClass.ContextSpecific, 6)) uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    else names.ReadEncodedValue();
                }
            }
        }
        catch (AsnContentException)
        {
            return ([], []);
        }

        return (emails, uris);
    }

    private sealed record Judgement(AdminSettings Settings, DateTimeOffset At, AdminCertificate? Person);
}
