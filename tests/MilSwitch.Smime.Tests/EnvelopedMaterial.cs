using System.Diagnostics;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Keys;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace MilSwitch.Smime.Tests;

/// <summary>Recipients of every kind, made once for the tests of this folder.</summary>
internal static class EnvelopedMaterial
{
    private static readonly ECDsa Authority = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly X500DistinguishedName Issuer = new("CN=Enveloped Test CA");

    public static Owner Rsa { get; } = MakeRsa(2_048);

    public static Owner P256 { get; } = MakeEc(ECCurve.NamedCurves.nistP256);

    public static Owner P384 { get; } = MakeEc(ECCurve.NamedCurves.nistP384);

    public static Owner P521 { get; } = MakeEc(ECCurve.NamedCurves.nistP521);

    public static Owner X25519 { get; } = MakeX25519();

    public static Owner MlKem512 { get; } = MakeMlKem(MLKemParameters.ml_kem_512, EnvelopedOids.MlKem512);

    public static Owner MlKem768 { get; } = MakeMlKem(MLKemParameters.ml_kem_768, EnvelopedOids.MlKem768);

    public static Owner MlKem1024 { get; } = MakeMlKem(MLKemParameters.ml_kem_1024, EnvelopedOids.MlKem1024);

    public static KeyEncryptionKey Shared { get; } = new("link-7"u8.ToArray(), Convert.FromHexString("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"));

    public static ReadOnlyMemory<byte> Password { get; } = "correct horse"u8.ToArray();

    public static Owner Named(string name) => name switch
    {
        "rsa" => Rsa,
        "p256" => P256,
        "p384" => P384,
        "p521" => P521,
        "x25519" => X25519,
        "ml-kem-512" => MlKem512,
        "ml-kem-768" => MlKem768,
        "ml-kem-1024" => MlKem1024,
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    public static byte[] Content(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    public static byte[] Seal(byte[] content, SealingOptions options, params EnvelopedRecipient[] recipients)
    {
        var buffer = new byte[content.Length + EnvelopedWriter.Expansion];
        content.CopyTo(buffer, 0);
        return EnvelopedWriter.Seal(buffer, content.Length, "1.2.840.113549.1.7.1", recipients, options).ToArray();
    }

    public static EnvelopedContent Read(byte[] octets) => EnvelopedContent.Read(ContentInfo.Read(octets, CmsBounds.Default), CmsBounds.Default);

    public static ValueTask<OpenedContent> OpenAsync(byte[] octets, OpeningOptions options, params IDecryptionKey[] keys) =>
        EnvelopedOpener.OpenAsync(Read(octets), keys, options);

    /// <summary>Runs a program in a folder; what it wrote on standard error when it failed.</summary>
    public static async Task<(int ExitCode, string Error)> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, await output + await error);
    }

    public static Owner MakeRsa(int bits)
    {
        using var rsa = RSA.Create(bits);
        return Issue(rsa.ExportSubjectPublicKeyInfo(), rsa.ExportPkcs8PrivateKey());
    }

    private static Owner MakeEc(ECCurve curve)
    {
        using var ec = ECDiffieHellman.Create(curve);
        return Issue(ec.ExportSubjectPublicKeyInfo(), ec.ExportPkcs8PrivateKey());
    }

    private static Owner MakeX25519()
    {
        var key = new X25519PrivateKeyParameters(new SecureRandom());
        return Issue(Info(EnvelopedOids.X25519, key.GeneratePublicKey().GetEncoded()), PrivateInfo(EnvelopedOids.X25519, [4, 32, .. key.GetEncoded()]));
    }

    private static Owner MakeMlKem(MLKemParameters parameters, string oid)
    {
        var generator = new MLKemKeyPairGenerator();
        generator.Init(new MLKemKeyGenerationParameters(new SecureRandom(), parameters));
        var pair = generator.GenerateKeyPair();
        var seed = ((MLKemPrivateKeyParameters)pair.Private).GetSeed();
        return Issue(Info(oid, ((MLKemPublicKeyParameters)pair.Public).GetEncoded()), PrivateInfo(oid, [0x80, 64, .. seed]));
    }

    public static byte[] Info(string oid, byte[] key)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence()) writer.WriteObjectIdentifier(oid);
            writer.WriteBitString(key);
        }

        return writer.Encode();
    }

    private static byte[] PrivateInfo(string oid, byte[] key)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            using (writer.PushSequence()) writer.WriteObjectIdentifier(oid);
            writer.WriteOctetString(key);
        }

        return writer.Encode();
    }

    /// <summary>The owner of the seed in RFC 9936 appendix C, named by the key identifier there.</summary>
    public static Owner OfSeed(byte[] seed, string keyIdentifier)
    {
        var key = MLKemPrivateKeyParameters.FromSeed(MLKemParameters.ml_kem_512, seed);
        return Issue(Info(EnvelopedOids.MlKem512, key.GetPublicKeyEncoded()), PrivateInfo(EnvelopedOids.MlKem512, [0x80, 64, .. seed]), Convert.FromHexString(keyIdentifier));
    }

    private static Owner Issue(byte[] publicKeyInfo, byte[] privateKeyInfo, byte[]? keyIdentifier = null)
    {
        var publicKey = PublicKey.CreateFromSubjectPublicKeyInfo(publicKeyInfo, out _);
        var request = new CertificateRequest(new X500DistinguishedName("CN=Recipient"), publicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(keyIdentifier ?? SHA1.HashData(publicKeyInfo), false));
        var from = TimeProvider.System.GetUtcNow().AddHours(-1);
        using var certificate = request.Create(Issuer, X509SignatureGenerator.CreateForECDsa(Authority), from, from.AddDays(30), RandomNumberGenerator.GetBytes(12));
        return new Owner(certificate.RawData, privateKeyInfo);
    }

    internal sealed class Owner(byte[] certificate, byte[] privateKeyInfo)
    {
        private readonly Lazy<SoftwareDecryptionKey> _key = new(() => SoftwareDecryptionKey.FromPkcs8(certificate, privateKeyInfo));

        public byte[] Certificate => certificate;

        public IDecryptionKey Key => _key.Value;

        public string Pem => $"{PemEncoding.WriteString("CERTIFICATE", certificate)}\n{PemEncoding.WriteString("PRIVATE KEY", privateKeyInfo)}\n";

        public EnvelopedRecipient Recipient => EnvelopedRecipient.For(RecipientCertificate.Read(certificate));

        public EnvelopedRecipient ByKeyIdentifier => EnvelopedRecipient.For(RecipientCertificate.Read(certificate), byKeyIdentifier: true);
    }
}
