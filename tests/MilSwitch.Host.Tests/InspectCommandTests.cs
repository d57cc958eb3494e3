using System.Buffers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using MilSwitch.Host.Commands;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Messages;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

[Trait("Feature", "Q-01")]
public sealed class InspectCommandTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly string folder = Directory.CreateTempSubdirectory("inspect-command").FullName;

    public async Task InitializeAsync()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=Root", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var anchor = root.CreateSelfSigned(Start, Start.AddYears(5));
        var request = new CertificateRequest("CN=Alice\u001B[2J", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress("alice@unit.example");
        request.CertificateExtensions.Add(names.Build());
        using var alice = request.Create(anchor, Start, Start.AddYears(1), [1]);
        File.WriteAllText(At("root.pem"), anchor.ExportCertificatePem());
        var entity = Encoding.ASCII.GetBytes("Content-Type: text/plain; name=order.txt\r\n\r\nhello\r\n");
        var signer = new CmsSigner(SoftwareSigningKey.Create(key.ExportPkcs8PrivateKey(), alice.RawData));
        var detached = (await SignedDataWriter.SignAsync(new SigningOrder { Content = new ContentDigests(entity), Signers = [signer], IsDetached = true, SigningTime = Start.AddDays(2) })).Join([]);
        var mail = new ArrayBufferWriter<byte>();
        mail.Write("From: Alice <alice@unit.example>\r\nSubject: order\r\nMMHS-Primary-Precedence: 4 (flash)\r\nMIME-Version: 1.0\r\n"u8);
        SmimeWriter.WriteClearSigned(mail, entity, new ReadOnlySequence<byte>(detached), "sha-256");
        File.WriteAllBytes(At("good.eml"), mail.WrittenSpan);
        File.WriteAllText(At("bad.eml"), Encoding.ASCII.GetString(mail.WrittenSpan).Replace("hello", "hallo", StringComparison.Ordinal));
        File.WriteAllText(At("plain.eml"), "From: a@unit.example\r\n\r\nhello\r\n");
        File.WriteAllBytes(At("signature.der"), detached);
        File.WriteAllText(At("signature.pem"), PemEncoding.WriteString("CMS", detached));
        File.WriteAllText(At("signature.b64"), Convert.ToBase64String(detached, Base64FormattingOptions.InsertLineBreaks));
        File.WriteAllBytes(At("content.txt"), entity);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData(0, "good.eml --anchors root.pem --at 2026-06-01T00:00:00Z")]
    [InlineData(1, "bad.eml --anchors root.pem --at 2026-06-01T00:00:00Z")]
    [InlineData(1, "good.eml --anchors root.pem --at 2028-06-01T00:00:00Z")]
    [InlineData(1, "good.eml --anchors root.pem --at 2026-06-01T00:00:00Z --revocation require")]
    [InlineData(1, "good.eml --at 2026-06-01T00:00:00Z")]
    [InlineData(1, "plain.eml")]
    [InlineData(0, "signature.der --content content.txt --anchors root.pem --at 2026-06-01T00:00:00Z")]
    [InlineData(0, "signature.pem --content content.txt --anchors root.pem --at 2026-06-01T00:00:00Z")]
    [InlineData(0, "signature.b64 --content content.txt --anchors root.pem --at 2026-06-01T00:00:00Z")]
    [InlineData(1, "signature.der --anchors root.pem --at 2026-06-01T00:00:00Z")]
    [InlineData(2, "")]
    [InlineData(2, "good.eml --suite best")]
    [InlineData(3, "nothing.eml")]
    [InlineData(3, "good.eml --keys nothing.p12")]
    [InlineData(3, "good.eml --content nothing.txt")]
    public async Task Ends_with_the_code_of_its_answer(int exitCode, string line) => Assert.Equal(exitCode, (await RunAsync(line)).ExitCode);

    [Theory]
    [InlineData("good", "good.eml --anchors root.pem --at 2026-06-01T00:00:00Z")]
    [InlineData("bad", "bad.eml --anchors root.pem --at 2028-06-01T00:00:00Z")]
    public async Task Shows_people_the_approved_tree(string name, string line)
    {
        var (_, output, _) = await RunAsync(line);
        Assert.Equal(File.ReadAllText(Path.Combine(Workspace.RepositoryRoot, "tests/MilSwitch.Host.Tests", $"inspect.{name}.approved.txt")), output);
        Assert.DoesNotContain('\u001B', output);
    }

    [Fact]
    public async Task Prints_JSON_with_the_fixed_fields()
    {
        var (_, output, _) = await RunAsync("good.eml --anchors root.pem --at 2026-06-01T00:00:00Z --json");
        using var json = JsonDocument.Parse(output);
        Assert.Equal(["verdict", "reasons", "layers", "headerProtection", "identity", "label", "mmhs", "attachments"], json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal("flash", json.RootElement.GetProperty("mmhs").GetProperty("primaryPrecedence").GetString());
        Assert.Equal("order.txt", json.RootElement.GetProperty("attachments")[0].GetProperty("name").GetString());
        Assert.Equal("ecdsa-p256", json.RootElement.GetProperty("layers")[0].GetProperty("signers")[0].GetProperty("signature").GetString());
    }

    [Fact]
    [Trait("Feature", "D-01")]
    public async Task Shows_all_military_fields_and_what_is_wrong_with_them()
    {
        File.WriteAllText(At("order.eml"), """
            From: a@unit.example
            MMHS-Primary-Precedence: 7
            MMHS-Message-Type: operation; identifier="CANDLE FISH"
            MMHS-Extended-Authorisation-Info: Mon, 09 Aug 2010 15:27:40 +0100
            MMHS-Subject-Indicator-Codes: SDM; KKZ ; BRL
            MMHS-Exempted-Address: Duty Officer <duty@shl.example.com>
            MMHS-Originator-PLAD: SACLANT
            MMHS-Copy-Precedence: soon

            text

            """.ReplaceLineEndings("\r\n"));
        var (_, output, _) = await RunAsync("order.eml");
        Assert.EndsWith("""
            military: primary precedence 7, message type 1 "CANDLE FISH", date-time group 091427Z AUG 10
              subject indicator codes: SDM; KKZ; BRL
              originator: SACLANT
              exempted: duty@shl.example.com
              FAULT MMHS-Copy-Precedence, octet 2: neither a whole number without leading zeros nor a word that the field has (MMHS-NUMBER)

            """.ReplaceLineEndings("\n"), output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        var (_, printed, _) = await RunAsync("order.eml --json");
        using var json = JsonDocument.Parse(printed);
        var mmhs = json.RootElement.GetProperty("mmhs");
        Assert.Equal("2010-08-09T15:27:40+01:00", mmhs.GetProperty("extendedAuthorisationInfo").GetString());
        Assert.Equal(["SDM", "KKZ", "BRL"], mmhs.GetProperty("subjectIndicatorCodes").EnumerateArray().Select(c => c.GetString()));
        Assert.False(mmhs.TryGetProperty("copyPrecedence", out _));
        Assert.Contains("MMHS-NUMBER", Assert.Single(mmhs.GetProperty("faults").EnumerateArray()).GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_standard_input() => Assert.Equal(0, (await RunAsync("- --anchors root.pem --at 2026-06-01T00:00:00Z", At("good.eml"))).ExitCode);

    private string At(string name) => Path.Combine(folder, name);

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(string line, string? input = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var environment = new CommandEnvironment
        {
            Input = TextReader.Null, Output = output, Error = error, OpenOutput = () => Stream.Null, OpenInput = () => input is null ? Stream.Null : File.OpenRead(input),
            IsInputTerminal = false, Variable = _ => null,
        };
        string[] arguments = ["inspect", .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(a => File.Exists(At(a)) ? At(a) : a)];
        return (await CommandLine.RunAsync(arguments, environment), output.ToString(), error.ToString());
    }
}
