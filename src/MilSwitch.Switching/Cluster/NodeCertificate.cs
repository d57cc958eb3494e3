using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Remote.Transport.DotNetty;

namespace MilSwitch.Switching.Cluster;

/// <summary>
/// A node on its own still opens a port for remoting. It makes itself a certificate at each start, demands it from whoever
/// connects, and nobody else has it: the port is there and of no use to a stranger.
/// </summary>
internal static class NodeCertificate
{
    public static DotNettySslSetup SetupForOne(TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=milswitch node", key, HashAlgorithmName.SHA256);
        var now = time.GetUtcNow();
        using var issued = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
        var own = X509CertificateLoader.LoadPkcs12(issued.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
        var fingerprint = own.GetCertHash(HashAlgorithmName.SHA256);
        return new DotNettySslSetup(
            own, suppressValidation: false, requireMutualAuthentication: true,
            customValidator: (certificate, _, _, _, _) =>
                certificate is not null && CryptographicOperations.FixedTimeEquals(certificate.GetCertHash(HashAlgorithmName.SHA256), fingerprint));
    }
}
