using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Host.Commands;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Tests.Tokens;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

[Trait("Feature", "Q-01")]
[Collection(TokenCollection.Name)]
public sealed class KeySourceTests : IDisposable
{
    private static readonly byte[] Octets = "attributes to be signed"u8.ToArray();
    private readonly Workspace workspace = new("key-source");
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 certificate;
    private readonly X509Certificate2 other;
    private readonly StringWriter error = new();

    public KeySourceTests()
    {
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        certificate = new CertificateRequest("CN=Own", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
        other = new CertificateRequest("CN=Other", stranger, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
        Directory.CreateDirectory(workspace["all"]);
        File.WriteAllText(workspace["both.pem"], other.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n" + certificate.ExportCertificatePem());
        File.WriteAllText(workspace["all/own.key"], key.ExportECPrivateKeyPem());
        File.WriteAllText(workspace["all/own.crt"], certificate.ExportCertificatePem());
        File.WriteAllText(workspace["all/README"], "nothing");
        File.WriteAllBytes(workspace["own.der"], key.ExportPkcs8PrivateKey());
        File.WriteAllBytes(workspace["own.p12"], certificate.Export(X509ContentType.Pkcs12, "SECRET-CANARY"));
        File.WriteAllText(workspace["locked.pem"], key.ExportEncryptedPkcs8PrivateKeyPem("SECRET-CANARY", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000)) + "\n" + certificate.ExportCertificatePem());
        File.WriteAllText(workspace["password"], "SECRET-CANARY\n");
        File.WriteAllText(workspace["wrong"], "SECRET-CANARY-wrong\n");
    }

    public void Dispose()
    {
        key.Dispose();
        certificate.Dispose();
        other.Dispose();
        error.Dispose();
        workspace.Dispose();
    }

    [Theory]
    [InlineData("both.pem", null)]
    [InlineData("own.p12", "password")]
    [InlineData("locked.pem", "password")]
    public async Task Reads_a_signing_key_with_its_certificate(string file, string? password)
    {
        using var source = Open(password);
        var (signing, certificates) = source.ReadSigningKey("--key", workspace[file]);
        Assert.Equal(certificate.RawData, signing.Certificate.ToArray());
        Assert.Contains(certificates, c => c.Span.SequenceEqual(certificate.RawData));
        Assert.True(key.VerifyData(Octets, await signing.SignAsync(Octets), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    [Fact]
    public void Takes_the_key_that_may_sign_where_a_person_has_two()
    {
        using var confidentiality = RSA.Create(2048);
        var request = new CertificateRequest("CN=Own", confidentiality, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment, true));
        using var encryption = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
        File.WriteAllBytes(workspace["two.p12"], new X509Certificate2Collection { encryption, certificate }.Export(X509ContentType.Pkcs12, "SECRET-CANARY")!);
        using var source = Open("password");
        Assert.Equal(certificate.RawData, source.ReadSigningKey("--key", workspace["two.p12"]).Key.Certificate.ToArray());
        Assert.Contains(source.ReadDecryptionKeys("--keys", [workspace["two.p12"]]), k => k.Certificate.Span.SequenceEqual(encryption.RawData));
    }

    [Theory]
    [InlineData("own.der")]
    [InlineData("all/own.key")]
    public void Takes_the_certificate_from_elsewhere(string file)
    {
        using var source = Open();
        Assert.Equal(certificate.RawData, source.ReadSigningKey("--key", workspace[file], certificate.RawData).Key.Certificate.ToArray());
        Assert.Contains("no certificate", Fault(() => source.ReadSigningKey("--key", workspace[file])), StringComparison.Ordinal);
        Assert.Contains("none of the certificates", Fault(() => source.ReadSigningKey("--key", workspace[file], other.RawData)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("own.p12", null)]
    [InlineData("own.p12", "wrong")]
    [InlineData("locked.pem", null)]
    [InlineData("locked.pem", "wrong")]
    public void Says_that_a_password_is_wrong_and_no_more(string file, string? password)
    {
        using var source = Open(password);
        foreach (var fault in new[] { Fault(() => source.ReadSigningKey("--key", workspace[file])), Fault(() => source.ReadDecryptionKeys("--key", [workspace[file]])) })
        {
            Assert.StartsWith($"--key: {workspace[file]}: ", fault, StringComparison.Ordinal);
            Assert.Contains("password", fault, StringComparison.Ordinal);
            Assert.DoesNotContain("CANARY", fault, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1, "both.pem")]
    [InlineData(1, "all")]
    [InlineData(1, "own.der", "all/own.crt")]
    [InlineData(1, "own.p12", "all")]
    public void Collects_decryption_keys_and_matches_their_certificates(int count, params string[] paths)
    {
        using var source = Open("password");
        var keys = source.ReadDecryptionKeys("--keys", paths.Select(p => workspace[p]));
        Assert.Equal(count, keys.Count);
        Assert.All(keys, k => Assert.Equal(certificate.RawData, k.Certificate.ToArray()));
    }

    [Fact]
    public void A_key_that_was_certified_again_opens_what_was_sent_to_either_certificate()
    {
        using var renewed = new CertificateRequest("CN=Own", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(80));
        using var source = Open();
        var keys = source.ReadDecryptionKeys("--keys", [workspace["both.pem"]], [renewed.RawData]);
        Assert.Equal([certificate.RawData, renewed.RawData], keys.Select(k => k.Certificate.ToArray()));
    }

    [Fact]
    public void Names_no_key_as_a_fault()
    {
        using var source = Open();
        Assert.Contains("no key that decrypts", Fault(() => source.ReadDecryptionKeys("--keys", [workspace["all/own.crt"]])), StringComparison.Ordinal);
        Assert.Contains("no key that decrypts", Fault(() => source.ReadDecryptionKeys("--keys", [workspace["own.der"]])), StringComparison.Ordinal);
        Assert.Contains("without its certificate", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("no such file", Fault(() => source.ReadSigningKey("--key", workspace["nothing"])), StringComparison.Ordinal);
        Assert.Contains("no private key", Fault(() => source.ReadSigningKey("--key", workspace["all/own.crt"])), StringComparison.Ordinal);
        Assert.Empty(source.ReadDecryptionKeys("--keys", []));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Signs_and_opens_with_keys_of_a_token()
    {
        using var hsm = new SoftHsm();
        using var rsa = RSA.Create(2048);
        hsm.AddToken("one");
        hsm.Import("one", "signing", key);
        hsm.Import("one", "opening", rsa);
        await File.WriteAllBytesAsync(workspace["opening.crt"], SoftHsm.Certify(rsa));
        using var source = new KeySource(Environment(), passwordFile: null, hsm.PinFile);

        var (signing, certificates) = source.ReadSigningKey("--key", $"pkcs11:token=one;object=signing?module-path={hsm.Module}&x-certificate={workspace["all/own.crt"]}");
        Assert.Equal(certificate.RawData, Assert.Single(certificates).ToArray());
        Assert.True(key.VerifyData(Octets, await signing.SignAsync(Octets), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        Assert.Equal(certificate.RawData, source.ReadSigningKey("--key", $"pkcs11:object=signing?module-path={hsm.Module}", certificate.RawData).Key.Certificate.ToArray());

        var opening = Assert.Single(source.ReadDecryptionKeys("--keys", [$"pkcs11:object=opening;type=private?module-path={hsm.Module}&x-certificate=file:{workspace["opening.crt"]}"]));
        var opened = await opening.UnwrapAsync(new("1.2.840.113549.1.1.1"), rsa.Encrypt(Octets, RSAEncryptionPadding.Pkcs1), Octets.Length);
        Assert.Equal(Octets, opened);

        Assert.Contains("x-certificate=", Fault(() => source.ReadSigningKey("--key", $"pkcs11:object=signing?module-path={hsm.Module}")), StringComparison.Ordinal);
        Assert.Contains("x-certificate=", Fault(() => source.ReadSigningKey("--key", $"pkcs11:object=signing?module-path={hsm.Module}", other.RawData)), StringComparison.Ordinal);
        Assert.Contains("it has opening, signing", Fault(() => source.ReadSigningKey("--key", $"pkcs11:object=nothing?module-path={hsm.Module}")), StringComparison.Ordinal);
        Assert.Contains("the library has token=one", Fault(() => source.ReadSigningKey("--key", $"pkcs11:token=two;object=signing?module-path={hsm.Module}")), StringComparison.Ordinal);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public void Two_tokens_of_one_label_are_told_apart_by_serial_number()
    {
        using var hsm = new SoftHsm();
        hsm.AddToken("one");
        hsm.Import("one", "signing", key);
        hsm.AddToken("one");
        using var source = new KeySource(Environment(), passwordFile: null, hsm.PinFile);
        var query = $"?module-path={hsm.Module}&x-certificate={workspace["all/own.crt"]}";

        var fault = Fault(() => source.ReadSigningKey("--key", "pkcs11:token=one;object=signing" + query));

        Assert.Contains("several tokens could be meant; name one by serial=", fault, StringComparison.Ordinal);
        Assert.Equal(0, hsm.Calls(ModuleCall.Login));
        var serials = Smime.Tokens.TokenCatalogue.Read(hsm.Module).Select(t => t.Serial).ToArray();
        Assert.All(serials, s => Assert.Contains(s, fault, StringComparison.Ordinal));
        Assert.Equal(1, serials.Count(s => Try(source, $"pkcs11:token=one;serial={s};object=signing{query}")));
    }

    private static bool Try(KeySource source, string uri)
    {
        try
        {
            return source.ReadSigningKey("--key", uri).Key is Smime.Tokens.TokenKey;
        }
        catch (CommandFault)
        {
            return false;
        }
    }

    private static string Fault(Func<object> act)
    {
        var fault = Assert.Throws<CommandFault>(act);
        Assert.Equal(ExitCodes.NotFound, fault.ExitCode);
        return fault.Message;
    }

    private KeySource Open(string? password = null) => new(Environment(), password is null ? null : workspace[password]);

    private CommandEnvironment Environment() => new()
    {
        Input = TextReader.Null, Output = TextWriter.Null, Error = error, OpenOutput = () => Stream.Null, IsInputTerminal = false, Variable = _ => null,
    };
}
