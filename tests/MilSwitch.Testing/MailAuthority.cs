using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Testing;

/// <summary>An authority for mail, with the keys of those for whom it issues, as files in a folder of their own. Keys are RSA.</summary>
public sealed class MailAuthority : IDisposable
{
    private readonly Workspace workspace;
    private readonly RSA key = RSA.Create(2048);
    private readonly X509Certificate2 authority;
    private readonly CertificateRevocationListBuilder revoked = new();
    private long lists;

    public MailAuthority(string name = "mail-authority")
    {
        workspace = new Workspace(name);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = TimeProvider.System.GetUtcNow();
        authority = request.CreateSelfSigned(now.AddDays(-2), now.AddDays(300));
        File.WriteAllText(Anchors, authority.ExportCertificatePem() + "\n");
    }

    /// <summary>Full path of a file in the folder.</summary>
    public string this[string name] => workspace[name];

    /// <summary>The authority's certificate.</summary>
    public string Anchors => workspace["ca.pem"];

    /// <summary>Issues to the owner of an address, who may sign and be encrypted to; NAME.pem and NAME.key are written.</summary>
    /// <returns>The certificate, DER.</returns>
    public ReadOnlyMemory<byte> Issue(string name, string commonName, string address) => Make(name, commonName, address);

    /// <summary>The same with a further extension.</summary>
    /// <returns>The certificate, PEM.</returns>
    public string IssueWith(string name, string commonName, string address, X509Extension further)
    {
        Make(name, commonName, address, further);
        return File.ReadAllText(workspace[name + ".pem"]);
    }

    private ReadOnlyMemory<byte> Make(string name, string commonName, string address, X509Extension? further = null)
    {
        using var own = RSA.Create(2048);
        var request = new CertificateRequest("CN=" + commonName, own, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress(address);
        request.CertificateExtensions.Add(names.Build());
        if (further is not null) request.CertificateExtensions.Add(further);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.4")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(authority, now.AddDays(-1), now.AddDays(100), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(workspace[name + ".pem"], certificate.ExportCertificatePem() + "\n");
        WriteSecret(name + ".key", own.ExportPkcs8PrivateKeyPem());
        return certificate.RawData;
    }

    /// <summary>Calls back one that was issued; the next list tells.</summary>
    public void Revoke(string name)
    {
        using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(workspace[name + ".pem"]));
        revoked.AddEntry(certificate, TimeProvider.System.GetUtcNow().AddHours(-1));
    }

    /// <summary>A revocation list of this moment, DER.</summary>
    public byte[] RevocationList()
    {
        using var whole = authority.HasPrivateKey ? X509CertificateLoader.LoadPkcs12(authority.Export(X509ContentType.Pfx), null) : authority.CopyWithPrivateKey(key);
        var now = TimeProvider.System.GetUtcNow();
        return revoked.Build(whole, ++lists, now.AddDays(1), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, now.AddHours(-1));
    }

    /// <summary>Writes a file that its owner alone may read.</summary>
    public string WriteSecret(string name, string text)
    {
        File.WriteAllText(workspace[name], text + "\n");
        File.SetUnixFileMode(workspace[name], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return workspace[name];
    }

    /// <summary>Opens an encrypted message with a key that was issued, by <c>openssl</c>; what it wrote, and whether it ended well.</summary>
    public async Task<(bool Good, string Said)> DecryptAsync(ReadOnlyMemory<byte> message, string name)
    {
        await File.WriteAllBytesAsync(workspace["encrypted"], message);
        return await OpenSslAsync("cms", "-decrypt", "-in", "encrypted", "-recip", name + ".pem", "-inkey", name + ".key");
    }

    /// <summary>Signs a message with a key that was issued, by <c>openssl</c>.</summary>
    public async Task<string> SignAsync(string message, string name)
    {
        await File.WriteAllTextAsync(workspace["clear"], message);
        var (good, said) = await OpenSslAsync("cms", "-sign", "-in", "clear", "-signer", name + ".pem", "-inkey", name + ".key", "-crlfeol", "-out", "signed");
        return good ? (await File.ReadAllTextAsync(workspace["signed"])).ReplaceLineEndings("\r\n") : throw new InvalidOperationException(said);
    }

    public void Dispose()
    {
        authority.Dispose();
        key.Dispose();
        workspace.Dispose();
    }

    private async Task<(bool Good, string Said)> OpenSslAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Requirement.Find("openssl")!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = workspace.Folder };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode is 0, await output + await error);
    }
}
