using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using MilSwitch.Host.Commands;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Host.Tests;

[Trait("Feature", "H-11")]
[Trait("Feature", "H-12")]
[Trait("Feature", "H-17")]
public sealed class LabelCommandTests : IDisposable
{
    private const string Alfa = "1.3.6.1.4.1.99999.4.1";
    private const string Marking = "ALFA SECRET CODEWORD GRANITE RELEASABLE TO ALFA, COALITION";
    private static readonly string Policies = Path.Combine(Workspace.RepositoryRoot, "config/policies");

    private static readonly SecurityLabel Secret = new()
    {
        Policy = Alfa, Classification = 4, Categories = [new TagCategory(Alfa + ".1", TagType.Restrictive, [0]), new TagCategory(Alfa + ".2", TagType.Permissive, [0, 2])],
    };

    private readonly string folder = Directory.CreateTempSubdirectory("label-command").FullName;
    private readonly ITestOutputHelper log;

    public LabelCommandTests(ITestOutputHelper log)
    {
        this.log = log;
        var der = EssLabel.Encode(Secret);
        File.WriteAllBytes(At("label.der"), der);
        File.WriteAllText(At("label.b64"), Convert.ToBase64String(der) + "\n");
        File.WriteAllText(At("label.pem"), PemEncoding.WriteString("ESS SECURITY LABEL", der));
        File.WriteAllText(At("label.hex"), string.Join(':', der.Select(b => b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture))));
        File.WriteAllBytes(At("native.xml"), NativeXmlLabel.Write(Secret));
        File.WriteAllBytes(At("bare.der"), EssLabel.Encode(new SecurityLabel { Policy = Alfa, Classification = 4 }));
        File.WriteAllBytes(At("unknown.der"), EssLabel.Encode(new SecurityLabel { Policy = Alfa, Classification = 99 }));
        File.WriteAllBytes(At("foreign.der"), EssLabel.Encode(new SecurityLabel { Policy = "1.2.3", Classification = 4 }));
        File.WriteAllBytes(At("lagoon.der"), EssLabel.Encode(new SecurityLabel { Policy = Alfa, Classification = 4, Categories = [new TagCategory(Alfa + ".3", TagType.EnumeratedRestrictive, [300])] }));
        File.WriteAllText(At("officer.json"), """{ "policy": "ALFA", "up-to": "SECRET", "categories": { "Codewords": ["GRANITE"], "Release": ["COALITION"] } }""");
        File.WriteAllText(At("clerk.json"), """{ "policy": "ALFA", "up-to": "RESTRICTED", "categories": { "Release": ["BRAVO"] } }""");
        var held = new Clearance { Policy = Alfa, Classifications = [1, 4], Categories = [new TagCategory(Alfa + ".1", TagType.Restrictive, [0]), new TagCategory(Alfa + ".2", TagType.Permissive, [0])] };
        File.WriteAllBytes(At("officer.der"), ClearanceCodec.Encode(held));
        File.WriteAllBytes(At("officer.xml"), NativeXmlClearance.Write(held));
        File.WriteAllText(At("officer-4774.xml"), $"""
            <ConfidentialityClearance xmlns="{Stanag4774Clearance.Namespace}" xmlns:l="{Stanag4774.Namespace}"><l:PolicyIdentifier URI="urn:oid:{Alfa}">ALFA</l:PolicyIdentifier>
            <ClassificationList><l:Classification>SECRET</l:Classification></ClassificationList><l:Category Type="RESTRICTIVE" TagName="Codewords"><l:GenericValue>GRANITE</l:GenericValue></l:Category>
            <l:Category Type="PERMISSIVE" TagName="Release"><l:GenericValue>COALITION</l:GenericValue></l:Category></ConfidentialityClearance>
            """);
        File.WriteAllText(At("broken.json"), "{ }");
        File.WriteAllText(At("broken.xml"), "<SPIF xmlns='http://www.xmlspif.org/spif'>\n<nothing/>\n</SPIF>");
        File.WriteAllText(At("evil.xml"), "<!DOCTYPE a [<!ENTITY b 'c'>]>\n<label xmlns='http://surevine.com/xmlns/spiffy'>&b;</label>");
        Certificates(ClearanceCodec.Encode(held));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(0, "decode label.der")]
    [InlineData(0, "decode label.b64 --spif ALFA")]
    [InlineData(0, "decode label.pem --spif POLICIES --json")]
    [InlineData(0, "decode label.hex --output json")]
    [InlineData(0, "decode native.xml --format spif-native")]
    [InlineData(0, "decode 1.2.3:4:MINE")]
    [InlineData(0, "decode label.der --format x411")]
    [InlineData(3, "decode label.der --format stanag4774")]
    [InlineData(3, "decode label.der --format sio-label")]
    [InlineData(3, "decode native.xml --format ess")]
    [InlineData(3, "decode nothing.der")]
    [InlineData(3, "decode nonsense")]
    [InlineData(3, "decode nonsense --spif ALFA")]
    [InlineData(3, "decode evil.xml")]
    [InlineData(3, "decode 1.2.3:257")]
    [InlineData(3, "decode label.der --spif broken.xml")]
    [InlineData(3, "decode label.der --spif nothing.xml")]
    [InlineData(2, "decode")]
    [InlineData(2, "decode label.der --format pdf")]
    [InlineData(2, "decode label.der --output pdf")]
    [InlineData(0, "check label.der --spif ALFA")]
    [InlineData(0, "check label.der --spif POLICIES --explain")]
    [InlineData(1, "check unknown.der --spif ALFA")]
    [InlineData(1, "check foreign.der --spif ALFA")]
    [InlineData(2, "check label.der")]
    [InlineData(0, "marking label.der --spif ALFA --lang fr --where first-line")]
    [InlineData(1, "marking foreign.der --spif ALFA")]
    [InlineData(2, "marking label.der --spif ALFA --where nowhere")]
    [InlineData(0, "translate label.der --from ALFA --to COALITION")]
    [InlineData(1, "translate lagoon.der --from ALFA --to COALITION")]
    [InlineData(1, "translate label.der --from ALFA --to BRAVO")]
    [InlineData(2, "translate label.der --from ALFA")]
    [InlineData(2, "translate label.der --from ALFA --to POLICIES")]
    [InlineData(0, "permits label.der --clearance officer.json --spif ALFA")]
    [InlineData(0, "permits label.der --clearance officer.der --spif ALFA")]
    [InlineData(0, "permits label.der --clearance officer.xml --spif ALFA --explain")]
    [InlineData(0, "permits label.der --clearance officer-4774.xml --spif ALFA --explain")]
    [InlineData(0, "permits label.der --clearance officer.crt --anchors root.crt --spif ALFA")]
    [InlineData(1, "permits label.der --clearance clerk.json --spif ALFA --explain")]
    [InlineData(1, "permits foreign.der --clearance officer.json --spif ALFA")]
    [InlineData(1, "permits label.der --clearance nobody.crt --anchors root.crt --spif ALFA")]
    [InlineData(1, "permits label.der --clearance officer.crt --anchors nobody.crt --spif ALFA")]
    [InlineData(2, "permits label.der --clearance officer.crt --spif ALFA")]
    [InlineData(2, "permits label.der --spif ALFA")]
    [InlineData(3, "permits label.der --clearance broken.json --spif ALFA")]
    [InlineData(3, "permits label.der --clearance label.b64 --spif ALFA")]
    [InlineData(3, "permits label.der --clearance nothing.json --spif ALFA")]
    [InlineData(0, "policy ALFA")]
    [InlineData(1, "policy broken.xml")]
    [InlineData(1, "policy ALFA --signed-by root.crt")]
    [InlineData(3, "policy nothing.xml")]
    [InlineData(0, "encode label.der --as sio-label")]
    [InlineData(1, "encode label.der --as flot")]
    [InlineData(1, "encode label.der --as plain")]
    [InlineData(2, "encode label.der --as stanag4778")]
    public async Task Ends_with_the_code_of_its_answer(int exitCode, string line)
    {
        var run = await RunAsync(line);
        Assert.True(exitCode == run.ExitCode, $"{run}");
    }

    [Theory]
    [InlineData("ess")]
    [InlineData("ess-base64")]
    [InlineData("x411")]
    [InlineData("sio-label")]
    [InlineData("stanag4774")]
    [InlineData("spif-native")]
    [InlineData("flot")]
    [InlineData("llot")]
    [InlineData("subject")]
    [InlineData("x-header")]
    [InlineData("display")]
    [Trait("Feature", "H-01")]
    [Trait("Feature", "H-02")]
    [Trait("Feature", "H-04")]
    [Trait("Feature", "H-05")]
    [Trait("Feature", "H-06")]
    public async Task Reads_every_form_back_that_it_writes(string form)
    {
        var written = await RunAsync($"encode label.der --as {form} --spif ALFA");
        Assert.True(written.ExitCode is 0, $"{written}");
        File.WriteAllBytes(At("again"), written.Octets);
        using var guessed = await JsonAsync("decode again --spif ALFA --json");
        using var told = await JsonAsync($"decode again --format {form} --spif ALFA --json");
        foreach (var json in new[] { guessed, told }) Assert.Equal(Convert.ToBase64String(EssLabel.Encode(Secret)), json.RootElement.GetProperty("encoded").GetString());
        var piped = await RunAsync("decode - --spif ALFA", At("again"));
        Assert.StartsWith("marking:        " + Marking + "\n", piped.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prints_a_label_as_JSON_with_the_fixed_fields()
    {
        using var named = await JsonAsync("decode label.der --spif ALFA --json");
        var label = named.RootElement;
        Assert.Equal(["policy", "policyName", "classification", "classificationName", "privacyMark", "categories"], label.EnumerateObject().Select(p => p.Name).Take(6));
        Assert.Equal((Alfa, "ALFA", 4, "SECRET"), (label.GetProperty("policy").GetString(), label.GetProperty("policyName").GetString(), label.GetProperty("classification").GetInt32(), label.GetProperty("classificationName").GetString()));
        Assert.Equal(Marking, label.GetProperty("marking").GetString());
        var release = label.GetProperty("categories")[1];
        Assert.Equal((Alfa + ".2", "Release", "permissive"), (release.GetProperty("tagSet").GetString(), release.GetProperty("tagSetName").GetString(), release.GetProperty("type").GetString()));
        Assert.Equal(["ALFA", "COALITION"], release.GetProperty("values").EnumerateArray().Select(v => v.GetString()));
        Assert.Equal([0, 2], release.GetProperty("valueNumbers").EnumerateArray().Select(v => v.GetInt32()));

        using var bare = await JsonAsync("decode label.der --output json");
        Assert.Equal(JsonValueKind.Null, bare.RootElement.GetProperty("policyName").ValueKind);
        Assert.Equal([0, 2], bare.RootElement.GetProperty("categories")[1].GetProperty("values").EnumerateArray().Select(v => v.GetInt32()));
    }

    [Theory]
    [InlineData("first-line", null, "** " + Marking + " **")]
    [InlineData("subject", null, "[ALFA S CODEWORD GRANITE RELEASABLE TO ALFA, COALITION]")]
    [InlineData("display", "fr", "ALFA SECRET MOT CODE GRANITE COMMUNICABLE A ALFA, COALITION")]
    public async Task Marks_as_the_policy_has_it(string where, string? language, string expected)
    {
        var run = await RunAsync($"marking label.der --spif ALFA --where {where}{(language is null ? "" : " --lang " + language)}");
        Assert.Equal(expected + "\n", run.Output);
        using var json = await JsonAsync($"marking label.der --spif ALFA --where {where}{(language is null ? "" : " --lang " + language)} --json");
        Assert.Equal((expected, where), (json.RootElement.GetProperty("marking").GetString(), json.RootElement.GetProperty("where").GetString()));
    }

    [Fact]
    public async Task Explains_a_denial_step_by_step()
    {
        var run = await RunAsync("permits label.der --clearance clerk.json --spif ALFA --explain");
        Assert.StartsWith("denied\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("NOT MET  classification: needs SECRET; the clearance has RESTRICTED", run.Output, StringComparison.Ordinal);
        Assert.Contains("'Codewords': needs GRANITE; the clearance has none of them", run.Output, StringComparison.Ordinal);
        Assert.Contains("'Release': needs one of ALFA, COALITION; the clearance has none of them", run.Output, StringComparison.Ordinal);
        Assert.Contains("  met      ", run.Output, StringComparison.Ordinal);

        using var json = await JsonAsync("permits label.der --clearance clerk.json --spif ALFA --json");
        Assert.False(json.RootElement.GetProperty("permitted").GetBoolean());
        var step = json.RootElement.GetProperty("steps").EnumerateArray().Single(s => s.GetProperty("rule").GetString() == "restrictive");
        Assert.Equal(["GRANITE"], step.GetProperty("needed").EnumerateArray().Select(v => v.GetString()));
        Assert.Empty(step.GetProperty("present").EnumerateArray());
        Assert.False(step.GetProperty("met").GetBoolean());
    }

    [Fact]
    public async Task Tells_what_is_wrong_with_a_label()
    {
        var run = await RunAsync("check unknown.der --spif ALFA");
        Assert.StartsWith("invalid\n  NOT MET  classification: ", run.Output, StringComparison.Ordinal);
        using var json = await JsonAsync("check unknown.der --spif ALFA --json");
        Assert.False(json.RootElement.GetProperty("valid").GetBoolean());
        Assert.Contains(json.RootElement.GetProperty("steps").EnumerateArray(), s => s.GetProperty("rule").GetString() == "known-classification" && !s.GetProperty("met").GetBoolean());
    }

    [Fact]
    [Trait("Feature", "H-16")]
    public async Task Translates_and_keeps_the_original_or_says_why_not()
    {
        using var good = await JsonAsync("translate label.der --from ALFA --to COALITION --json");
        Assert.Equal("translated", good.RootElement.GetProperty("outcome").GetString());
        Assert.Equal(("COALITION", "SECRET"), (good.RootElement.GetProperty("label").GetProperty("policyName").GetString(), good.RootElement.GetProperty("label").GetProperty("classificationName").GetString()));
        Assert.Equal("ALFA", good.RootElement.GetProperty("equivalents")[0].GetProperty("policyName").GetString());

        using var bad = await JsonAsync("translate lagoon.der --from ALFA --to COALITION --json");
        Assert.Equal(("unmappable", JsonValueKind.Null), (bad.RootElement.GetProperty("outcome").GetString(), bad.RootElement.GetProperty("label").ValueKind));
        Assert.Contains("LAGOON", bad.RootElement.GetProperty("reasons")[0].GetProperty("text").GetString(), StringComparison.Ordinal);

        await RunAsync("translate label.der --from ALFA --to COALITION --as ess -o " + At("coalition.der"));
        Assert.Equal("1.3.6.1.4.1.99999.4.3", EssLabel.Read(File.ReadAllBytes(At("coalition.der"))).Policy);
    }

    [Fact]
    [Trait("Feature", "H-10")]
    public async Task Names_file_and_line_of_what_is_wrong_with_a_policy()
    {
        var run = await RunAsync("policy broken.xml");
        Assert.Matches("^" + System.Text.RegularExpressions.Regex.Escape(At("broken.xml")) + ":[1-3]: ", run.Output);
        using var json = await JsonAsync("policy broken.xml --json");
        Assert.False(json.RootElement.GetProperty("valid").GetBoolean());
        Assert.NotEmpty(json.RootElement.GetProperty("problems").EnumerateArray());
        var good = await RunAsync("policy ALFA");
        Assert.Contains("TOP SECRET", good.Output, StringComparison.Ordinal);
        Assert.Contains("--spif: " + At("broken.xml") + ":", (await RunAsync("decode label.der --spif broken.xml")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_no_control_characters()
    {
        File.WriteAllBytes(At("evil.der"), EssLabel.Encode(new SecurityLabel { Policy = "1.2.3", PrivacyMark = "a\u001B[2Jb\u202E" }));
        var run = await RunAsync("decode evil.der");
        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain('\u001B', run.Output);
        Assert.DoesNotContain('\u202E', run.Output);
    }

    [Theory]
    [InlineData("17-1", "NATO UNCLASSIFIED Releasable to ISAF, KFOR, RESOLUTE SUPPORT")]
    [InlineData("17-2", "NATO UNCLASSIFIED")]
    [InlineData("17-3", "NATO UNCLASSIFIED - STAFF")]
    public async Task Meets_the_expectations_of_the_vectors(string name, string marking)
    {
        var files = SharedVectors.Files("labels-spif", "nato-4774-*", log);
        if (files.Length is 0) return;
        var stanag = files.Single(f => f.EndsWith(name + ".nato", StringComparison.Ordinal));
        var native = files.Single(f => f.EndsWith(name + ".xml", StringComparison.Ordinal));
        var policy = files.Single(f => f.EndsWith("policy.xml", StringComparison.Ordinal));
        using var one = await JsonAsync($"decode {stanag} --spif {policy} --json");
        using var other = await JsonAsync($"decode {native} --spif {policy} --json");
        Assert.Equal(one.RootElement.GetProperty("encoded").GetString(), other.RootElement.GetProperty("encoded").GetString());
        foreach (var file in new[] { stanag, native })
        {
            Assert.Equal(0, (await RunAsync($"check {file} --spif {policy}")).ExitCode);
            Assert.Equal(marking + "\n", (await RunAsync($"marking {file} --spif {policy}")).Output);
        }
    }

    private void Certificates(byte[] clearance)
    {
        var start = TimeProvider.System.GetUtcNow().AddDays(-1);
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Root", rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = request.CreateSelfSigned(start, start.AddDays(90));
        File.WriteAllText(At("root.crt"), root.ExportCertificatePem());
        Issue("nobody", null);
        Issue("officer", clearance);

        void Issue(string name, byte[]? held)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var one = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
            // SubjectDirectoryAttributes with the attribute clearance (RFC 5280 section 4.2.1.8, X.501).
            if (held is not null)
            {
                var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
                using (writer.PushSequence())
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier("2.5.4.55");
                    using (writer.PushSetOf()) writer.WriteEncodedValue(held);
                }

                one.CertificateExtensions.Add(new X509Extension("2.5.29.9", writer.Encode(), false));
            }

            using var certificate = one.Create(root.SubjectName, X509SignatureGenerator.CreateForECDsa(rootKey), start, start.AddDays(60), RandomNumberGenerator.GetBytes(8));
            File.WriteAllText(At(name + ".crt"), certificate.ExportCertificatePem());
        }
    }

    private string At(string name) => Path.Combine(folder, name);

    private async Task<JsonDocument> JsonAsync(string line)
    {
        var run = await RunAsync(line);
        Assert.True(run.ExitCode is 0 or 1, $"{run}");
        return JsonDocument.Parse(run.Output);
    }

    private async Task<(int ExitCode, string Output, string Error, byte[] Octets)> RunAsync(string line, string? input = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var octets = new MemoryStream();
        var environment = new CommandEnvironment
        {
            Input = TextReader.Null, Output = output, Error = error, OpenOutput = () => octets, OpenInput = () => input is null ? Stream.Null : File.OpenRead(input),
            IsInputTerminal = false, Variable = _ => null,
        };
        string[] arguments = ["label", .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(a => a switch
        {
            "POLICIES" => Policies,
            "ALFA" or "BRAVO" or "COALITION" => Path.Combine(Policies, a.ToLowerInvariant() + ".xml"),
            _ => File.Exists(At(a)) || (Path.HasExtension(a) && a.StartsWith("nothing", StringComparison.Ordinal)) ? At(a) : a,
        })];
        return (await CommandLine.RunAsync(arguments, environment), output.ToString(), error.ToString(), octets.ToArray());
    }
}
