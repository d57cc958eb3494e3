using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using MilSwitch.Host.Commands;

namespace MilSwitch.Host.Tests;

[Trait("Feature", "Q-02")]
public sealed class PathCommandTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly string folder = Directory.CreateTempSubdirectory("path-command").FullName;

    public PathCommandTests()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=Root", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var anchor = root.CreateSelfSigned(Start, Start.AddYears(5));
        var request = new CertificateRequest("CN=Alice\u001B[2J", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        using var alice = request.Create(anchor, Start, Start.AddYears(1), [1]);
        Directory.CreateDirectory(At("anchors"));
        File.WriteAllText(At("anchors/root.pem"), anchor.ExportCertificatePem());
        File.WriteAllText(At("anchors/README"), "no certificate");
        File.WriteAllBytes(At("alice.crt"), alice.RawData);
        File.WriteAllBytes(At("alice.p12"), alice.Export(X509ContentType.Pkcs12, "secret"));
        File.WriteAllText(At("password"), "secret\n");
        File.WriteAllText(At("broken.crt"), "x");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(0, "alice.crt --anchors anchors --at 2026-06-01T00:00:00Z --purpose sign")]
    [InlineData(0, "alice.p12 --password-file password --anchors anchors/root.pem --at 2026-06-01T00:00:00Z")]
    [InlineData(1, "alice.crt --anchors anchors --at 2028-06-01T00:00:00Z")]
    [InlineData(1, "alice.crt --anchors anchors --at 2026-06-01T00:00:00Z --purpose encrypt")]
    [InlineData(1, "alice.crt --anchors anchors --at 2026-06-01T00:00:00Z --revocation require")]
    [InlineData(1, "alice.crt --anchors anchors --at 2026-06-01T00:00:00Z --explicit-policy")]
    [InlineData(1, "alice.crt --anchors anchors --at 2026-06-01T00:00:00Z --suite cnsa2")]
    [InlineData(1, "alice.crt --at 2026-06-01T00:00:00Z")]
    [InlineData(2, "")]
    [InlineData(2, "alice.crt --at tomorrow")]
    [InlineData(2, "alice.crt --suite weak")]
    [InlineData(2, "alice.crt --initial-policy me")]
    [InlineData(3, "nobody.crt --anchors anchors")]
    [InlineData(3, "broken.crt --anchors anchors")]
    [InlineData(3, "alice.p12 --anchors anchors --password-file broken.crt")]
    public async Task Ends_with_the_code_of_its_answer(int exitCode, string line) => Assert.Equal(exitCode, (await RunAsync(line)).ExitCode);

    [Fact]
    public async Task Prints_the_verdict_as_JSON_with_the_fixed_fields()
    {
        var (_, output, _) = await RunAsync("alice.crt --anchors anchors --at 2028-06-01T00:00:00Z --purpose encrypt --json");
        using var json = JsonDocument.Parse(output);
        Assert.Equal(["verdict", "reasons", "path", "policies", "findings", "notes"], json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal("invalid", json.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(["CERT-EXPIRED", "KEY-USAGE"], json.RootElement.GetProperty("reasons").EnumerateArray().Select(r => r.GetString()));
        Assert.Equal("CN=Root", json.RootElement.GetProperty("path")[1].GetString());
    }

    [Fact]
    public async Task Shows_people_the_path_and_why_and_no_control_characters()
    {
        var (_, output, error) = await RunAsync("alice.crt --anchors anchors --at 2028-06-01T00:00:00Z");
        Assert.StartsWith("invalid: CERT-EXPIRED\n", output, StringComparison.Ordinal);
        Assert.Contains("      CERT-EXPIRED: expired 2027-01-01T00:00:00Z\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001B', output);
        Assert.Contains("left out: --anchors: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_option_and_file_of_a_fault()
    {
        var (_, _, error) = await RunAsync("alice.crt --crls broken.crt");
        Assert.Contains("--crls: ", error, StringComparison.Ordinal);
        Assert.Contains("broken.crt: ", error, StringComparison.Ordinal);
    }

    private string At(string name) => Path.Combine(folder, name);

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(string line)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var environment = new CommandEnvironment
        {
            Input = TextReader.Null, Output = output, Error = error, OpenOutput = () => Stream.Null, IsInputTerminal = false, Variable = _ => null,
        };
        string[] arguments = ["path", .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(a => File.Exists(At(a)) || Directory.Exists(At(a)) ? At(a) : a)];
        return (await CommandLine.RunAsync(arguments, environment), output.ToString(), error.ToString());
    }
}
