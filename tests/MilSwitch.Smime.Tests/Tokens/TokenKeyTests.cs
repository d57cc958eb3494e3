using System.Diagnostics;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Tokens;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests.Tokens;

[Trait("Feature", "Q-01")]
[Collection(TokenCollection.Name)]
public sealed class TokenKeyTests
{
    private static readonly byte[] Octets = "attributes to be signed"u8.ToArray();

    [RequiresTheory(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [InlineData("SHA256", false)]
    [InlineData("SHA384", false)]
    [InlineData("SHA512", false)]
    [InlineData("SHA256", true)]
    [InlineData("SHA384", true)]
    public async Task Signs_with_an_RSA_key(string digest, bool pss)
    {
        using var hsm = new SoftHsm();
        using var rsa = RSA.Create(2048);
        hsm.AddToken("one");
        hsm.Import("one", "signing", rsa);
        using var directory = new TokenDirectory([hsm.Options("one", "signing")], TimeProvider.System);
        var name = new HashAlgorithmName(digest);
        var key = directory.Key("signing", SoftHsm.Certify(rsa), name, pss);

        var signature = await key.SignAsync(Octets);

        Assert.True(rsa.VerifyData(Octets, signature, name, pss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1));
        Assert.Equal(pss, key.SignatureAlgorithm.Algorithm is "1.2.840.113549.1.1.10");
    }

    [RequiresTheory(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [InlineData("nistP256", "1.2.840.10045.4.3.2")]
    [InlineData("nistP384", "1.2.840.10045.4.3.3")]
    [InlineData("nistP521", "1.2.840.10045.4.3.4")]
    public async Task Signs_with_an_EC_key_as_strong_as_its_curve(string curve, string algorithm)
    {
        using var hsm = new SoftHsm();
        using var ec = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        hsm.AddToken("one");
        hsm.Import("one", "signing", ec);
        using var directory = new TokenDirectory([hsm.Options("one", "signing")], TimeProvider.System);
        var key = directory.Key("signing", SoftHsm.Certify(ec));
        Assert.Equal(new AlgorithmIdentifier(algorithm), key.SignatureAlgorithm);
        var digest = algorithm[^1] switch { '2' => HashAlgorithmName.SHA256, '3' => HashAlgorithmName.SHA384, _ => HashAlgorithmName.SHA512 };
        for (var i = 0; i < 40; i++)
            Assert.True(ec.VerifyData(Octets, await key.SignAsync(Octets), digest, DSASignatureFormat.Rfc3279DerSequence));
    }

    [RequiresTheory(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers, "openssl")]
    [InlineData("rsa_padding_mode:oaep rsa_oaep_md:sha1", "SHA1")]
    [InlineData("rsa_padding_mode:oaep rsa_oaep_md:sha256", "SHA256")]
    [InlineData("rsa_padding_mode:oaep rsa_oaep_md:sha512", "SHA512")]
    [InlineData("rsa_padding_mode:pkcs1", null)]
    public async Task Opens_what_openssl_encrypted(string options, string? digest)
    {
        using var hsm = new SoftHsm();
        using var rsa = RSA.Create(2048);
        hsm.AddToken("one");
        hsm.Import("one", "confidentiality", rsa);
        using var directory = new TokenDirectory([hsm.Options("one", "confidentiality")], TimeProvider.System);
        var key = directory.Key("confidentiality", SoftHsm.Certify(rsa));
        var secret = RandomNumberGenerator.GetBytes(32);
        var algorithm = digest is null ? new AlgorithmIdentifier(TokenKeyIdentity.RsaEncryption, AlgorithmIdentifier.Null) : Oaep(digest);

        var encrypted = Encrypt(hsm, rsa, secret, options);

        Assert.Equal(secret, await key.UnwrapAsync(algorithm, encrypted, 32));
        encrypted[100] ^= 1;
        var wrong = await key.UnwrapAsync(algorithm, encrypted, 32);
        if (digest is not null)
        {
            Assert.Null(wrong);
            return;
        }

        // Implicit rejection: a key that fits nothing, the same each time.
        Assert.Equal(32, wrong!.Length);
        Assert.NotEqual(secret, wrong);
        Assert.Equal(wrong, await key.UnwrapAsync(algorithm, encrypted, 32));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "C9")]
    public async Task Bad_padding_costs_the_token_what_good_padding_costs()
    {
        using var hsm = new SoftHsm();
        using var rsa = RSA.Create(2048);
        hsm.AddToken("one");
        hsm.Import("one", "confidentiality", rsa);
        using var directory = new TokenDirectory([hsm.Options("one", "confidentiality")], TimeProvider.System);
        var key = directory.Key("confidentiality", SoftHsm.Certify(rsa));
        var good = rsa.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA256);
        var bad = (byte[])good.Clone();
        bad[^1] ^= 1;
        Assert.NotNull(await key.UnwrapAsync(Oaep("SHA256"), good, 32));

        var (sessions, operations) = (hsm.Calls(ModuleCall.OpenSession), hsm.Calls(ModuleCall.Decrypt));
        Assert.NotNull(await key.UnwrapAsync(Oaep("SHA256"), good, 32));
        var each = hsm.Calls(ModuleCall.Decrypt) - operations;
        foreach (var algorithm in new[] { Oaep("SHA256"), Oaep("SHA1"), new AlgorithmIdentifier(TokenKeyIdentity.RsaEncryption) })
        {
            operations = hsm.Calls(ModuleCall.Decrypt);
            await key.UnwrapAsync(algorithm, bad, 32);
            Assert.Equal(each, hsm.Calls(ModuleCall.Decrypt) - operations);
        }

        Assert.Equal(sessions, hsm.Calls(ModuleCall.OpenSession));
        Assert.Equal(TokenState.Working, directory.Health[0].Value.State);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "C9")]
    public async Task Without_raw_RSA_the_token_judges_OAEP_and_nothing_judges_PKCS1()
    {
        using var hsm = new SoftHsm();
        using var rsa = RSA.Create(2048);
        hsm.AddToken("one");
        hsm.Import("one", "confidentiality", rsa);
        using var directory = new TokenDirectory([WithoutRawRsa(hsm.Options("one", "confidentiality"))], TimeProvider.System);
        var key = directory.Key("confidentiality", SoftHsm.Certify(rsa));
        var secret = RandomNumberGenerator.GetBytes(16);

        Assert.Equal(secret, await key.UnwrapAsync(Oaep("SHA1"), rsa.Encrypt(secret, RSAEncryptionPadding.OaepSHA1), 16));
        Assert.Null(await key.UnwrapAsync(Oaep("SHA1"), rsa.Encrypt(secret, RSAEncryptionPadding.OaepSHA1), 32));
        // SoftHSM has no OAEP with SHA-256.
        await Assert.ThrowsAsync<NotSupportedException>(async () => await key.UnwrapAsync(Oaep("SHA256"), rsa.Encrypt(secret, RSAEncryptionPadding.OaepSHA256), 16));
        await Assert.ThrowsAsync<NotSupportedException>(async () =>
            await key.UnwrapAsync(new AlgorithmIdentifier(TokenKeyIdentity.RsaEncryption), rsa.Encrypt(secret, RSAEncryptionPadding.Pkcs1), 16));
        Assert.Equal(TokenState.Working, directory.Health[0].Value.State);
    }

    [RequiresTheory(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [InlineData(TokenKeyKind.P256, "nistP256")]
    [InlineData(TokenKeyKind.P384, "nistP384")]
    [InlineData(TokenKeyKind.P521, "nistP521")]
    public async Task Agrees_on_a_secret_with_a_key_made_on_the_token(TokenKeyKind kind, string curve)
    {
        using var hsm = new SoftHsm();
        hsm.AddToken("one");
        byte[] made;
        using (var administration = new TokenAdministration(hsm.Options("one", "agreement")))
            made = administration.Generate("agreement", kind, KeyRole.DomainConfidentiality);
        using var same = ECDiffieHellman.Create();
        same.ImportSubjectPublicKeyInfo(made, out _);
        using var directory = new TokenDirectory([hsm.Options("one", "agreement")], TimeProvider.System);
        var key = directory.Key("agreement", SoftHsm.Certify(made));
        for (var i = 0; i < 5; i++)
        {
            using var other = ECDiffieHellman.Create(ECCurve.CreateFromFriendlyName(curve));
            Assert.Equal(other.DeriveRawSecretAgreement(same.PublicKey), await key.AgreeAsync(other.PublicKey.ExportSubjectPublicKeyInfo()));
        }
    }

    [RequiresTheory(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [InlineData(TokenKeyKind.Rsa2048)]
    [InlineData(TokenKeyKind.P384)]
    public void Makes_a_key_once_and_asks_for_its_certificate(TokenKeyKind kind)
    {
        using var hsm = new SoftHsm();
        hsm.AddToken("one");
        using var administration = new TokenAdministration(hsm.Options("one", "signing"));
        var made = administration.Generate("signing", kind, KeyRole.DomainSigning);
        Assert.Throws<TokenException>(() => administration.Generate("signing", kind, KeyRole.DomainSigning));

        // Loading checks the signature of the request.
        var request = CertificateRequest.LoadSigningRequest(
            administration.Request("signing", new X500DistinguishedName("CN=Switch"), ["switch@example.org"], KeyRole.DomainSigning),
            HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);

        Assert.Equal("CN=Switch", request.SubjectName.Name);
        Assert.Equal(made, request.PublicKey.ExportSubjectPublicKeyInfo());
        Assert.Contains(request.CertificateExtensions, e => e is X509KeyUsageExtension { KeyUsages: X509KeyUsageFlags.DigitalSignature });
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Never_shows_the_token_a_point_that_is_not_on_the_curve()
    {
        using var hsm = new SoftHsm();
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        hsm.AddToken("one");
        hsm.Import("one", "agreement", ec);
        using var directory = new TokenDirectory([hsm.Options("one", "agreement")], TimeProvider.System);
        var key = directory.Key("agreement", SoftHsm.Certify(ec));
        using var other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using var elsewhere = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        var point = other.PublicKey.ExportSubjectPublicKeyInfo();
        point[^1] ^= 1;

        Assert.Null(await key.AgreeAsync(point));
        Assert.Null(await key.AgreeAsync(elsewhere.PublicKey.ExportSubjectPublicKeyInfo()));
        Assert.Null(await key.AgreeAsync("no key"u8.ToArray()));
        Assert.Equal(0, hsm.Calls(ModuleCall.DeriveKey));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Refuses_a_key_that_is_not_the_certificates()
    {
        using var hsm = new SoftHsm();
        using var rsa = RSA.Create(2048);
        using var stranger = RSA.Create(2048);
        hsm.AddToken("one");
        hsm.Import("one", "signing", rsa);
        using var directory = new TokenDirectory([hsm.Options("one", "signing")], TimeProvider.System);
        var fault = await Assert.ThrowsAsync<KeyUnavailableException>(async () => await directory.Key("signing", SoftHsm.Certify(stranger)).SignAsync(Octets));
        Assert.Contains("not the key of the certificate", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, hsm.Calls(ModuleCall.Sign));
        Assert.Equal(TokenState.Working, directory.Health[0].Value.State);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Takes_the_certificates_key_when_two_have_the_label()
    {
        using var hsm = new SoftHsm();
        using var old = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var current = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        hsm.AddToken("one");
        hsm.Import("one", "signing", old);
        hsm.Import("one", "signing", current);
        using var directory = new TokenDirectory([hsm.Options("one", "signing")], TimeProvider.System);
        foreach (var key in new[] { old, current })
            Assert.True(key.VerifyData(Octets, await directory.Key("signing", SoftHsm.Certify(key)).SignAsync(Octets), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    private static TokenOptions WithoutRawRsa(TokenOptions options) =>
        new() { Name = options.Name, Library = options.Library, Label = options.Label, PinFile = options.PinFile, Keys = options.Keys, RawRsa = false };

    private static byte[] Encrypt(SoftHsm hsm, RSA rsa, byte[] secret, string options)
    {
        var (key, input, output) = (Path.Combine(hsm.Folder, "public.pem"), Path.Combine(hsm.Folder, "secret"), Path.Combine(hsm.Folder, "encrypted"));
        File.WriteAllText(key, rsa.ExportSubjectPublicKeyInfoPem());
        File.WriteAllBytes(input, secret);
        using var process = Process.Start("openssl", ["pkeyutl", "-encrypt", "-pubin", "-inkey", key, "-in", input, "-out", output, .. options.Split(' ').SelectMany(o => new[] { "-pkeyopt", o })]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return File.ReadAllBytes(output);
    }

    private static AlgorithmIdentifier Oaep(string digest)
    {
        var hash = new AlgorithmIdentifier(digest switch { "SHA1" => "1.3.14.3.2.26", "SHA256" => "2.16.840.1.101.3.4.2.1", _ => "2.16.840.1.101.3.4.2.3" }, AlgorithmIdentifier.Null);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) hash.Write(writer);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.2.840.113549.1.1.8");
                hash.Write(writer);
            }
        }

        return new AlgorithmIdentifier(OaepParameters.RsaesOaep, writer.Encode());
    }
}
