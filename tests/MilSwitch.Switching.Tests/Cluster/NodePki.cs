using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Switching.Cluster.Transport;

namespace MilSwitch.Switching.Tests.Cluster;

/// <summary>An authority for nodes, with every fault a certificate may have.</summary>
internal sealed class NodePki : IDisposable
{
    public const string ServerPurpose = "1.3.6.1.5.5.7.3.1", ClientPurpose = "1.3.6.1.5.5.7.3.2";

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    public NodePki(string name = "Node CA")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Authority = request.CreateSelfSigned(Now.AddDays(-100), Now.AddDays(100));
    }

    public X509Certificate2 Authority { get; }

    public X509Certificate2 Root => X509CertificateLoader.LoadCertificate(Authority.RawData);

    /// <param name="name">Host name or address in the certificate.</param>
    /// <param name="from">Days from now.</param>
    /// <param name="to">Days from now.</param>
    /// <param name="purposes">Extended key usages; null: no such extension.</param>
    public X509Certificate2 Issue(string name = "127.0.0.1", double from = -30, double to = 30, string[]? purposes = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address)) names.AddIpAddress(address);
        else names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        if (purposes is not null)
        {
            OidCollection oids = [];
            foreach (var purpose in purposes) oids.Add(new Oid(purpose));
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(oids, false));
        }

        using var bare = request.Create(Authority, Now.AddDays(from), Now.AddDays(to), RandomNumberGenerator.GetBytes(12));
        using var whole = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
    }

    /// <summary>An identity under this authority that believes it and others.</summary>
    public NodeCertificate Identity(X509Certificate2? certificate = null, params NodePki[] others) => new(certificate ?? Issue(), [], [Root, .. others.Select(o => o.Root)]);

    public void Dispose() => Authority.Dispose();
}
