using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Tests;

/// <summary>A folder for one test's configuration files; gone afterwards.</summary>
public sealed class ConfigurationFiles : IDisposable
{
    public const string Minimum = """
        node: { name: n1, data: ./data }
        listeners:
          - { name: mta, endpoint: "127.0.0.1:2525", role: relay }
        routes:
          - { match: "*", next-hop: "127.0.0.1:2626" }
        """;

    public string Folder { get; } = Directory.CreateTempSubdirectory("ms").FullName;

    public static string Repository { get; } = FindRepository();

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public string Write(string name, string text, bool secret = false)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | (secret ? 0 : UnixFileMode.OtherRead));
        return path;
    }

    /// <summary>The problems as <c>line: key: text</c>.</summary>
    public string[] Problems(string text)
    {
        var path = Write("milswitch.yaml", text);
        var result = ConfigurationReader.Read(path);
        Assert.Equal(result.Problems.IsEmpty, result.Configuration is not null);
        return [.. result.Problems.Select(p => p.ToString().Replace(path + ":", "", StringComparison.Ordinal))];
    }

    public NodeConfiguration Good(string text)
    {
        var result = ConfigurationReader.Read(Write("milswitch.yaml", text));
        Assert.Empty(result.Problems);
        return result.Configuration!;
    }

    /// <summary>Makes a self-signed certificate and its key, as tls.pem and tls.key.</summary>
    public X509Certificate2 WriteCertificate(string name = "localhost")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Write("tls.pem", certificate.ExportCertificatePem());
        Write("tls.key", key.ExportPkcs8PrivateKeyPem(), secret: true);
        return certificate;
    }

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "MilSwitch.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
