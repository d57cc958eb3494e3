using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Host.Commands;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

[Trait("Feature", "E-07")]
[Trait("Feature", "F-02")]
public sealed class SmimeCommandTests : IDisposable
{
    private const string Message = "From: Ops <ops@unit.example>\r\nTo: depot@base.example\r\nSubject: Fuel\r\nDate: Wed, 4 Mar 2026 05:06:07 +0000\r\n"
        + "Message-ID: <m1@unit.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nAttack at dawn.\r\n";

    private readonly string folder = Directory.CreateTempSubdirectory("smime-command").FullName;

    public SmimeCommandTests()
    {
        var start = TimeProvider.System.GetUtcNow().AddDays(-1);
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Root", rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var root = request.CreateSelfSigned(start, start.AddDays(90));
        File.WriteAllText(At("root.pem"), root.ExportCertificatePem());
        using var ops = RSA.Create(2048);
        Issue("ops", new CertificateRequest("CN=Ops", ops, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), ops.ExportPkcs8PrivateKeyPem(), ops);
        using var depot = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Issue("depot", new CertificateRequest("CN=Depot", depot, HashAlgorithmName.SHA256), depot.ExportPkcs8PrivateKeyPem(), depot);
        using var domain = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Issue("domain", new CertificateRequest("CN=Domain", domain, HashAlgorithmName.SHA256), domain.ExportPkcs8PrivateKeyPem(), domain);
        File.WriteAllText(At("order.eml"), Message);
        File.WriteAllText(At("mixed.eml"), "From: a@b.example\r\n\r\none\ntwo\r\n");
        File.WriteAllText(At("secret"), "secret");

        void Issue(string name, CertificateRequest one, string key, AsymmetricAlgorithm pair)
        {
            one.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.KeyAgreement, true));
            var names = new SubjectAlternativeNameBuilder();
            names.AddEmailAddress(name + (name is "depot" ? "@base.example" : "@unit.example"));
            one.CertificateExtensions.Add(names.Build());
            using var certificate = one.Create(root.SubjectName, X509SignatureGenerator.CreateForECDsa(rootKey), start, start.AddDays(60), RandomNumberGenerator.GetBytes(8));
            File.WriteAllText(At(name + ".crt"), certificate.ExportCertificatePem() + "\n");
            File.WriteAllText(At(name + ".key"), key + "\n");
            File.WriteAllText(At(name + ".pem"), certificate.ExportCertificatePem() + "\n" + key + "\n");
            if (name is not "ops") return;
            using var together = certificate.CopyWithPrivateKey((RSA)pair);
            File.WriteAllBytes(At("ops.p12"), together.Export(X509ContentType.Pkcs12, "secret"));
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(0, "sign order.eml --key ops.pem")]
    [InlineData(0, "sign order.eml --key ops.p12 --password-file secret --format opaque --digest sha512 --label 1.3.26.1.3.1:3:SECRET --signature-type domain")]
    [InlineData(0, "sign order.eml --key ops.key --cert ops.crt --receipt-request --receipts-to registry@unit.example --header-protection rfc8551")]
    [InlineData(0, "sign order.eml --key ops.pem domain.pem --pss")]
    [InlineData(0, "encrypt order.eml --to ops.crt depot.crt --content aes128-gcm --header-policy mmhs")]
    [InlineData(0, "wrap order.eml --key ops.pem --to depot.crt --inner-label 1.3.26.1.3.1:3 --outer-label 1.3.26.1.3.1:1 --outer-key domain.pem --receipt-request")]
    [InlineData(1, "sign order.eml --key ops.pem --suite cnsa2")]
    [InlineData(1, "sign order.eml --key ops.pem --countersign")]
    [InlineData(1, "sign mixed.eml --key ops.pem")]
    [InlineData(1, "encrypt order.eml --to depot.crt --suite cnsa2")]
    [InlineData(1, "decrypt order.eml --key depot.pem")]
    [InlineData(1, "receipt order.eml --key depot.pem")]
    [InlineData(1, "receipt --verify order.eml --original order.eml")]
    [InlineData(2, "sign order.eml")]
    [InlineData(2, "sign order.eml --key ops.pem --format odd")]
    [InlineData(2, "sign order.eml --key ops.pem --label secret:x")]
    [InlineData(2, "sign order.eml --key ops.pem --label 1.3.26.1.3.1:300")]
    [InlineData(2, "sign order.eml --key ops.pem --label order.eml")]
    [InlineData(2, "sign order.eml --key ops.pem --receipts-to a@b.example")]
    [InlineData(2, "receipt order.eml")]
    [InlineData(2, "receipt --verify order.eml")]
    [InlineData(3, "sign nothing.eml --key ops.pem")]
    [InlineData(3, "sign order.eml --key order.eml")]
    [InlineData(3, "sign order.eml --key ops.key")]
    [InlineData(3, "encrypt order.eml --to secret")]
    public async Task Ends_with_the_code_of_its_answer(int exitCode, string line)
    {
        var (code, output, error) = await RunAsync(line);
        Assert.True(exitCode == code, $"exit {code}: {error}");
        Assert.Equal(exitCode is 0, output.Length > 100);
    }

    [Fact]
    public async Task Wraps_and_decrypts_to_the_same_octets()
    {
        await MakeAsync("wrap order.eml --key ops.pem --to depot.crt --header-policy shy --format opaque -o wrapped.eml");
        var wrapped = File.ReadAllText(At("wrapped.eml"));
        Assert.DoesNotContain("Fuel", wrapped, StringComparison.Ordinal);
        Assert.Contains("\r\nSubject: [...]\r\n", wrapped, StringComparison.Ordinal);
        var (code, output, error) = await RunAsync("decrypt wrapped.eml --key depot.pem --all");
        Assert.True(code is 0, error);
        Assert.Equal(Message, Encoding.Latin1.GetString(output));
        Assert.Contains("part 1.1: authenticated encryption taken off: opened by kari ", error, StringComparison.Ordinal);
        (code, output, _) = await RunAsync("decrypt wrapped.eml --keys depot.key depot.crt");
        Assert.Equal(0, code);
        Assert.Contains("smime-type=signed-data", Encoding.Latin1.GetString(output), StringComparison.Ordinal);
        (code, output, error) = await RunAsync("decrypt wrapped.eml --key domain.pem");
        Assert.Equal((1, 0), (code, output.Length));
        Assert.Equal("milswitch: none of the keys is a recipient's\n", error);
    }

    [Fact]
    public async Task Takes_the_message_from_standard_input()
    {
        var (code, output, error) = await RunAsync("sign - --key ops.pem", Encoding.Latin1.GetBytes(Message.Replace("\r\n", "\n", StringComparison.Ordinal)));
        Assert.True(code is 0, error);
        Assert.StartsWith("From: Ops <ops@unit.example>\r\n", Encoding.Latin1.GetString(output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_for_receipts_makes_them_and_verifies_them()
    {
        await MakeAsync("wrap order.eml --key ops.pem --to ops.crt depot.crt --receipt-request -o sent.eml");
        var (code, _, error) = await RunAsync("receipt sent.eml --key depot.pem --keys depot.pem");
        Assert.Equal((1, "milswitch: refused: the message came encrypted, and so must its receipt\n"), (code, error));
        await MakeAsync("receipt sent.eml --key depot.pem --keys depot.pem --to ops.crt -o receipt.eml");
        Assert.StartsWith("From: depot@base.example\r\nTo: ops@unit.example\r\n", File.ReadAllText(At("receipt.eml")), StringComparison.Ordinal);
        (code, var output, error) = await RunAsync("receipt --verify receipt.eml --original sent.eml --keys ops.pem");
        Assert.True(code is 0, error);
        Assert.StartsWith("valid\n  for ", Encoding.UTF8.GetString(output), StringComparison.Ordinal);
        Assert.Contains("signed by CN=Depot, ", Encoding.UTF8.GetString(output), StringComparison.Ordinal);
        await MakeAsync("wrap order.eml --key ops.pem --to ops.crt depot.crt --receipt-request -o other.eml");
        (code, output, _) = await RunAsync("receipt --verify receipt.eml --original other.eml --keys ops.pem");
        Assert.Equal(1, code);
        Assert.StartsWith("invalid: RECEIPT-MISMATCH\n", Encoding.UTF8.GetString(output), StringComparison.Ordinal);
    }

    [RequiresFact("openssl")]
    public async Task Openssl_agrees()
    {
        await MakeAsync("sign order.eml --key ops.pem --receipt-request -o signed.eml");
        await MakeAsync("sign signed.eml --key domain.pem --countersign -o counter.eml");
        OpenSsl("cms", "-verify", "-in", "counter.eml", "-CAfile", "root.pem", "-purpose", "any", "-out", "content");
        Assert.EndsWith("Attack at dawn.", File.ReadAllText(At("content")).TrimEnd(), StringComparison.Ordinal);
        await MakeAsync("receipt signed.eml --key depot.pem -o receipt.eml");
        OpenSsl("cms", "-verify_receipt", "receipt.eml", "-in", "signed.eml", "-CAfile", "root.pem", "-purpose", "any");

        await MakeAsync("wrap order.eml --key ops.pem --to depot.crt --format opaque -o wrapped.eml");
        OpenSsl("cms", "-verify", "-in", "wrapped.eml", "-CAfile", "root.pem", "-purpose", "any", "-out", "middle");
        OpenSsl("cms", "-decrypt", "-in", "middle", "-recip", "depot.crt", "-inkey", "depot.key", "-out", "inner");
        OpenSsl("cms", "-verify", "-in", "inner", "-CAfile", "root.pem", "-purpose", "any", "-out", "content");
        Assert.EndsWith("Attack at dawn.", File.ReadAllText(At("content")).TrimEnd(), StringComparison.Ordinal);

        OpenSsl("cms", "-sign", "-in", "order.eml", "-signer", "ops.crt", "-inkey", "ops.key", "-receipt_request_all", "-receipt_request_to", "ops@unit.example", "-out", "theirs.eml");
        await MakeAsync("receipt theirs.eml --key depot.pem -o receipt.eml");
        OpenSsl("cms", "-verify_receipt", "receipt.eml", "-in", "theirs.eml", "-CAfile", "root.pem", "-purpose", "any");
        OpenSsl("cms", "-encrypt", "-in", "theirs.eml", "-aes-256-cbc", "-out", "closed.eml", "depot.crt");
        var (code, output, error) = await RunAsync("decrypt closed.eml --key depot.pem");
        Assert.True(code is 0, error);
        Assert.Contains("carries no code", error, StringComparison.Ordinal);
        Assert.Contains("multipart/signed", Encoding.Latin1.GetString(output), StringComparison.Ordinal);
    }

    private string At(string name) => Path.Combine(folder, name);

    private async Task MakeAsync(string line)
    {
        var (code, output, error) = await RunAsync(line);
        Assert.True(code is 0, $"{line}: {error}");
        Assert.Empty(output);
    }

    private void OpenSsl(params string[] arguments)
    {
        var start = new ProcessStartInfo("openssl", arguments) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode is 0, $"{string.Join(' ', arguments)}: {error}");
    }

    private async Task<(int ExitCode, byte[] Output, string Error)> RunAsync(string line, byte[]? input = null)
    {
        using var text = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var data = new MemoryStream();
        var environment = new CommandEnvironment
        {
            Input = TextReader.Null, Output = text, Error = error, OpenOutput = () => new Unclosed(data), OpenInput = () => new MemoryStream(input ?? []), IsInputTerminal = false, Variable = _ => null,
        };
        string[] arguments = ["smime", .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(a => a.EndsWith(".eml", StringComparison.Ordinal) || File.Exists(At(a)) ? At(a) : a)];
        var code = await CommandLine.RunAsync(arguments, environment);
        return (code, [.. data.ToArray(), .. Encoding.UTF8.GetBytes(text.ToString())], error.ToString());
    }

    // What a command closes is still read here.
    private sealed class Unclosed(MemoryStream to) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => to.Write(buffer, offset, count);

        public override void Write(ReadOnlySpan<byte> buffer) => to.Write(buffer);
    }
}
