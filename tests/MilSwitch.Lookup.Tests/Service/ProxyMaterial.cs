using System.Collections.Immutable;
using System.Diagnostics;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Addressing;
using MilSwitch.Labels;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Lookup.Service;
using MilSwitch.Lookup.Service.Log;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Keys;
using MilSwitch.Testing;

namespace MilSwitch.Lookup.Tests.Service;

/// <summary>A domain's authority for proxy certificates, the gateway's keys, and the programs that judge what comes of them.</summary>
internal static class ProxyMaterial
{
    public const string Policy = "1.3.6.1.4.1.99999.7.1";
    public const string Coalition = "1.3.6.1.4.1.99999.4.3";
    public static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    public static readonly Mailbox Bob = Mailbox.Parse("bob@north.example");

    public static readonly RSA GatewayRsa = RSA.Create(2048);
    public static readonly ECDiffieHellman GatewayEc = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
    private static readonly ECDsa AuthorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);

    private static readonly Lazy<SecurityPolicy> Spif = new(() => SpifReader.Read(File.ReadAllBytes(Path.Combine(Workspace.RepositoryRoot, "config/policies/coalition.xml"))));

    public static PolicySet Policies => new([Spif.Value]);

    /// <summary>RESTRICTED and below, of the coalition's policy.</summary>
    public static Clearance Restricted => new() { Policy = Coalition, Classifications = [2], IncludesLower = true };

    public static SecurityLabel Label(int classification) => new() { Policy = Coalition, Classification = classification };

    public static GatewayKey RsaKey => GatewayKey.Read(GatewayRsa.ExportSubjectPublicKeyInfo());

    public static GatewayKey EcKey => GatewayKey.Read(GatewayEc.ExportSubjectPublicKeyInfo());

    public static ProxyAuthoritySettings Settings => new()
    {
        ForeignDomains = [DomainPattern.Parse("north.example"), DomainPattern.Parse(".north.example")], GatewayKeys = [RsaKey], Policy = Policy,
        BoundaryName = "Boundary of unit.example", GatewayUri = "smtp:gateway.unit.example",
    };

    /// <summary>An authority's key with its certificate, self-signed.</summary>
    public static ISigningKey Signer(string[]? permitted = null, Action<CertificateRequest>? further = null, bool isAuthority = true, bool isConstrained = true, bool isCritical = true, string[]? excluded = null)
    {
        var request = new CertificateRequest("CN=Boundary CA,O=unit.example", AuthorityKey, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, isAuthority, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (isConstrained) request.CertificateExtensions.Add(Constraints(permitted ?? ["north.example", ".north.example"], excluded ?? [], isCritical));
        further?.Invoke(request);
        using var certificate = request.CreateSelfSigned(Now.AddDays(-30), Now.AddDays(300));
        return SoftwareSigningKey.Create(AuthorityKey.ExportPkcs8PrivateKey(), certificate.RawData);
    }

    public static ProxyAuthority Authority(IProxyLog log, TimeProvider time, ProxyAuthoritySettings? settings = null, ISigningKey? signer = null) =>
        new(settings ?? Settings, signer ?? Signer(), time, log);

    /// <summary>The gateway's private halves, with certificates of their own that no client has ever seen.</summary>
    public static IReadOnlyList<IDecryptionKey> GatewayKeys()
    {
        using var certified = ECDsa.Create(GatewayEc.ExportParameters(includePrivateParameters: true));
        using var rsa = new CertificateRequest("CN=gateway", GatewayRsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(Now, Now.AddDays(900));
        using var ec = new CertificateRequest("CN=gateway", certified, HashAlgorithmName.SHA256).CreateSelfSigned(Now, Now.AddDays(900));
        return [SoftwareDecryptionKey.FromPkcs8(rsa.RawData, GatewayRsa.ExportPkcs8PrivateKey()), SoftwareDecryptionKey.FromPkcs8(ec.RawData, GatewayEc.ExportPkcs8PrivateKey())];
    }

    public static X509Extension Constraints(string[] permitted, string[] excluded, bool isCritical = true)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            Subtrees(0, permitted);
            Subtrees(1, excluded);
        }

        return new X509Extension("2.5.29.30", writer.Encode(), isCritical);

        void Subtrees(int tag, string[] names)
        {
            if (names.Length is 0) return;
            using var all = writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, tag));
            foreach (var name in names)
            {
                using var subtree = writer.PushSequence();
                writer.WriteCharacterString(UniversalTagNumber.IA5String, name, new Asn1Tag(TagClass.ContextSpecific, 1));
            }
        }
    }

    public static string Pem(Certificate certificate) => PemEncoding.WriteString("CERTIFICATE", certificate.Encoded.Span) + "\n";

    public static async Task<Certificate> IssueAsync(this ProxyAuthority authority, string recipient) =>
        Assert.IsType<ProxyAnswer.Issued>(await authority.IssueAsync(new ProxyRequest(Mailbox.Parse(recipient), "test"))).Certificate;

    public static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Requirement.Find(program)!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }

    public static async Task<string> OpensslAsync(params string[] arguments)
    {
        var (exit, output) = await RunAsync("openssl", arguments);
        Assert.True(exit is 0, string.Join(' ', arguments) + ": " + output);
        return output;
    }
}

/// <summary>A log in memory that can be away.</summary>
internal sealed class MemoryLog : IProxyLog
{
    private readonly Lock gate = new();
    private readonly List<ProxyLogRecord> records = [];

    public bool IsAway { get; set; }

    public IReadOnlyList<ProxyLogRecord> Records
    {
        get
        {
            lock (gate) return [.. records];
        }
    }

    public ValueTask AppendAsync(ImmutableArray<ProxyLogRecord> added)
    {
        if (IsAway) throw new ProxyLogException("away");
        lock (gate) records.AddRange(added);
        return ValueTask.CompletedTask;
    }
}

/// <summary>A key that is away, or signs as another.</summary>
internal sealed class FaultySigner(ISigningKey inner) : ISigningKey
{
    public bool IsAway { get; set; }

    public bool IsWrong { get; set; }

    public int Signatures { get; private set; }

    public ReadOnlyMemory<byte> Certificate => inner.Certificate;

    public Smime.Asn1.AlgorithmIdentifier SignatureAlgorithm => inner.SignatureAlgorithm;

    public Smime.Asn1.AlgorithmIdentifier DigestAlgorithm => inner.DigestAlgorithm;

    public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken = default)
    {
        if (IsAway) throw new KeyUnavailableException("away");
        Signatures++;
        return inner.SignAsync(IsWrong ? octets[1..] : octets, cancellationToken);
    }
}
