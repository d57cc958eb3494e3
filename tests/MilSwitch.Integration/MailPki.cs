using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>An authority for mail, and a SoftHSM token for the keys of a switch; everything in one folder.</summary>
internal sealed class MailPki : IDisposable
{
    public const string TokenProgram = "softhsm2-util";
    private const string Module = "/usr/lib/softhsm/libsofthsm2.so";
    private const string Pin = "PIN-CANARY-7f3a";

    private readonly Workspace workspace = new("mail-pki");
    private readonly RSA authorityKey = RSA.Create(2048);
    private readonly X509Certificate2 authority;

    public MailPki()
    {
        var request = new CertificateRequest("CN=Mail authority", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        authority = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-2), TimeProvider.System.GetUtcNow().AddDays(300));
        File.WriteAllText(Anchors, authority.ExportCertificatePem());
        Directory.CreateDirectory(TokenFolder);
        File.WriteAllText(Settings, $"directories.tokendir = {TokenFolder}\nobjectstore.backend = file\nlog.level = ERROR\n");
        WriteSecret("pin", Pin);
    }

    public string this[string name] => workspace[name];

    public string Anchors => workspace["ca.pem"];

    public string TokenFolder => workspace["tokens"];

    /// <summary>What a process that uses the token needs in its environment.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["SOFTHSM2_CONF"] = Settings };

    private string Settings => workspace["softhsm2.conf"];

    /// <summary>Writes NAME.pem and NAME.key, for signing and encryption.</summary>
    /// <param name="name">Of the files.</param>
    /// <param name="commonName">May be followed by further parts of the name.</param>
    /// <param name="address">A mail address, or a URI; null: the certificate has none.</param>
    public void Issue(string name, string commonName, string? address)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=" + commonName, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        if (address is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            if (address.Contains("//", StringComparison.Ordinal)) names.AddUri(new Uri(address));
            else names.AddEmailAddress(address);
            request.CertificateExtensions.Add(names.Build());
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.4")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(authority, now.AddDays(-1), now.AddDays(100), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(workspace[name + ".pem"], certificate.ExportCertificatePem());
        WriteSecret(name + ".key", key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Writes NAME.pem and NAME.key of an authority that may certify recipients of one mail domain and nobody else (RFC 5280 §4.2.1.10).</summary>
    public void IssueProxyAuthority(string name, string mailDomain)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=Proxy authority", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var constraints = new AsnWriter(AsnEncodingRules.DER);
        using (constraints.PushSequence())
        using (constraints.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        using (constraints.PushSequence()) constraints.WriteCharacterString(UniversalTagNumber.IA5String, mailDomain, new Asn1Tag(TagClass.ContextSpecific, 1));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509Extension("2.5.29.30", constraints.Encode(), critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.4")], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(authority, now.AddDays(-1), now.AddDays(100), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(workspace[name + ".pem"], certificate.ExportCertificatePem());
        WriteSecret(name + ".key", key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A file with somebody's key and certificate.</summary>
    public string Bundle(string name)
    {
        WriteSecret(name + ".both", File.ReadAllText(workspace[name + ".key"]) + File.ReadAllText(workspace[name + ".pem"]));
        return workspace[name + ".both"];
    }

    public async Task InitialiseTokenAsync(string label) =>
        await ToolAsync(TokenProgram, "--init-token", "--free", "--label", label, "--pin", Pin, "--so-pin", "so-" + Pin);

    /// <summary>Puts a key that was issued onto tokens, and forgets the file.</summary>
    public Task MoveToTokenAsync(string token, string name) => MoveToTokensAsync([token], name);

    public async Task MoveToTokensAsync(IEnumerable<string> tokens, string name)
    {
        foreach (var token in tokens)
            await ToolAsync(TokenProgram, "--import", workspace[name + ".key"], "--token", token, "--label", name, "--id", Convert.ToHexString(RandomNumberGenerator.GetBytes(8)), "--pin", Pin);
        File.Delete(workspace[name + ".key"]);
    }

    /// <summary>The section <c>tokens</c> for a token with keys, each with its role.</summary>
    public string Tokens(string label, params (string Label, string Role)[] keys) =>
        $"tokens:\n  - {{ name: hsm, library: {Module}, label: {label}, pin: {{ file: {workspace["pin"]} }}, poll-interval: 200ms, reinitialise-interval: 200ms, deadline: 1s, keys: ["
        + string.Join(", ", keys.Select(k => $"{{ label: {k.Label}, role: {k.Role}, certificate: {workspace[k.Label + ".pem"]} }}")) + "] }\n";

    /// <summary>Takes the token away, or brings it back.</summary>
    public void TakeTokenAway(bool away)
    {
        if (away)
        {
            Directory.Move(TokenFolder, TokenFolder + "-away");
            Directory.CreateDirectory(TokenFolder);
            return;
        }

        Directory.Delete(TokenFolder, recursive: true);
        Directory.Move(TokenFolder + "-away", TokenFolder);
    }

    /// <summary>Common name in the certificate of a file, as openssl reads it.</summary>
    public async Task<string> SubjectAsync(string file) => (await DoneAsync("x509", "-in", file, "-noout", "-subject", "-nameopt", "multiline")).Split('=')[^1].Trim();

    /// <summary>What openssl says, which ends well.</summary>
    public async Task<string> DoneAsync(params string[] arguments)
    {
        var (good, said) = await OpenSslAsync(arguments);
        Assert.True(good, said);
        return said;
    }

    /// <summary>Runs <c>openssl</c> in the folder; what it wrote, and whether it ended well.</summary>
    public async Task<(bool Good, string Said)> OpenSslAsync(params string[] arguments) => await RunAsync("openssl", arguments);

    public void Dispose()
    {
        authority.Dispose();
        authorityKey.Dispose();
        workspace.Dispose();
    }

    private void WriteSecret(string name, string text)
    {
        File.WriteAllText(workspace[name], text + "\n");
        File.SetUnixFileMode(workspace[name], UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private async Task ToolAsync(string program, params string[] arguments)
    {
        var (good, said) = await RunAsync(program, arguments);
        Assert.True(good, said);
    }

    private async Task<(bool Good, string Said)> RunAsync(string program, string[] arguments)
    {
        var start = new System.Diagnostics.ProcessStartInfo(Requirement.Find(program)!, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = workspace.Folder,
        };
        start.Environment["SOFTHSM2_CONF"] = Settings;
        start.Environment["LC_ALL"] = "C";
        using var process = System.Diagnostics.Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode is 0, await output + await error);
    }
}
