using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>What a node shows to others, and whom it believes. Immutable.</summary>
public sealed class NodeCertificate
{
    /// <param name="certificate">The node's certificate with its key.</param>
    /// <param name="intermediates">Certificates between it and an authority, sent along; may be empty.</param>
    /// <param name="authorities">Roots that certificates of nodes lead to; nothing of the system's own store is believed.</param>
    public NodeCertificate(X509Certificate2 certificate, X509Certificate2Collection intermediates, X509Certificate2Collection authorities)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        if (!certificate.HasPrivateKey) throw new ArgumentException("A certificate without its key.", nameof(certificate));
        Certificate = certificate;
        Intermediates = intermediates;
        Authorities = authorities;
        Context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
        NotAfter = certificate.NotAfter.ToUniversalTime();
    }

    /// <summary>The node's certificate with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Certificates between it and an authority.</summary>
    public X509Certificate2Collection Intermediates { get; }

    /// <summary>Roots that are believed.</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>End of the validity of <see cref="Certificate"/>.</summary>
    public DateTimeOffset NotAfter { get; }

    internal SslStreamCertificateContext Context { get; }

    /// <summary>
    /// A node on its own still opens a port. It makes itself a certificate at each start and believes nothing else; nobody
    /// else has its key, so the port is of no use to a stranger.
    /// </summary>
    public static NodeCertificate ForOne(TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=milswitch node", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        var now = time.GetUtcNow();
        using var issued = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
        var own = X509CertificateLoader.LoadPkcs12(issued.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
        return new NodeCertificate(own, [], [X509CertificateLoader.LoadCertificate(own.RawData)]);
    }

    /// <summary>True when both show the same certificate and believe the same authorities.</summary>
    public bool IsSameAs(NodeCertificate other) =>
        Prints([Certificate, .. Intermediates]).SequenceEqual(Prints([other.Certificate, .. other.Intermediates]))
        && Prints(Authorities).Order(StringComparer.Ordinal).SequenceEqual(Prints(other.Authorities).Order(StringComparer.Ordinal));

    private static IEnumerable<string> Prints(X509Certificate2Collection certificates) => certificates.Select(c => c.GetCertHashString(HashAlgorithmName.SHA256));
}
