using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;
using MilSwitch.Testing;

namespace MilSwitch.Integration.Boundaries;

/// <summary>
/// Two security domains, red and blue, and a boundary from red into blue that opens, verifies, relabels, signs and, where it is
/// asked to, encrypts: certificates and keys as files of one folder, the sections of a configuration, and what clients in red send.
/// </summary>
internal sealed class Border : IDisposable
{
    public const string Red = "red";
    public const string Blue = "blue";
    public const string Sender = "alice@red.test";
    public const string Recipient = "bob@blue.test";

    /// <summary>ALFA of config/policies.</summary>
    public const string Policy = "1.3.6.1.4.1.99999.4.1";

    public const string Gateway = "gateway";
    public const string Signing = "domain-signing";

    private readonly string folder;
    private readonly RSA authorityKey = RSA.Create(2048);
    private readonly X509Certificate2 authority;

    /// <param name="folder">Exists; files are added to it.</param>
    public Border(string folder)
    {
        this.folder = folder;
        var request = new CertificateRequest("CN=Border authority", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        authority = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-2), TimeProvider.System.GetUtcNow().AddDays(300));
        File.WriteAllText(Anchors, authority.ExportCertificatePem());
        foreach (var policy in (string[])["alfa.xml", "coalition.xml"])
            File.Copy(Path.Combine(Workspace.RepositoryRoot, "config", "policies", policy), Path.Combine(folder, policy), overwrite: true);
        GatewayKey = Issue(Gateway, "domain-confidentiality-authority", "domain-confidentiality-authority@red.test", X509KeyUsageFlags.KeyEncipherment);
        SigningKey = Issue(Signing, "domain-signing-authority", "domain-signing-authority@red.test", X509KeyUsageFlags.DigitalSignature);
        PeerKey = Issue("peer", "domain-confidentiality-authority", "domain-confidentiality-authority@blue.test", X509KeyUsageFlags.KeyEncipherment);
        Alice = Signer("alice", Sender);
    }

    /// <summary>Opens what comes.</summary>
    public RSA GatewayKey { get; }

    /// <summary>Signs for the domain red.</summary>
    public RSA SigningKey { get; }

    /// <summary>Opens what leaves encrypted.</summary>
    public RSA PeerKey { get; }

    /// <summary>Signs what she writes.</summary>
    public CmsSigner Alice { get; }

    public string Anchors => Path.Combine(folder, "ca.pem");

    public string CertificateOf(string name) => Path.Combine(folder, name + ".pem");

    /// <summary>The keys in memory, as a section.</summary>
    public string Keys => $$"""
        keys:
          - { name: {{Gateway}}, file: {{Path.Combine(folder, Gateway)}}.key, certificate: {{CertificateOf(Gateway)}}, role: domain-confidentiality }
          - { name: {{Signing}}, file: {{Path.Combine(folder, Signing)}}.key, certificate: {{CertificateOf(Signing)}}, role: domain-signing }

        """;

    /// <summary>Policies, domains and the boundary.</summary>
    /// <param name="encrypts">What leaves is encrypted; else it is signed only, and can be read by who looks at it.</param>
    /// <param name="further">Further keys of the boundary, on lines with four blanks before them.</param>
    /// <param name="returns">What is above the clearance goes back to its originator; else it is held.</param>
    public string Sections(bool encrypts, string further = "", bool returns = false) => $$"""
        policies: [{{folder}}/alfa.xml, {{folder}}/coalition.xml]
        labels: { policy: ALFA }
        domains:
          - { name: {{Red}}, mail: [red.test], policy: ALFA, keys: [{{Gateway}}, {{Signing}}], anchors: {{Anchors}} }
          - { name: {{Blue}}, mail: [blue.test], policy: COALITION }
        boundaries:
          - name: out
            from: {{Red}}
            to: {{Blue}}
            arrival: { decrypt: [{{Gateway}}], labels: { sources: [ess, sio-label], require-signed: true, unlabelled: hold } }
            departure:
              labels: { policy: COALITION, clearance: { policy: COALITION, up-to: RESTRICTED }, write: [sio-label]{{(returns ? ", denied: return" : "")}} }
              protection:
                sign: { key: {{Signing}}, signature-type: domain, header-protection: rfc9788 }
        {{(encrypts ? $"        encrypt: {{ certificates: {CertificateOf("peer")}, header-policy: baseline }}" : "")}}
        {{further}}

        """;

    /// <summary>A message of alice to bob, with CRLF.</summary>
    public static byte[] Compose(string subject, string body, string fields = "", string from = "Alice <" + Sender + ">") => Encoding.Latin1.GetBytes(
        $"From: {from}\r\nTo: {Recipient}\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{Guid.NewGuid():N}@red.test>\r\nSubject: {subject}\r\n{fields}"
        + $"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{body}");

    /// <summary>How clients sign: with a label.</summary>
    /// <param name="signer">Null: alice.</param>
    /// <param name="classification">Of ALFA; 2 is RESTRICTED, 4 SECRET. Null: without a label.</param>
    public SignatureSettings Signature(CmsSigner? signer = null, int? classification = 2) => new()
    {
        Signers = [signer ?? Alice], SigningTime = TimeProvider.System.GetUtcNow(), Label = classification is { } value ? new SecurityLabel { Policy = Policy, Classification = value } : null,
    };

    /// <summary>How clients encrypt: for the gateway.</summary>
    public EncryptionSettings Encryption(ContentCipherChoice? cipher = null) => new()
    {
        Recipients = [EnvelopedRecipient.For(RecipientCertificate.Read(Der(Gateway)))], Sealing = cipher is { } choice ? SealingOptions.Default with { Cipher = choice } : SealingOptions.Default,
    };

    /// <summary>Somebody under the authority who signs; without an address a certificate that names nobody.</summary>
    public CmsSigner Signer(string name, string? address)
    {
        var key = Issue(name, name, address, X509KeyUsageFlags.DigitalSignature);
        return new CmsSigner(SoftwareSigningKey.Create(key.ExportPkcs8PrivateKey(), Der(name)));
    }

    public void Dispose()
    {
        authority.Dispose();
        authorityKey.Dispose();
        GatewayKey.Dispose();
        SigningKey.Dispose();
        PeerKey.Dispose();
    }

    private byte[] Der(string name)
    {
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(CertificateOf(name));
        return certificate.RawData;
    }

    private RSA Issue(string name, string commonName, string? address, X509KeyUsageFlags usage)
    {
        var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=" + commonName, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        if (address is not null)
        {
            names.AddEmailAddress(address);
            request.CertificateExtensions.Add(names.Build());
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.4")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(authority, now.AddDays(-1), now.AddDays(100), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(CertificateOf(name), certificate.ExportCertificatePem());
        var file = Path.Combine(folder, name + ".key");
        File.WriteAllText(file, key.ExportPkcs8PrivateKeyPem() + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return key;
    }
}
