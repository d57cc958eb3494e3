using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Spool;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Protection;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>Evidence leaves the node as files, and whoever has them can tell whether they are what they were.</summary>
[Trait("Feature", "E-03")]
public sealed class EvidenceTests : IAsyncLifetime
{
    private static readonly string Id = FakeOperatorActions.First.ToString();
    private static readonly string Released = $"released-{FakeOperatorActions.Second}.eml";
    private readonly Workspace workspace = new("evidence");
    private TestNode node = null!;

    private string Folder => workspace["out"];

    private string Anchor => Path.Combine(node.Files.Folder, "audit.pem");

    public async Task InitializeAsync() => node = await TestNode.StartAsync(further: files =>
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var request = new CertificateRequest("CN=Audit of n1", key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress("audit@n1.test");
        request.CertificateExtensions.Add(names.Build());
        using var pki = new TestPki("Audit CA");
        using var certificate = request.Create(
            pki.Authority.SubjectName, X509SignatureGenerator.CreateForECDsa(pki.Authority.GetECDsaPrivateKey()!), TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddDays(1),
            RandomNumberGenerator.GetBytes(12));
        files.Write("audit.pem", pki.Authority.ExportCertificatePem());
        files.Write("signer.pem", certificate.ExportCertificatePem());
        files.Write("signer.key", key.ExportPkcs8PrivateKeyPem(), secret: true);
        return """
            keys:
              - { name: audit-2026, role: audit, file: signer.key, certificate: signer.pem }
            audit: { key: audit-2026 }

            """;
    });

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        workspace.Dispose();
    }

    [Fact]
    public async Task Exports_and_verifies()
    {
        await ExportAsync();
        Assert.Equal(["SHA384SUMS", "SHA384SUMS.p7s", "audit.json", "custody.json", "decisions.json", "original.eml", Released], Directory.EnumerateFiles(Folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.Equal(FakeOperatorActions.Original, await File.ReadAllBytesAsync(Path.Combine(Folder, "original.eml")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Folder, "original.eml")));

        var good = await VerifyAsync("--anchors", Anchor);
        Assert.Equal((0, ""), (good.ExitCode, good.Error));
        Assert.StartsWith("valid\n", good.Output, StringComparison.Ordinal);
        Assert.Contains("by CN=Audit of n1", good.Output, StringComparison.Ordinal);
        var unjudged = await VerifyAsync();
        Assert.Equal(0, unjudged.ExitCode);
        Assert.Contains("only --anchors tells", unjudged.Output, StringComparison.Ordinal);

        Assert.Equal(6, (await node.RunAsync("message", "custody", Id, "--export", Folder)).ExitCode);
        Assert.Equal(3, (await VerifyFolderAsync(workspace["nothing"])).ExitCode);
    }

    [Theory]
    [InlineData("custody.json", "custody.json: is not what the list of digests says")]
    [InlineData("decisions.json", "decisions.json: is not what the list of digests says")]
    [InlineData("audit.json", "audit.json: is not what the list of digests says")]
    [InlineData("original.eml", "original.eml: is not what the list of digests says")]
    [InlineData("released", "is not what the list of digests says")]
    [InlineData("SHA384SUMS", "SHA384SUMS.p7s: is not good")]
    [InlineData("SHA384SUMS.p7s", "SHA384SUMS.p7s: is not good")]
    [Trait("Threat", "F39")]
    public async Task One_changed_octet_is_found_in_every_file(string name, string problem)
    {
        await ExportAsync();
        var file = Path.Combine(Folder, name == "released" ? Released : name);
        var octets = await File.ReadAllBytesAsync(file);
        octets[octets.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, octets);

        foreach (var options in new[] { ["--anchors", Anchor], Array.Empty<string>() })
        {
            var bad = await VerifyAsync(options);
            Assert.Equal(1, bad.ExitCode);
            Assert.StartsWith("invalid\n", bad.Output, StringComparison.Ordinal);
            Assert.Contains(problem, bad.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("custody.json")]
    [InlineData("original.eml")]
    [InlineData("released")]
    [InlineData("SHA384SUMS")]
    [InlineData("SHA384SUMS.p7s")]
    public async Task A_missing_file_is_found(string name)
    {
        await ExportAsync();
        File.Delete(Path.Combine(Folder, name == "released" ? Released : name));
        var bad = await VerifyAsync("--anchors", Anchor);
        Assert.Equal(1, bad.ExitCode);
        Assert.Contains("is missing", bad.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_was_not_exported_is_found()
    {
        await ExportAsync();
        await File.WriteAllTextAsync(Path.Combine(Folder, "released-other.eml"), "x");
        var bad = await VerifyAsync("--anchors", Anchor);
        Assert.Equal(1, bad.ExitCode);
        Assert.Contains("released-other.eml: is not in the list of digests", bad.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_that_was_written_anew_is_found_by_its_first_bad_record_and_by_the_signature()
    {
        await ExportAsync();
        var chain = BoundaryDocuments.ReadCustody(await File.ReadAllTextAsync(Path.Combine(Folder, "custody.json")));
        await RewriteAsync("custody.json", BoundaryDocuments.Write([chain[0] with { Reason = "it came otherwise" }, chain[1]]));

        var bad = await VerifyAsync("--anchors", Anchor, "--json");
        Assert.Equal(1, bad.ExitCode);
        using var json = JsonDocument.Parse(bad.Output);
        var problems = json.RootElement.GetProperty("problems");
        Assert.Equal(("custody.json", 2), (problems[0].GetProperty("file").GetString(), problems[0].GetProperty("record").GetInt32()));
        Assert.Equal("SHA384SUMS.p7s", problems[1].GetProperty("file").GetString());
        Assert.Equal("bad", json.RootElement.GetProperty("signature").GetString());
    }

    [Fact]
    public async Task Messages_that_the_chain_does_not_tell_of_are_found()
    {
        await ExportAsync();
        await RewriteAsync("original.eml", "Subject: other\r\n\r\n");
        await RewriteAsync(Released, "Subject: other\r\n\r\n");
        File.Delete(Path.Combine(Folder, "SHA384SUMS.p7s"));
        var bad = await VerifyAsync();
        Assert.Equal(1, bad.ExitCode);
        Assert.Contains("original.eml: is not the message that the chain of custody begins with", bad.Output, StringComparison.Ordinal);
        Assert.Contains($"{Released}: is no message that the chain of custody says was released", bad.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signer_whom_nobody_believes_is_none()
    {
        await ExportAsync();
        using var others = new TestPki("Other CA");
        TestPki.Write(others.Authority, workspace["other.pem"]);
        Assert.Equal(1, (await VerifyAsync("--anchors", workspace["other.pem"])).ExitCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Threat", "F39")]
    public async Task A_good_signature_over_something_else_is_none(bool isMessage)
    {
        await ExportAsync();
        var key = KeyFile.Read(await File.ReadAllBytesAsync(Path.Combine(node.Files.Folder, "signer.key"))).Keys[0];
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(node.Files.Folder, "signer.pem"));
        var content = "Content-Type: text/plain\r\n\r\nlunch is at noon\r\n"u8.ToArray();
        var order = new SigningOrder
        {
            Content = new ContentDigests(content), Signers = [new CmsSigner(new SoftwareKeyPair(key, certificate.RawData).Signing(null))], SigningTime = TimeProvider.System.GetUtcNow(),
        };
        var signed = (await SignedDataWriter.SignAsync(order)).Join(content);
        if (isMessage)
        {
            const string fields = "From: audit@n1.test\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n";
            signed = Encoding.ASCII.GetBytes(fields + Convert.ToBase64String(signed, Base64FormattingOptions.InsertLineBreaks) + "\r\n");
        }

        await File.WriteAllBytesAsync(Path.Combine(Folder, "SHA384SUMS.p7s"), signed);
        foreach (var options in new[] { ["--anchors", Anchor], Array.Empty<string>() })
        {
            var bad = await VerifyAsync(options);
            Assert.Equal(1, bad.ExitCode);
            Assert.Contains("SHA384SUMS.p7s: is not good: it is no signature over the list of digests", bad.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_chain_with_a_record_that_lacks_a_digest_is_none()
    {
        await ExportAsync();
        var chain = BoundaryDocuments.ReadCustody(await File.ReadAllTextAsync(Path.Combine(Folder, "custody.json")));
        await RewriteAsync("custody.json", BoundaryDocuments.Write([chain[0], chain[1] with { Before = null! }]));
        var bad = await VerifyAsync();
        Assert.Equal(1, bad.ExitCode);
        Assert.Contains("custody.json: is no chain of custody", bad.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_is_no_file_of_the_evidence()
    {
        await ExportAsync();
        var file = Path.Combine(Folder, "original.eml");
        File.Move(file, workspace["elsewhere"]);
        File.CreateSymbolicLink(file, workspace["elsewhere"]);
        var bad = await VerifyAsync("--anchors", Anchor);
        Assert.Equal(1, bad.ExitCode);
        Assert.Contains("original.eml: is missing", bad.Output, StringComparison.Ordinal);
    }

    [RequiresFact("openssl")]
    public async Task Others_verify_it_without_us()
    {
        await ExportAsync();
        var start = new ProcessStartInfo("openssl") { WorkingDirectory = Folder, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in new[] { "cms", "-verify", "-binary", "-inform", "DER", "-in", "SHA384SUMS.p7s", "-content", "SHA384SUMS", "-CAfile", Anchor, "-purpose", "any", "-out", workspace["verified"] }) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode is 0, said);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Folder, "SHA384SUMS")), await File.ReadAllTextAsync(workspace["verified"]));
    }

    [Fact]
    public async Task Tells_of_a_broken_chain_and_of_a_store_that_records_nothing()
    {
        Assert.Equal(0, (await node.RunAsync("message", "custody", Id)).ExitCode);
        node.Actions.Chain = node.Actions.Chain.RemoveAt(0);
        var broken = await node.RunAsync("message", "custody", Id);
        Assert.Equal(1, broken.ExitCode);
        Assert.Contains("broken: record 1 does not follow", broken.Output, StringComparison.Ordinal);
        node.Actions.Refuses = SpoolHealth.Full;
        Assert.Equal(1, (await node.RunAsync("message", "custody", Id, "--export", Folder)).ExitCode);
        Assert.Equal(3, (await node.RunAsync("message", "custody", FakeOperatorActions.Second.ToString())).ExitCode);
    }

    [Fact]
    public void Evidence_is_signed_by_a_key_that_is_there_and_signs_nothing_else()
    {
        const string keys = "keys:\n  - { name: domain, role: domain-signing, file: signer.key, certificate: signer.pem }\n";
        Assert.Contains(node.Files.Problems(TestNode.Text("audit: { key: nobody }\n")), p => p.Contains("audit.key: there is no key 'nobody'", StringComparison.Ordinal));
        Assert.Contains(node.Files.Problems(TestNode.Text(keys + "audit: { key: domain }\n")), p => p.Contains("audit.key: 'domain' is a key for domain-signing", StringComparison.Ordinal));
        Assert.Null(node.Files.Good(TestNode.Text("audit: { retention: 30d }\n")).AuditKey);
        Assert.Null(node.Files.Good(TestNode.Text()).AuditKey);
    }

    private async Task ExportAsync()
    {
        var run = await node.RunAsync("message", "custody", Id, "--export", Folder);
        Assert.True(run.ExitCode is 0, run.ToString());
    }

    // Who changes a file and the list with it.
    private async Task RewriteAsync(string name, string text)
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, name), text);
        var list = Path.Combine(Folder, "SHA384SUMS");
        var digest = CustodyChain.Digest(Encoding.UTF8.GetBytes(text));
        await File.WriteAllLinesAsync(list, (await File.ReadAllLinesAsync(list)).Select(l => l.EndsWith("  " + name, StringComparison.Ordinal) ? $"{digest}  {name}" : l));
    }

    private Task<CommandRun> VerifyAsync(params string[] options) => VerifyFolderAsync(Folder, options);

    private Task<CommandRun> VerifyFolderAsync(string folder, params string[] options) => node.RunAsync(["audit", "verify", folder, .. options]);
}
