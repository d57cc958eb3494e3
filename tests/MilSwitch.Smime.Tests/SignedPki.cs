using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Keys;
using MilSwitch.Testing;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace MilSwitch.Smime.Tests;

/// <summary>Signers of every kind under one authority, made once for all tests.</summary>
[SupportedOSPlatform("linux")]
internal static class SignedPki
{
    public static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private static readonly ECDsa AuthorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly X509Certificate2 AuthorityCertificate = MakeAuthority();
    private static readonly Dictionary<string, Lazy<Identity>> Identities = new()
    {
        ["rsa"] = new(() => Rsa(2048, null)),
        ["rsa-1024"] = new(() => Rsa(1024, null)),
        ["pss"] = new(() => Rsa(2048, new SigningChoice { Pss = true })),
        ["pss-sha384"] = new(() => Rsa(3072, new SigningChoice { Pss = true, Digest = DigestAlgorithm.Sha384 })),
        ["rsa-sha512"] = new(() => Rsa(2048, new SigningChoice { Digest = DigestAlgorithm.Sha512 })),
        ["p256"] = new(() => Ec(ECCurve.NamedCurves.nistP256)),
        ["p384"] = new(() => Ec(ECCurve.NamedCurves.nistP384)),
        ["p521"] = new(() => Ec(ECCurve.NamedCurves.nistP521)),
        ["ed25519"] = new(Ed25519),
        ["ml-dsa-44"] = new(() => MlDsa(MLDsaParameters.ml_dsa_44)),
        ["ml-dsa-65"] = new(() => MlDsa(MLDsaParameters.ml_dsa_65)),
        ["ml-dsa-87"] = new(() => MlDsa(MLDsaParameters.ml_dsa_87)),
    };

    public static byte[] Authority => AuthorityCertificate.RawData;

    public static string AuthorityPem => AuthorityCertificate.ExportCertificatePem();

    /// <summary>The authority's revocation list with these certificates; DER.</summary>
    public static byte[] Revoking(params byte[][] certificates)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var octets in certificates)
        {
            using var certificate = X509CertificateLoader.LoadCertificate(octets);
            list.AddEntry(certificate);
        }

        using var issuer = AuthorityCertificate.HasPrivateKey ? new X509Certificate2(AuthorityCertificate) : AuthorityCertificate.CopyWithPrivateKey(AuthorityKey);
        return list.Build(issuer, 1, Now.AddDays(1), HashAlgorithmName.SHA256, null, Now.AddHours(-1));
    }

    /// <summary>A key with a certificate for an authority of a domain (RFC 3183 §3.1.1).</summary>
    /// <param name="commonName">Its only common name, and the local part of its address.</param>
    /// <param name="domain">Of its address.</param>
    public static Identity DomainAuthority(string commonName, string domain)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Issue(key.ExportSubjectPublicKeyInfo(), key.ExportPkcs8PrivateKey(), null, "CN=" + commonName, $"{commonName}@{domain}");
    }

    public static Identity Get(string name) => Identities[name].Value;

    public static CmsSigner Signer(string name, bool byKeyIdentifier = false) => new(Get(name).Key, byKeyIdentifier);

    /// <summary>The verdict on a signer whose certificate is in the object.</summary>
    public static SignerVerdict Verify(SignedData signed, SignerInfo signer, ContentDigests? content = null, VerificationOptions? options = null)
    {
        var certificate = signed.CertificateOf(signer);
        return SignerVerifier.Verify(signer, signed.ContentType, content ?? new ContentDigests(signed.Content ?? default), certificate, new VerificationKeys().Get(certificate), options ?? VerificationOptions.Default);
    }

    public static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Requirement.Find(program)!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = new System.Text.StringBuilder();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors);
    }

    private static X509Certificate2 MakeAuthority()
    {
        var request = new CertificateRequest("CN=Signing Test CA", AuthorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(Now.AddYears(-5), Now.AddYears(20));
    }

    private static Identity Rsa(int size, SigningChoice? choice)
    {
        using var key = RSA.Create(size);
        return Issue(key.ExportSubjectPublicKeyInfo(), key.ExportPkcs8PrivateKey(), choice);
    }

    private static Identity Ec(ECCurve curve)
    {
        using var key = ECDsa.Create(curve);
        return Issue(key.ExportSubjectPublicKeyInfo(), key.ExportPkcs8PrivateKey(), null);
    }

    private static Identity Ed25519()
    {
        var generator = new Ed25519KeyPairGenerator();
        generator.Init(new Ed25519KeyGenerationParameters(new SecureRandom()));
        var pair = generator.GenerateKeyPair();
        return Issue(SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(pair.Public).GetDerEncoded(), PrivateKeyInfoFactory.CreatePrivateKeyInfo(pair.Private).GetDerEncoded(), null);
    }

    private static Identity MlDsa(MLDsaParameters parameters)
    {
        var generator = new MLDsaKeyPairGenerator();
        generator.Init(new MLDsaKeyGenerationParameters(new SecureRandom(), parameters));
        var pair = generator.GenerateKeyPair();
        return Issue(SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(pair.Public).GetDerEncoded(), PrivateKeyInfoFactory.CreatePrivateKeyInfo(pair.Private).GetDerEncoded(), null);
    }

    private static Identity Issue(byte[] publicKey, byte[] privateKey, SigningChoice? choice, string subject = "CN=Signer", string address = "signer@unit.example")
    {
        var request = new CertificateRequest(new X500DistinguishedName(subject), PublicKey.CreateFromSubjectPublicKeyInfo(publicKey, out _), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(SHA1.HashData(publicKey), false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress(address);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(AuthorityCertificate.SubjectName, X509SignatureGenerator.CreateForECDsa(AuthorityKey), Now.AddYears(-4), Now.AddYears(10), RandomNumberGenerator.GetBytes(12));
        return new Identity(SoftwareSigningKey.Create(privateKey, certificate.RawData, choice), certificate.RawData, privateKey);
    }

    public sealed record Identity(SoftwareSigningKey Key, byte[] Certificate, byte[] Pkcs8)
    {
        public string CertificatePem => PemEncoding.WriteString("CERTIFICATE", Certificate) + "\n";

        public string KeyPem => PemEncoding.WriteString("PRIVATE KEY", Pkcs8) + "\n";
    }
}
