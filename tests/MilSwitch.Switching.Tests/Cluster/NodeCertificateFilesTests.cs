using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Switching.Cluster.Transport;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests.Cluster;

[Collection(AloneCollection.Name)]
public sealed class NodeCertificateFilesTests : IDisposable
{
    private readonly Workspace folder = new("nodetls");
    private readonly NodePki pki = new();

    private ClusterTls Tls => new() { CertificateFile = folder["node.pem"], KeyFile = folder["node.key"], AuthorityFile = folder["ca.pem"] };

    public void Dispose()
    {
        folder.Dispose();
        pki.Dispose();
    }

    [Fact]
    public async Task Reads_what_nodes_can_talk_with()
    {
        Write(pki.Issue());
        using var next = new NodePki("Next CA");
        File.AppendAllText(folder["ca.pem"], next.Root.ExportCertificatePem());
        var identity = NodeCertificateFiles.Load(Tls, "127.0.0.1", TimeProvider.System);
        Assert.Equal(2, identity.Authorities.Count);
        await using var one = await BareNode.StartAsync(identity);
        await using var two = await BareNode.StartAsync(pki.Identity());
        await one.AssociateAsync(two);
        await two.AssociateAsync(one);
        // Read again it is the same.
        Assert.False(one.Credentials.Replace(NodeCertificateFiles.Load(Tls, null, TimeProvider.System)));
    }

    [Fact]
    public async Task Reads_an_rsa_key_and_sends_certificates_in_between()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var middleRequest = new CertificateRequest("CN=Middle CA", middleKey, HashAlgorithmName.SHA256);
        middleRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var middle = middleRequest.Create(pki.Authority, now.AddDays(-1), now.AddDays(30), [7]).CopyWithPrivateKey(middleKey);
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(middle.SubjectName, X509SignatureGenerator.CreateForECDsa(middleKey), now.AddDays(-1), now.AddDays(20), [8]);
        File.WriteAllText(folder["node.pem"], leaf.ExportCertificatePem() + "\n" + middle.ExportCertificatePem());
        WriteKey(key.ExportRSAPrivateKeyPem());
        File.WriteAllText(folder["ca.pem"], pki.Root.ExportCertificatePem());
        await using var one = await BareNode.StartAsync(NodeCertificateFiles.Load(Tls, "localhost", TimeProvider.System));
        await using var two = await BareNode.StartAsync(pki.Identity());
        await one.AssociateAsync(two);
        var handle = await two.Transport.Associate(one.Address.WithHost("localhost"));
        Assert.Equal("localhost", handle.RemoteAddress.Host);
    }

    [Theory]
    [InlineData("no certificate file", "node.pem: there is no such file")]
    [InlineData("no key file", "node.key: there is no such file")]
    [InlineData("no authority file", "ca.pem: there is no such file")]
    [InlineData("empty certificate", "node.pem: there is no certificate in PEM")]
    [InlineData("damaged certificate", "node.pem: a certificate in it can't be read")]
    [InlineData("key of another", "node.key: the key can't be read, or does not belong to the certificate of")]
    [InlineData("no key in it", "node.key: there is no private key in PEM")]
    [InlineData("encrypted key", "node.key: the key is encrypted")]
    [InlineData("open key", "node.key: every user of the machine may read or write the key")]
    [InlineData("other authority", "node.pem: the certificate does not lead to an authority of")]
    [InlineData("no root", "ca.pem: CN=127.0.0.1 is not self-signed; only roots are believed")]
    [InlineData("no authority", "ca.pem: CN=milswitch node is no certification authority")]
    [InlineData("expired", "node.pem: the certificate ended at 20")]
    [InlineData("not yet", "node.pem: the certificate begins at 20")]
    [InlineData("other name", "node.pem: the certificate does not name 127.0.0.1")]
    [InlineData("no client", "node.pem: the certificate is not for TLS clients; nodes are both")]
    [InlineData("no server", "node.pem: the certificate is not for TLS servers; nodes are both")]
    public void Names_the_file_and_what_is_wrong(string fault, string expected)
    {
        using var other = new NodePki("Other CA");
        var certificate = fault switch
        {
            "expired" => pki.Issue(to: -0.5),
            "not yet" => pki.Issue(from: 1),
            "other name" => pki.Issue("node.test"),
            "no client" => pki.Issue(purposes: [NodePki.ServerPurpose]),
            "no server" => pki.Issue(purposes: [NodePki.ClientPurpose]),
            _ => pki.Issue(),
        };
        Write(certificate);
        switch (fault)
        {
            case "no certificate file": File.Delete(folder["node.pem"]); break;
            case "no key file": File.Delete(folder["node.key"]); break;
            case "no authority file": File.Delete(folder["ca.pem"]); break;
            case "empty certificate": File.WriteAllText(folder["node.pem"], ""); break;
            case "damaged certificate": File.WriteAllText(folder["node.pem"], "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"); break;
            case "key of another": TestPki.Write(pki.Issue(), folder["unused.pem"], folder["node.key"]); break;
            case "no key in it": WriteKey("nothing"); break;
            case "open key": File.SetUnixFileMode(folder["node.key"], UnixFileMode.UserRead | UnixFileMode.OtherRead); break;
            case "other authority": File.WriteAllText(folder["ca.pem"], other.Root.ExportCertificatePem()); break;
            case "no root": File.WriteAllText(folder["ca.pem"], certificate.ExportCertificatePem()); break;
            case "no authority": File.WriteAllText(folder["ca.pem"], NodeCertificate.ForOne(TimeProvider.System).Certificate.ExportCertificatePem()); break;
            case "encrypted key":
                using (var key = certificate.GetECDsaPrivateKey()!)
                    WriteKey(key.ExportEncryptedPkcs8PrivateKeyPem("x", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
                break;
        }

        var error = Assert.Throws<NodeCertificateException>(() => NodeCertificateFiles.Load(Tls, "127.0.0.1", TimeProvider.System));
        Assert.StartsWith(Path.Combine(folder.Folder, expected), error.Message, StringComparison.Ordinal);
        Assert.StartsWith(folder.Folder, error.File, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_of_peers_stands_for_the_host()
    {
        Write(pki.Issue("milswitch.test"));
        Assert.NotNull(NodeCertificateFiles.Load(Tls with { PeerName = "milswitch.test" }, "127.0.0.1", TimeProvider.System));
        Assert.Throws<NodeCertificateException>(() => NodeCertificateFiles.Load(Tls with { PeerName = "other.test" }, "127.0.0.1", TimeProvider.System));
    }

    private void Write(X509Certificate2 certificate)
    {
        TestPki.Write(certificate, folder["node.pem"], folder["node.key"]);
        File.WriteAllText(folder["ca.pem"], pki.Root.ExportCertificatePem() + "\n");
    }

    private void WriteKey(string pem)
    {
        File.WriteAllText(folder["node.key"], pem);
        File.SetUnixFileMode(folder["node.key"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
