using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Host.Configuration;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;

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
    [InlineData("labels: { sources: [sio_label] }", "'sio_label' is not one of ess, sio-label, first-line, last-line, subject; did you mean 'sio-label'?")]
    [InlineData("labels: { invalid: accept }", "'accept' is not one of hold, refuse")]
    [InlineData("labels: { clearance: { policy: BRAVO } }", "clearance.up-to: is missing")]
    [InlineData("labels: { clearance: { up-to: SECRET, classifications: [SECRET] } }", "give one of them")]
    [InlineData("labels: { clearance: { up-to: SECRET, categories: { Codeword: [GRANITE] } } }", "policy ALFA has no tag set 'Codeword'; did you mean 'Codewords'?")]
    [InlineData("labels: { clearance: { up-to: SECRET, categories: { Codewords: [GRANIT] } } }", "tag set 'Codewords' has no value 'GRANIT'; did you mean 'GRANITE'?")]
    [InlineData("labels: { sourcez: [ess] }", "labels.sourcez: unknown key")]
    public void Names_the_faults_of_a_listener(string labels, string problem) => AssertNames(files.Problems(Text(labels, "", "")), problem);

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
    [InlineData("labels: { denied: refuse }", "'refuse' is not one of hold, return")]
    public void Names_the_faults_of_a_route(string labels, string problem) => AssertNames(files.Problems(Text("", labels, "")), problem);

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
