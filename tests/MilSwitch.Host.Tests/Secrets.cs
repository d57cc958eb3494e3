using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Host.Tests;

/// <summary>Stands in for the Secrets that somebody makes in Kubernetes.</summary>
internal static class Secrets
{
    /// <summary>Writes <c>store/connection</c> and <c>node/{tls.crt,tls.key,ca.crt}</c> where there are such folders.</summary>
    public static void Write(string folder, string host)
    {
        if (Directory.Exists(Path.Combine(folder, "store"))) Private(Path.Combine(folder, "store/connection"), "Host=postgres-rw.postgres.svc;Database=milswitch;Username=milswitch\n");
        if (!Directory.Exists(Path.Combine(folder, "node"))) return;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + host, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Private(Path.Combine(folder, "node/tls.crt"), certificate.ExportCertificatePem());
        Private(Path.Combine(folder, "node/ca.crt"), certificate.ExportCertificatePem());
        Private(Path.Combine(folder, "node/tls.key"), key.ExportPkcs8PrivateKeyPem());
    }

    private static void Private(string file, string text)
    {
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
