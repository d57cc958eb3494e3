using System.Globalization;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Keys;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests.Inspection;

/// <summary>Messages and objects made by others, each with the verdict that its makers say it has.</summary>
public sealed class MessageInspectorVectorTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("alice.dsig.SHA256.multipart.eml", "valid", "signed")]
    [InlineData("alice.dsig.SHA256.multipart.env.eml", "valid", "encrypted signed")]
    [InlineData("alice.env.eml", "unsigned", "encrypted")]
    [InlineData("alice.env.sig.SHA256.opaque.eml", "valid", "signed encrypted")]
    [InlineData("alice.env.dsig.SHA256.multipart.eml", "invalid", "signed encrypted")]
    [InlineData("alice.sig.SHA256.opaque.eml", "valid", "signed")]
    [InlineData("alice.sig.SHA256.opaque.env.eml", "valid", "encrypted signed")]
    [InlineData("alice.html.sig.SHA256.opaque.eml", "valid", "signed")]
    [InlineData("alice.html.sig.SHA256.opaque.env.eml", "valid", "encrypted signed")]
    public async Task Judges_the_mails_of_another_client(string name, string verdict, string layers)
    {
        if (SharedVectors.File("comm-central/" + name, output) is not { } mail) return;
        var anchor = Read("comm-central/TestCA.pem");
        var options = Options(anchor, "2024-06-01T00:00:00Z") with { Keys = Keys("comm-central/Bob.p12", "nss") };
        options = options with { At = anchor[0].NotBefore.AddDays(30) };
        using var result = await MessageInspector.InspectAsync(mail, options);
        output.WriteLine(result.Report.ToJson());
        Assert.Equal(verdict, result.Report.Verdict);
        Assert.Equal(layers, string.Join(' ', result.Report.Layers.Select(l => l.Type)));
    }

    [Theory]
    [InlineData("4.1.bin", "valid", "signed")]
    [InlineData("4.2.bin", "valid", "signed")]
    [InlineData("4.4.bin", "valid", "signed")]
    [InlineData("4.5.bin", "valid", "signed")]
    [InlineData("4.6.bin", "valid", "signed")]
    [InlineData("4.7.bin", "valid", "signed")]
    [InlineData("4.10.bin", "valid", "signed")]
    [InlineData("4.11.bin", "unsigned", "certs-only")]
    [InlineData("5.1.bin", "unsigned", "encrypted")]
    [InlineData("5.2.bin", "unsigned", "encrypted")]
    [InlineData("6.0.bin", "undecryptable", "unsupported")]
    [InlineData("7.1.bin", "undecryptable", "unsupported")]
    [InlineData("7.2.bin", "undecryptable", "unsupported")]
    public async Task Judges_the_objects_of_RFC_4134(string name, string verdict, string layers)
    {
        if (SharedVectors.File("rfc4134/" + name, output) is not { } octets) return;
        using var result = await MessageInspector.InspectAsync(octets, Options4134());
        output.WriteLine(result.Report.ToJson());
        Assert.Equal(verdict, result.Report.Verdict);
        Assert.Equal(layers, string.Join(' ', result.Report.Layers.Select(l => l.Type)));
    }

    [Fact]
    public async Task Takes_the_content_of_a_detached_object_from_elsewhere()
    {
        if (SharedVectors.File("rfc4134/4.3.bin", output) is not { } octets) return;
        using var with = await MessageInspector.InspectAsync(octets, Options4134() with { DetachedContent = SharedVectors.File("rfc4134/ExContent.bin", output)! });
        Assert.Equal("valid", with.Report.Verdict);
        using var without = await MessageInspector.InspectAsync(octets, Options4134());
        Assert.Equal("invalid", without.Report.Verdict);
    }

    [Fact]
    public async Task Shows_every_attribute_of_RFC_4134_4_10()
    {
        if (SharedVectors.File("rfc4134/4.10.bin", output) is not { } octets) return;
        using var result = await MessageInspector.InspectAsync(octets, Options4134());
        var layer = result.Report.Layers.Single();
        Assert.NotNull(layer.Label);
        Assert.NotNull(layer.ContentHints);
        Assert.NotNull(layer.ContentReference);
        Assert.NotEmpty(layer.EquivalentLabels);
        Assert.NotEmpty(layer.MlExpansionHistory);
    }

    [Fact]
    public async Task Shows_the_label_and_the_request_of_an_ESS_message()
    {
        if (SharedVectors.File("ess/rfc2634-SignedMessage-signed_message.der", output) is not { } octets) return;
        using var result = await MessageInspector.InspectAsync(octets, Options([], "2015-01-01T00:00:00Z"));
        var layer = result.Report.Layers.Single();
        Assert.Equal(("1.3.6.1.4.1.22112.1.1", 1, "Boagus Privacy Mark"), (layer.Label!.Policy, layer.Label.Classification, layer.Label.PrivacyMark));
        Assert.StartsWith("c74f210f", layer.ReceiptRequest!.ContentIdentifier, StringComparison.Ordinal);
        Assert.Equal("ecdsa-p384", layer.Signers[0].Signature);
        Assert.DoesNotContain("SIGNATURE-INVALID", layer.Signers[0].Reasons);
    }

    [Theory]
    [InlineData("C.1.7-smime-multipart-complex.eml", "none")]
    [InlineData("C.2.1-smime-one-part-hp.eml", "rfc9788")]
    public async Task Judges_the_examples_of_RFC_9788(string name, string scheme)
    {
        if (SharedVectors.File("header-protection/" + name, output) is not { } octets) return;
        using var result = await MessageInspector.InspectAsync(octets, Options(Read("rfc9216/ca.rsa.crt.pem"), "2021-06-01T00:00:00Z") with { Revocation = RevocationMode.Off });
        output.WriteLine(result.Report.ToJson());
        Assert.Equal("valid", result.Report.Verdict);
        Assert.Equal(scheme, result.Report.HeaderProtection.Scheme);
        Assert.DoesNotContain(result.Report.HeaderProtection.Fields, f => f.Mismatch);
        if (scheme is not "none") Assert.Contains(result.Report.HeaderProtection.Fields, f => f is { Name: "Subject", Status: "signed" });
    }

    private InspectionOptions Options4134() => new()
    {
        Trust = new TrustMaterial(
            [.. Read("rfc4134/CarlRSASelf.cer"), .. Read("rfc4134/CarlDSSSelf.cer")],
            SharedVectors.Files("rfc4134", "*.cer", output).SelectMany(f => CertificateFile.Read(File.ReadAllBytes(f)).Certificates)),
        At = Time("2003-06-01T00:00:00Z"),
        Suite = AlgorithmSuite.Legacy,
        Revocation = RevocationMode.Off,
        Keys = [SoftwareDecryptionKey.FromPkcs8(SharedVectors.File("rfc4134/BobRSASignByCarl.cer", output)!, SharedVectors.File("rfc4134/BobPrivRSAEncrypt.pri", output)!)],
    };

    private static InspectionOptions Options(IReadOnlyList<Certificate> anchors, string at) => new() { Trust = new TrustMaterial(anchors), At = Time(at) };

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private IReadOnlyList<Certificate> Read(string path) => CertificateFile.Read(SharedVectors.File(path, output)!).Certificates;

    private IReadOnlyList<IDecryptionKey> Keys(string path, string password) => [.. SoftwareDecryptionKey.FromPkcs12(SharedVectors.File(path, output)!, password)];
}
