using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Host.Configuration;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

public sealed class LabelConfigurationTests : IDisposable
{
    private static readonly Mailbox Recipient = Mailbox.Parse("b@dest.example");

    private readonly ConfigurationFiles files = new();

    public LabelConfigurationTests()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(ConfigurationFiles.Repository, "config", "policies"), "*.xml")) File.Copy(file, Path.Combine(files.Folder, Path.GetFileName(file)));
    }

    public void Dispose() => files.Dispose();

    [Fact]
    public void Reads_policies_clearances_and_what_is_done_with_labels()
    {
        var configuration = files.Good(Text(
            "labels: { unlabelled: default, default: { classification: RESTRICTED, categories: { Release: [COALITION] } } }",
            "labels: { clearance: { policy: COALITION, up-to: CONFIDENTIAL, categories: { Releasable To: [ALL MEMBERS] } } }",
            "clearances: [{ match: dest.example, clearance: { up-to: SECRET, categories: { Release: [COALITION] } } }]"));
        Assert.Equal(["ALFA", "BRAVO", "COALITION"], configuration.Labels.Authority.Policies.All.Select(p => p.Name));
        Assert.Equal("ALFA", configuration.Labels.Home!.Name);

        var given = configuration.Switch.ListenerLabels!["mta"].Decide("Subject: s\r\n\r\n"u8.ToArray(), [], ReversePath.Null, TimeProvider.System.GetUtcNow());
        var label = EssLabel.Read(given.Label!.Encoded);
        Assert.Equal(2, label.Classification);
        Assert.Equal([2], Assert.IsType<TagCategory>(Assert.Single(label.Categories)).Values.AsEnumerable());
        // Signed labels are looked for, so messages are looked into.
        Assert.True(configuration.Switch.Arrivals!["mta"].ReadLabels);

        var link = configuration.Switch.Routes.Routes[0].Link!.Labels!;
        Assert.True(link.Judge(given.Label, Recipient).Goes);
        var secret = new MessageLabel(EssLabel.Encode(label with { Classification = 4 }));
        Assert.Equal(LabelOutcome.Hold, link.Judge(secret, Recipient).Outcome);
        Assert.NotNull(configuration.Switch.LabelCatalogue);
    }

    [Fact]
    public void Reads_all_policies_of_a_folder()
    {
        Assert.Equal(3, files.Good(Text("", "", "").Replace("[alfa.xml, bravo.xml, coalition.xml]", ".", StringComparison.Ordinal)).Labels.Authority.Policies.All.Count);
        Directory.CreateDirectory(Path.Combine(files.Folder, "empty"));
        AssertNames(files.Problems(Text("", "", "").Replace("[alfa.xml, bravo.xml, coalition.xml]", "empty", StringComparison.Ordinal)), "'empty' holds no policy");
    }

    [Fact]
    public void A_policy_that_is_not_there_is_one_problem_and_not_two()
    {
        var problems = files.Problems(Text("labels: {}", "", "").Replace("[alfa.xml, bravo.xml, coalition.xml]", "nowhere.xml", StringComparison.Ordinal));
        Assert.DoesNotContain(problems, p => p.Contains("there are no 'policies'", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_asks_for_labels_where_nothing_is_said()
    {
        var configuration = files.Good(ConfigurationFiles.Minimum);
        Assert.Null(configuration.Switch.ListenerLabels);
        Assert.Null(configuration.Switch.LabelCatalogue);
        Assert.False(configuration.Switch.Routes.AsksForLabels);
    }

    [Fact]
    public void Clearances_of_addresses_hold_on_every_route()
    {
        var configuration = files.Good(Text("labels: {}", "", "clearances: [{ match: dest.example, clearance: { up-to: RESTRICTED } }]"));
        var link = configuration.Switch.Routes.Routes[0].Link!.Labels!;
        Assert.True(link.Judge(null, Mailbox.Parse("b@other.example")).Goes);
        Assert.False(link.Judge(null, Recipient).Goes);
    }

    [Theory]
    [Trait("Threat", "F30")]
    [InlineData("hierarchy=\"20\"", "hierarchy=\"10\"")]
    [InlineData("</SPIF>", "")]
    [InlineData("<SPIF ", "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><SPIF ")]
    public void A_policy_with_an_error_is_refused_at_its_own_line(string good, string bad)
    {
        var policy = Path.Combine(files.Folder, "alfa.xml");
        File.WriteAllText(policy, File.ReadAllText(policy).Replace(good, bad, StringComparison.Ordinal));
        var problems = files.Problems(Text("", "", ""));
        Assert.Contains(problems, p => System.Text.RegularExpressions.Regex.IsMatch(p, @"alfa\.xml:\d+: "));
    }

    [Theory]
    [InlineData("policies: [alfa.xml", "policies: [nowhere.xml", "policies[0]: 'nowhere.xml' does not exist")]
    [InlineData("policies: [alfa.xml", "policies: [alfa.xml, alfa.xml", "is there already, as 'ALFA'")]
    [InlineData("policies: [alfa.xml", "policies: [{ file: alfa.xml, signed-by: [] }", "signed-by: holds no certificate")]
    [InlineData("policy: ALFA", "policy: ALFAA", "there is no policy 'ALFAA' under 'policies'; did you mean 'ALFA'?")]
    public void Names_the_faults_of_policies(string good, string bad, string problem) =>
        AssertNames(files.Problems(Text("", "", "").Replace(good, bad, StringComparison.Ordinal)), problem);

    [Theory]
    [InlineData("labels: { unlabelled: default }", "labels.default: is missing")]
    [InlineData("labels: { default: { classification: SECRET } }", "labels.default: does nothing without unlabelled: default")]
    [InlineData("labels: { unlabelled: default, default: { classification: SECRETT } }", "policy ALFA has no classification 'SECRETT'; did you mean 'SECRET'?")]
    [InlineData("labels: { unlabelled: default, default: { classification: TOP SECRET } }", "labels.default: required: one or more of GRANITE")]
    [InlineData("labels: { unlabelled: default, default: { classification: PROTECTED } }", "obsolete")]
    [InlineData("labels: { require-signed: true }", "labels.require-signed: needs protection.verify with anchors")]
    [InlineData("labels: { require-signed: true, sources: [sio-label] }", "labels.require-signed: needs ess among the sources")]
    [InlineData("labels: { sources: [sio_label] }", "'sio_label' is not one of ess, sio-label, first-line, last-line, subject, x-header, binding; did you mean 'sio-label'?")]
    [InlineData("labels: { sources: [x-header] }", "labels.x-header: is missing: the name of the field")]
    [InlineData("labels: { sources: [x-header], x-header: Subject }", "labels.x-header: must be the name of a field")]
    [InlineData("labels: { sources: [x-header], x-header: X-MilSwitch-Mark }", "labels.x-header: must be the name of a field")]
    [InlineData("labels: { x-header: X-Mark }", "labels.x-header: does nothing without x-header under sources")]
    [InlineData("labels: { invalid: accept }", "'accept' is not one of hold, refuse")]
    [InlineData("labels: { clearance: { policy: BRAVO } }", "clearance.up-to: is missing")]
    [InlineData("labels: { clearance: { up-to: SECRET, classifications: [SECRET] } }", "give one of them")]
    [InlineData("labels: { clearance: { up-to: SECRET, categories: { Codeword: [GRANITE] } } }", "policy ALFA has no tag set 'Codeword'; did you mean 'Codewords'?")]
    [InlineData("labels: { clearance: { up-to: SECRET, categories: { Codewords: [GRANIT] } } }", "tag set 'Codewords' has no value 'GRANIT'; did you mean 'GRANITE'?")]
    [InlineData("labels: { sourcez: [ess] }", "labels.sourcez: unknown key")]
    public void Names_the_faults_of_a_listener(string labels, string problem) => AssertNames(files.Problems(Text(labels, "", "")), problem);

    [Fact]
    [Trait("Feature", "H-05")]
    public void Takes_a_marking_out_of_a_field_and_writes_it_into_another()
    {
        var configuration = files.Good(Text("labels: { sources: [x-header], x-header: X-Classification }", "labels: { policy: COALITION, write: [x-header], x-header: X-Releasable }", ""));
        var found = configuration.Switch.ListenerLabels!["mta"].Decide("X-Classification: ALFA RESTRICTED\r\n\r\n"u8.ToArray(), [], ReversePath.Null, TimeProvider.System.GetUtcNow());
        Assert.Equal(2, EssLabel.Read(found.Label!.Encoded).Classification);
        var written = configuration.Switch.Routes.Routes[0].Link!.Labels!.Write("\r\n"u8.ToArray(), found.Label, TimeProvider.System.GetUtcNow());
        Assert.StartsWith("X-Releasable: COALITION", System.Text.Encoding.UTF8.GetString(written.Content.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_requires_labels_for_which_nobody_looks()
    {
        AssertNames(files.Problems(Text("", "labels: { clearance: { up-to: SECRET } }", "")), "routes[0].labels: requires a label of every message, and no listener looks for labels");
        AssertNames(files.Problems(Text("", "", "clearances: [{ match: dest.example, clearance: { up-to: RESTRICTED } }]")), "labels.clearances: are for labelled messages only");
        files.Good(Text("", "labels: { unlabelled: send }", ""));
    }

    [Theory]
    [InlineData("labels: { policy: NOBODY }", "there is no policy 'NOBODY'")]
    [InlineData("labels: { write: [ess] }", "ess is written by protection.sign")]
    [InlineData("labels: { write: [x-header] }", "labels.x-header: is missing")]
    [InlineData("labels: { x-header: X-Mark }", "labels.x-header: does nothing without x-header under write")]
    [InlineData("labels: { write: [binding] }", "binding is read only")]
    [InlineData("labels: { denied: refuse }", "'refuse' is not one of hold, return")]
    public void Names_the_faults_of_a_route(string labels, string problem) => AssertNames(files.Problems(Text("", labels, "")), problem);

    [Theory]
    [InlineData("{ up-to: \"4\", categories: { 1.3.6.1.4.1.99999.1.1.1: [\"1\"] } }")]
    [InlineData("{ policy: 1.3.6.1.4.1.99999.1.1, classifications: [SECRET, \"3\", \"2\", \"1\"], categories: { Codewords: [GRANITE] } }")]
    [InlineData("{ up-to: SECRET, categories: { Codewords: [\"*\"] } }")]
    [InlineData("{ x501: HEX }")]
    [InlineData("{ x501: B64 }")]
    [InlineData("{ file: clearance.json }")]
    [InlineData("{ file: clearance.xml }")]
    [InlineData("{ file: clearance-4774.xml }")]
    [InlineData("{ file: clearance.der }")]
    [InlineData("{ file: clearance.pem }")]
    public void Reads_clearances_by_names_numbers_and_in_every_form(string clearance)
    {
        var alfa = SpifReader.Read(File.ReadAllBytes(Path.Combine(files.Folder, "alfa.xml")));
        var codewords = alfa.TagSets.Single(s => s.Name == "Codewords");
        var granite = codewords.Tags.SelectMany(t => t.Categories.Select(c => (t.Type, c))).Single(c => c.c.Name == "GRANITE");
        var held = new Clearance { Policy = alfa.Id, Classifications = [1, 2, 3, 4], Categories = [new TagCategory(codewords.Id, granite.Type, [granite.c.Value])] };
        var der = ClearanceCodec.Encode(held);
        File.WriteAllBytes(Path.Combine(files.Folder, "clearance.der"), der);
        File.WriteAllText(Path.Combine(files.Folder, "clearance.pem"), System.Security.Cryptography.PemEncoding.WriteString("CLEARANCE", der));
        File.WriteAllBytes(Path.Combine(files.Folder, "clearance.xml"), NativeXmlClearance.Write(held));
        File.WriteAllText(Path.Combine(files.Folder, "clearance-4774.xml"), $"""
            <c:ConfidentialityClearance xmlns:c="{Stanag4774Clearance.Namespace}" xmlns:l="{Stanag4774.Namespace}"><l:PolicyIdentifier>ALFA</l:PolicyIdentifier>
            <c:ClassificationList><l:Classification>SECRET</l:Classification></c:ClassificationList><l:Category Type="RESTRICTIVE" TagName="Codewords"><l:GenericValue>GRANITE</l:GenericValue></l:Category></c:ConfidentialityClearance>
            """);
        File.WriteAllText(Path.Combine(files.Folder, "clearance.json"), """{ "policy": "ALFA", "up-to": "SECRET", "categories": { "Codewords": ["GRANITE"] } }""");
        clearance = clearance.Replace("HEX", Convert.ToHexString(der), StringComparison.Ordinal).Replace("B64", Convert.ToBase64String(der), StringComparison.Ordinal)
            .Replace("1.3.6.1.4.1.99999.1.1.1", codewords.Id, StringComparison.Ordinal).Replace("1.3.6.1.4.1.99999.1.1", alfa.Id, StringComparison.Ordinal)
            .Replace("[\"1\"] }", $"[\"{granite.c.Value}\"] }}", StringComparison.Ordinal);

        var link = files.Good(Text("labels: {}", $"labels: {{ clearance: {clearance} }}", "")).Switch.Routes.Routes[0].Link!.Labels!;

        var secret = new SecurityLabel { Policy = alfa.Id, Classification = 4, Categories = [new TagCategory(codewords.Id, granite.Type, [granite.c.Value])] };
        Assert.True(link.Judge(new MessageLabel(EssLabel.Encode(secret)), Recipient).Goes, link.Judge(new MessageLabel(EssLabel.Encode(secret)), Recipient).Reason);
        Assert.False(link.Judge(new MessageLabel(EssLabel.Encode(secret with { Classification = 5 })), Recipient).Goes);
    }

    [Theory]
    [InlineData("{ x501: nothing }", "x501: is no clearance: it is neither hexadecimal nor base64")]
    [InlineData("{ x501: \"3000\" }", "x501: is no clearance: not Clearance")]
    [InlineData("{ x501: \"300706052A03040506\" }", "which is not under 'policies'")]
    [InlineData("{ x501: \"3000\", up-to: SECRET }", "clearance.up-to: stands beside x501")]
    [InlineData("{ file: nowhere.json }", "'nowhere.json' does not exist")]
    [InlineData("{ up-to: \"99\" }", "policy ALFA has no classification '99'")]
    [InlineData("{ up-to: SECRET, categories: { Codewords: [\"99\"] } }", "tag set 'Codewords' has no value '99'")]
    public void Names_the_faults_of_a_clearance(string clearance, string problem) => AssertNames(files.Problems(Text("labels: {}", $"labels: {{ clearance: {clearance} }}", "")), problem);

    [Fact]
    [Trait("Feature", "H-13")]
    public void Takes_clearances_out_of_certificates()
    {
        using var authority = new MailAuthority();
        var alfa = SpifReader.Read(File.ReadAllBytes(Path.Combine(files.Folder, "alfa.xml")));
        var restricted = ClearanceCodec.Encode(new Clearance { Policy = alfa.Id, Classifications = [1, 2] });
        File.WriteAllText(Path.Combine(files.Folder, "holder.pem"), authority.IssueWith("b", "B", "b@dest.example", Directory(restricted)));
        File.WriteAllText(Path.Combine(files.Folder, "ca.pem"), File.ReadAllText(authority.Anchors));
        var configuration = files.Good(Text("labels: {}", "", "certificates: { holders: [holder.pem], anchors: [ca.pem] }"));
        var link = configuration.Switch.Routes.Routes[0].Link!.Labels!;
        var (low, high) = (Stored(2), Stored(4));
        Assert.True(link.Judge(low, Recipient).Goes);
        Assert.False(link.Judge(high, Recipient).Goes);
        Assert.True(link.Judge(high, Mailbox.Parse("c@dest.example")).Goes);

        // Called back, it clears for nothing.
        authority.Revoke("b");
        File.WriteAllBytes(Path.Combine(files.Folder, "ca.crl"), authority.RevocationList());
        var revoked = files.Good(Text("labels: {}", "", "certificates: { holders: [holder.pem], anchors: [ca.pem], crls: [ca.crl] }")).Switch.Routes.Routes[0].Link!.Labels!;
        Assert.Contains("the certificate of the recipient does not clear it", revoked.Judge(low, Recipient).Reason, StringComparison.Ordinal);

        AssertNames(files.Problems(Text("labels: {}", "", "certificates: { anchors: [ca.pem] }")), "labels.certificates.holders: is missing");
        AssertNames(files.Problems(Text("labels: {}", "", "certificates: { holders: [holder.pem] }")), "labels.certificates.anchors: is missing");
        AssertNames(files.Problems(Text("labels: {}", "", "certificates: { holders: [ca.pem], anchors: [ca.pem] }")), "names no mail address");
        AssertNames(files.Problems(Text("labels: {}", "", "certificates: { holders: [holder.pem], anchors: [ca.pem], attribute-certificates: [holder.pem] }")), "labels.certificates.attribute-authorities: is missing");
        AssertNames(files.Problems(Text("labels: {}", "", "certificates: { holders: [holder.pem], anchors: [ca.pem], attribute-authorities: [ca.pem], attribute-certificates: [holder.pem] }")), "'holder.pem' not an attribute certificate");

        MessageLabel Stored(int classification) => new(EssLabel.Encode(new SecurityLabel { Policy = alfa.Id, Classification = classification }));

        static X509Extension Directory(byte[] clearance)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("2.5.4.55");
                using (writer.PushSetOf()) writer.WriteEncodedValue(clearance);
            }

            return new X509Extension("2.5.29.9", writer.Encode(), critical: false);
        }
    }

    [Fact]
    [Trait("Feature", "H-13")]
    public void Finds_certificates_where_the_route_s_domain_has_sources()
    {
        files.WriteCertificate();
        Directory.CreateDirectory(Path.Combine(files.Folder, "people"));
        const string Domains = "\ndomains: [{ name: blue, mail: [blue.example], anchors: tls.pem, certificates: { sources: [{ type: folder, path: people }], revocation: off } }, { name: red, mail: [red.example] }]\n";
        var whole = Text("labels: {}, domain: blue", "labels: { find: true }, domain: blue", "certificates: { anchors: tls.pem }") + Domains;
        var link = files.Good(whole).Switch.Routes.Routes[0].Link!.Labels!;
        Assert.Equal("blue", link.AskFor(Recipient));
        // What is found and can't be read, or is not believed, clears for nothing; nothing found says nothing.
        link.Learn(Recipient, new Domain.Protection.RecipientCertificateAnswer.Found(new byte[] { 0x30, 0 }, "people", ""));
        Assert.False(Goes());
        link.Learn(Recipient, new Domain.Protection.RecipientCertificateAnswer.None("revoked"));
        Assert.False(Goes());
        link.Learn(Recipient, new Domain.Protection.RecipientCertificateAnswer.None(""));
        Assert.True(Goes());

        AssertNames(files.Problems(whole.Replace("labels: { find: true }", "labels: {}", StringComparison.Ordinal)), "labels.certificates.holders: is missing");
        AssertNames(files.Problems(whole.Replace(", certificates: { anchors: tls.pem }", "", StringComparison.Ordinal)), "routes[0].labels.find: needs labels.certificates");
        AssertNames(files.Problems(whole.Replace("}, domain: blue }", "}, domain: red }", StringComparison.Ordinal)), "routes[0].labels.find: domain 'red' names no sources of certificates");
        AssertNames(files.Problems(Text("labels: {}", "labels: { find: true }", "certificates: { anchors: tls.pem }")), "routes[0].labels.find: needs a security domain");

        bool Goes() => link.Judge(new MessageLabel(EssLabel.Encode(new SecurityLabel { Policy = "1.3.6.1.4.1.99999.4.1", Classification = 1 })), Recipient).Goes;
    }

    [Fact]
    public void Labels_need_policies() => AssertNames(
        files.Problems(ConfigurationFiles.Minimum.Replace("role: relay", "role: relay, labels: {}", StringComparison.Ordinal)), "there are no 'policies' by which labels could be judged");

    private static void AssertNames(string[] problems, string problem) =>
        Assert.True(problems.Any(p => p.Contains(problem, StringComparison.Ordinal)), string.Join('\n', problems));

    private static string Text(string listener, string route, string labels) =>
        $$"""
        node: { name: n1, data: ./data }
        policies: [alfa.xml, bravo.xml, coalition.xml]
        labels: { policy: ALFA{{(labels.Length is 0 ? "" : ", " + labels)}} }
        listeners:
          - { name: mta, endpoint: "127.0.0.1:2525", role: relay{{(listener.Length is 0 ? "" : ", " + listener)}} }
        routes:
          - { match: "*", next-hop: "127.0.0.1:2626"{{(route.Length is 0 ? "" : ", " + route)}} }
        """;
}
