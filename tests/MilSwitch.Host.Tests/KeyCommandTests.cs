using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using MilSwitch.Host.Commands;
using MilSwitch.Smime.Tests.Tokens;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

[Trait("Feature", "Q-01")]
[Collection(TokenCollection.Name)]
public sealed class KeyCommandTests : IDisposable
{
    private readonly Workspace workspace = new("keys");

    public void Dispose() => workspace.Dispose();

    [Theory]
    [InlineData("rsa-2048", "domain-signing", "sign decrypt", true)]
    [InlineData("p256", "domain-confidentiality", "sign decrypt", true)]
    [InlineData("p384", "domain-signing", "sign decrypt", true)]
    [InlineData("p521", "review", "sign decrypt", true)]
    [InlineData("ed25519", "domain-signing", "sign", true)]
    [InlineData("ml-dsa-44", "domain-signing", "sign", false)]
    [InlineData("ml-dsa-65", "domain-signing", "sign", false)]
    [InlineData("ml-dsa-87", "domain-signing", "sign", false)]
    public async Task Makes_a_key_in_a_file_and_asks_for_its_certificate(string kind, string role, string use, bool knownToOpenssl)
    {
        var file = workspace["one.key"];
        var made = await RunAsync("key", "generate", file, "--kind", kind);
        Assert.Equal((0, ""), (made.ExitCode, made.Error));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        Assert.Equal(made.Output, (await RunAsync("key", "show", file, "--public")).Output);
        Assert.Contains(use + "\n", (await RunAsync("key", "show", file)).Output, StringComparison.Ordinal);

        var again = await RunAsync("key", "generate", file, "--kind", kind);
        Assert.Equal((6, ""), (again.ExitCode, again.Output));

        var asked = await RunAsync("cert", "request", file, "--subject", "CN=Gateway,O=Example", "--address", "gateway@example.org", "--role", role);
        Assert.Equal((0, ""), (asked.ExitCode, asked.Error));
        await File.WriteAllTextAsync(workspace["one.csr"], asked.Output);
        if (!knownToOpenssl)
        {
            Assert.True(new Org.BouncyCastle.Pkcs.Pkcs10CertificationRequest(PemBytes(asked.Output)).Verify());
            return;
        }

        if (Requirement.Find("openssl") is null) return;
        var judged = OpenSsl("req", "-in", workspace["one.csr"], "-verify", "-noout", "-text");
        Assert.Contains("verify OK", judged, StringComparison.Ordinal);
        Assert.Contains("email:gateway@example.org", judged, StringComparison.Ordinal);
        Assert.Contains(role is "domain-confidentiality" ? "Key Agreement" : "Digital Signature", judged, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x25519")]
    [InlineData("ml-kem-512")]
    [InlineData("ml-kem-768")]
    [InlineData("ml-kem-1024")]
    public async Task A_key_that_does_not_sign_shows_its_public_half_instead_of_asking(string kind)
    {
        var file = workspace["one.key"];
        var made = await RunAsync("key", "generate", file, "--kind", kind, "--json");
        using var json = JsonDocument.Parse(made.Output);
        Assert.Equal((kind, false, true), (json.RootElement.GetProperty("kind").GetString(), json.RootElement.GetProperty("signs").GetBoolean(), json.RootElement.GetProperty("decrypts").GetBoolean()));
        var asked = await RunAsync("cert", "request", file, "--subject", "CN=x");
        Assert.Equal(2, asked.ExitCode);
        Assert.Contains("key show --public", asked.Error, StringComparison.Ordinal);
    }

    [RequiresFact("openssl")]
    public async Task Encrypts_a_key_file_with_a_password()
    {
        await File.WriteAllTextAsync(workspace["password"], "SECRET-CANARY\n");
        await File.WriteAllTextAsync(workspace["wrong"], "SECRET-CANARY-wrong\n");
        var file = workspace["one.key"];
        Assert.Equal(0, (await RunAsync("key", "generate", file, "--kind", "p384", "--password-file", workspace["password"])).ExitCode);
        Assert.Contains("Private-Key: (384 bit)", OpenSsl("pkey", "-in", file, "-passin", "file:" + workspace["password"], "-noout", "-text"), StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("key", "show", file, "--password-file", workspace["password"])).ExitCode);
        foreach (var options in new[] { Array.Empty<string>(), ["--password-file", workspace["wrong"]] })
        {
            var refused = await RunAsync(["key", "show", file, .. options]);
            Assert.Equal((3, ""), (refused.ExitCode, refused.Output));
            Assert.Contains("password", refused.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("CANARY", refused.Error, StringComparison.Ordinal);
        }
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers, "openssl")]
    public async Task Makes_a_key_on_a_token_and_stores_its_certificate()
    {
        using var hsm = new SoftHsm();
        hsm.AddToken("one");
        var token = $"pkcs11:token=one?module-path={hsm.Module}&pin-source={hsm.PinFile}";
        var key = $"pkcs11:token=one;object=domain%20signing?module-path={hsm.Module}&pin-source={hsm.PinFile}";
        Assert.Contains("one  ", (await RunAsync("key", "list", $"pkcs11:?module-path={hsm.Module}")).Output, StringComparison.Ordinal);

        var made = await RunAsync("key", "generate", key, "--kind", "p256");
        Assert.Equal((0, ""), (made.ExitCode, made.Error));
        Assert.Equal(6, (await RunAsync("key", "generate", key, "--kind", "p256")).ExitCode);
        Assert.Equal(2, (await RunAsync("key", "generate", key, "--kind", "ml-dsa-65")).ExitCode);
        Assert.Equal(made.Output, (await RunAsync("key", "show", key, "--public")).Output);
        Assert.Equal(0, (await RunAsync("cert", "request", key, "--subject", "CN=Domain signing", "--address", "domain-signing-authority@example.org", "-o", workspace["one.csr"])).ExitCode);
        Assert.Contains("verify OK", OpenSsl("req", "-in", workspace["one.csr"], "-verify", "-noout"), StringComparison.Ordinal);

        var certificate = workspace["one.pem"];
        Certify(PemBytes(made.Output), certificate);
        Assert.Equal(0, (await RunAsync("cert", "import", certificate, token)).ExitCode);
        Assert.Equal(6, (await RunAsync("cert", "import", certificate, token)).ExitCode);
        var list = await RunAsync("key", "list", token, "--json");
        using var json = JsonDocument.Parse(list.Output);
        var shown = Assert.Single(json.RootElement.GetProperty("keys").EnumerateArray());
        Assert.Equal(("domain signing", "p256", true, false, false), (
            shown.GetProperty("label").GetString(), shown.GetProperty("kind").GetString(), shown.GetProperty("signs").GetBoolean(), shown.GetProperty("decrypts").GetBoolean(),
            shown.GetProperty("mayLeave").GetBoolean()));
        Assert.Equal("CN=Certified", Assert.Single(shown.GetProperty("certificates").EnumerateArray()).GetProperty("subject").GetString());
        Assert.Contains("CN=Certified", (await RunAsync("cert", "show", certificate)).Output, StringComparison.Ordinal);

        // A certificate of somebody else has no place there.
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Certify(stranger.ExportSubjectPublicKeyInfo(), workspace["other.pem"]);
        Assert.Equal(3, (await RunAsync("cert", "import", workspace["other.pem"], token)).ExitCode);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "K4")]
    public async Task A_wrong_PIN_is_shown_once_by_each_command_and_never_told()
    {
        using var hsm = new SoftHsm();
        hsm.AddToken("one");
        SoftHsm.WritePin(hsm.PinFile, "PIN-CANARY-wrong");
        var run = await RunAsync("key", "list", $"pkcs11:token=one?module-path={hsm.Module}", "--pin-file", hsm.PinFile);
        Assert.Equal((3, ""), (run.ExitCode, run.Output));
        Assert.Contains("CKR_PIN_INCORRECT", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", run.Error, StringComparison.Ordinal);
        Assert.Equal(1, hsm.Calls(ModuleCall.Login));
    }

    [Theory]
    [InlineData(2, "key", "generate", "x.key", "--kind", "rsa-512")]
    [InlineData(2, "key", "generate", "pkcs11:token=one?module-path=/none.so")]
    [InlineData(2, "key", "list", "pkcs11:token=one?module-path=/none.so&pin-value=PIN-CANARY")]
    [InlineData(2, "key", "list", "softhsm")]
    [InlineData(3, "key", "list", "pkcs11:?module-path=/none.so")]
    [InlineData(3, "key", "show", "/nowhere/x.key")]
    [InlineData(3, "key", "generate", "/nowhere/x.key")]
    [InlineData(3, "cert", "show", "/nowhere/x.pem")]
    public async Task Ends_with_the_code_of_its_fault(int exitCode, params string[] line)
    {
        var run = await RunAsync(line);
        Assert.Equal((exitCode, ""), (run.ExitCode, run.Output));
        Assert.DoesNotContain("CANARY", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--subject", "no name")]
    [InlineData("--subject", "CN=x", "--address", "nobody")]
    [InlineData("--subject", "CN=x", "--address", "j\u00FCrgen@example.org")]
    public async Task Refuses_to_ask_for_what_is_no_name(params string[] options)
    {
        var file = workspace["one.key"];
        await RunAsync("key", "generate", file, "--kind", "ed25519");
        Assert.Equal(2, (await RunAsync(["cert", "request", file, .. options])).ExitCode);
    }

    private static Task<CommandRun> RunAsync(params string[] arguments) => CommandRun.OfAsync(arguments);

    private static byte[] PemBytes(string pem) => Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);

    private static void Certify(byte[] publicKey, string file)
    {
        using var issuer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName("CN=Certified"), PublicKey.CreateFromSubjectPublicKeyInfo(publicKey, out _), HashAlgorithmName.SHA256);
        using var certificate = request.Create(
            new X500DistinguishedName("CN=issuer"), X509SignatureGenerator.CreateForECDsa(issuer), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90), [1]);
        File.WriteAllText(file, certificate.ExportCertificatePem());
    }

    private static string OpenSsl(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode is 0 ? said : throw new InvalidOperationException(said);
    }
}
