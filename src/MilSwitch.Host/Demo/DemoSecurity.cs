using System.Diagnostics;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Host.Commands;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Host.Demo;

/// <summary>
/// The certificates of the demonstration, made anew for each, and a SoftHSM token in a folder, on which the domain's signing key
/// is made by the program's own commands and which can be pulled out. Not thread-safe.
/// </summary>
internal sealed class DemoSecurity : IDisposable
{
    /// <summary>Debian's softhsm2.</summary>
    public const string TokenProgram = "softhsm2-util";

    public const string Officer = "duty.officer@home.test";
    public const string Liaison = "liaison@sealed.test";
    public const string KeyLabel = "domain-signing";

    private const string Authority = "domain-signing-authority@home.test";
    private const string TokenLabel = "demo";

    private static readonly string[] Modules = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib/pkcs11/libsofthsm2.so"];

    private readonly string folder;
    private readonly ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 authority;
    private readonly SoftwareSigningKey officer;
    private readonly SoftwareDecryptionKey liaison;
    private readonly string module;

    private DemoSecurity(string folder, string module)
    {
        (this.folder, this.module) = (folder, module);
        Directory.CreateDirectory(TokenFolder);
        var request = new CertificateRequest("CN=Demonstration authority", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = TimeProvider.System.GetUtcNow();
        authority = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        File.WriteAllText(Anchors, authority.ExportCertificatePem());
        using var signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        officer = SoftwareSigningKey.Create(signing.ExportPkcs8PrivateKey(), Issue(new CertificateRequest("CN=Duty officer", signing, HashAlgorithmName.SHA256), Officer, X509KeyUsageFlags.DigitalSignature));
        using var opening = RSA.Create(2048);
        var certificate = Issue(new CertificateRequest("CN=Liaison", opening, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), Liaison, X509KeyUsageFlags.KeyEncipherment);
        liaison = SoftwareDecryptionKey.FromPkcs8(certificate, opening.ExportPkcs8PrivateKey());
        File.WriteAllText(LiaisonCertificate, PemEncoding.WriteString("CERTIFICATE", certificate));
    }

    /// <summary>The authority's certificate.</summary>
    public string Anchors => Path.Combine(folder, "authority.pem");

    /// <summary>For whom mail to sealed.test is encrypted.</summary>
    public string LiaisonCertificate => Path.Combine(folder, "liaison.pem");

    /// <summary>What a program that uses the token needs in its environment.</summary>
    public KeyValuePair<string, string> Environment => new("SOFTHSM2_CONF", Path.Combine(folder, "softhsm2.conf"));

    /// <summary>The section <c>tokens</c> of a configuration, on one line.</summary>
    public string Tokens =>
        $"[{{ name: hsm, library: {module}, label: {TokenLabel}, pin: {{ file: {PinFile} }}, poll-interval: 500ms, reinitialise-interval: 500ms, deadline: 1s, "
        + $"keys: [{{ label: {KeyLabel}, role: domain-signing, certificate: {SigningCertificate} }}] }}]";

    /// <summary>Signs as the duty officer would, with a key of his own.</summary>
    public CmsSigner OfficerSigner => new(officer);

    private string TokenFolder => Path.Combine(folder, "tokens");

    private string PulledOut => TokenFolder + ".pulled-out";

    private string PinFile => Path.Combine(folder, "pin");

    private string SigningCertificate => Path.Combine(folder, "domain-signing.pem");

    /// <summary>Sets up a token, makes the domain's key on it and has it certified.</summary>
    /// <exception cref="CommandFault">SoftHSM is missing, or a command failed.</exception>
    public static async Task<DemoSecurity> MakeAsync(string folder, CancellationToken cancellationToken)
    {
        var module = Modules.FirstOrDefault(File.Exists) ?? throw new CommandFault(ExitCodes.NotFound, "the demonstration needs a SoftHSM token: install Debian's package softhsm2, or start it with deploy/demo, which does");
        Directory.CreateDirectory(folder);
        var made = new DemoSecurity(folder, module);
        try
        {
            await made.SetUpTokenAsync(cancellationToken);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>Pulls the token out: whoever has it open loses it.</summary>
    public void PullOut()
    {
        Directory.Move(TokenFolder, PulledOut);
        Directory.CreateDirectory(TokenFolder);
    }

    public void PutBack()
    {
        if (!Directory.Exists(PulledOut)) return;
        Directory.Delete(TokenFolder, recursive: true);
        Directory.Move(PulledOut, TokenFolder);
    }

    /// <summary>Judges a message as its recipient would: with the authority as anchor, and the liaison's key when it is his.</summary>
    public Task<InspectionResult> InspectAsync(ReadOnlyMemory<byte> message, bool asLiaison, CancellationToken cancellationToken) => MessageInspector.InspectAsync(
        message,
        new InspectionOptions
        {
            Trust = new TrustMaterial([Certificate.Read(authority.RawDataMemory)]), At = TimeProvider.System.GetUtcNow(), Keys = asLiaison ? [liaison] : [],
        },
        cancellationToken);

    /// <summary>Encrypts for the liaison.</summary>
    public EnvelopedRecipient ForLiaison() => EnvelopedRecipient.For(RecipientCertificate.Read(liaison.Certificate));

    /// <summary>Encrypts for the owner of a certificate.</summary>
    /// <param name="certificate">Path of a PEM file.</param>
    public static EnvelopedRecipient For(string certificate) =>
        EnvelopedRecipient.For(RecipientCertificate.Read(X509CertificateLoader.LoadCertificateFromFile(certificate).RawData));

    /// <summary>Makes a key and has it certified.</summary>
    /// <param name="path">Of its files, without extension.</param>
    /// <param name="subject">A distinguished name.</param>
    /// <param name="address">Its mail address.</param>
    /// <param name="uses">Digital signature: P-256; key encipherment: RSA-2048.</param>
    /// <returns>PEM files.</returns>
    public (string Key, string Certificate) MakeKey(string path, string subject, string address, X509KeyUsageFlags uses)
    {
        using AsymmetricAlgorithm made = uses is X509KeyUsageFlags.DigitalSignature ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(2048);
        var request = made is ECDsa signing
            ? new CertificateRequest(subject, signing, HashAlgorithmName.SHA256)
            : new CertificateRequest(subject, (RSA)made, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return Write(path, made, Issue(request, address, uses));
    }

    /// <summary>Makes a key for a server on this machine and has it certified.</summary>
    /// <param name="path">Of its files, without extension.</param>
    /// <returns>PEM files.</returns>
    public (string Key, string Certificate) MakeServerKey(string path)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        return Make(path, "CN=Look-ups", X509KeyUsageFlags.DigitalSignature, new X509BasicConstraintsExtension(false, false, 0, true), names.Build(), new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
    }

    /// <summary>Makes an authority that may certify recipients of one mail domain and nobody else (RFC 5280 §4.2.1.10).</summary>
    /// <param name="path">Of its files, without extension.</param>
    /// <param name="mailDomain">Addresses of that host.</param>
    /// <returns>PEM files.</returns>
    public (string Key, string Certificate) MakeProxyAuthority(string path, string mailDomain)
    {
        var constraints = new AsnWriter(AsnEncodingRules.DER);
        using (constraints.PushSequence())
        using (constraints.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        using (constraints.PushSequence()) constraints.WriteCharacterString(UniversalTagNumber.IA5String, mailDomain, new Asn1Tag(TagClass.ContextSpecific, 1));
        return Make(
            path, "CN=Proxy authority,O=Home", X509KeyUsageFlags.KeyCertSign, new X509BasicConstraintsExtension(true, true, 0, true),
            new X509Extension("2.5.29.30", constraints.Encode(), critical: true), new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.4")], false));
    }

    public void Dispose()
    {
        officer.Dispose();
        liaison.Dispose();
        authority.Dispose();
        authorityKey.Dispose();
    }

    private async Task SetUpTokenAsync(CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(Environment.Value, $"directories.tokendir = {TokenFolder}\nobjectstore.backend = file\nlog.level = ERROR\n", cancellationToken);
        var pin = RandomNumberGenerator.GetHexString(12);
        var own = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) own.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var file = new StreamWriter(PinFile, own)) await file.WriteLineAsync(pin);
        await InitialiseAsync(pin, cancellationToken);
        var uri = $"pkcs11:token={TokenLabel};object={KeyLabel}?module-path={module}";
        await DemoSwitch.ToolAsync(Environment, cancellationToken, "key", "generate", uri, "--kind", "p256", "--role", "domain-signing", "--pin-file", PinFile);
        var asked = Path.Combine(folder, "domain-signing.csr");
        await DemoSwitch.ToolAsync(Environment, cancellationToken, "cert", "request", uri, "--subject", "CN=domain-signing-authority", "--address", Authority, "--role", "domain-signing", "--pin-file", PinFile, "-o", asked);
        var request = CertificateRequest.LoadSigningRequestPem(await File.ReadAllTextAsync(asked, cancellationToken), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default);
        await File.WriteAllTextAsync(SigningCertificate, PemEncoding.WriteString("CERTIFICATE", Issue(request, Authority, X509KeyUsageFlags.DigitalSignature)), cancellationToken);
    }

    private (string Key, string Certificate) Make(string path, string subject, X509KeyUsageFlags uses, params ReadOnlySpan<X509Extension> extensions)
    {
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, made, HashAlgorithmName.SHA256);
        foreach (var extension in extensions) request.CertificateExtensions.Add(extension);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(uses, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(authority.SubjectName, X509SignatureGenerator.CreateForECDsa(authorityKey), now.AddHours(-1), now.AddDays(20), RandomNumberGenerator.GetBytes(12));
        return Write(path, made, certificate.RawData);
    }

    private static (string Key, string Certificate) Write(string path, AsymmetricAlgorithm made, byte[] issued)
    {
        var (key, certificate) = (path + ".key", path + ".pem");
        var own = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) own.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new StreamWriter(key, own)) file.WriteLine(made.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificate, PemEncoding.WriteString("CERTIFICATE", issued));
        return (key, certificate);
    }

    private byte[] Issue(CertificateRequest request, string address, X509KeyUsageFlags uses)
    {
        var issued = new CertificateRequest(request.SubjectName, request.PublicKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress(address);
        issued.CertificateExtensions.Add(names.Build());
        issued.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        issued.CertificateExtensions.Add(new X509KeyUsageExtension(uses, true));
        issued.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.4")], false));
        issued.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = issued.Create(authority.SubjectName, X509SignatureGenerator.CreateForECDsa(authorityKey), now.AddHours(-1), now.AddDays(20), RandomNumberGenerator.GetBytes(12));
        return certificate.RawData;
    }

    private async Task InitialiseAsync(string pin, CancellationToken cancellationToken)
    {
        // The token's own tool takes PINs on its command line only; this one lives as long as the demonstration.
        var start = new ProcessStartInfo(TokenProgram, ["--init-token", "--free", "--label", TokenLabel, "--pin", pin, "--so-pin", RandomNumberGenerator.GetHexString(12)])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment[Environment.Key] = Environment.Value;
        try
        {
            using var tool = Process.Start(start)!;
            var said = tool.StandardError.ReadToEndAsync(cancellationToken);
            await tool.StandardOutput.ReadToEndAsync(cancellationToken);
            await tool.WaitForExitAsync(cancellationToken);
            if (tool.ExitCode is not 0) throw new CommandFault(ExitCodes.Bad, $"{TokenProgram} failed: {await said}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{TokenProgram} is missing: install Debian's package softhsm2");
        }
    }
}
