using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Releases;

namespace MilSwitch.Host.Tests;

public sealed class ReleaseConfigurationTests : IDisposable
{
    private const string Desk = "desk: desk@hq.example, anchors: tls.pem, ";
    private readonly ConfigurationFiles files = new();

    public ReleaseConfigurationTests() => files.WriteCertificate().Dispose();

    public void Dispose() => files.Dispose();

    [Fact]
    public void Reads_all_that_it_can_have()
    {
        var settings = Good(
            Desk + "protection: { decrypt: [k], sign: { key: k, countersign: true }, encrypt: { certificates: tls.pem } }, rules: [{ name: free, listeners: [mta], precedence: [routine], free: true }, "
            + "{ name: out, listeners: [mta], from: [\"*@hq.example\"], to: [\"*@*.far.example\"], precedence: [flash, override], types: [exercise, 200], classification: 3, "
            + "authorizers: [a@x.example, { address: b@x.example, accounts: [anna, ben] }], required: 2, order: listed, others-only: true, proof: account, header: protected, otherwise: hold }]");
        Assert.Equal(("desk@hq.example", "desk@hq.example", true), (settings.Desk!.Text, settings.ShownAs!.Text, settings.Sign!.Countersigns));
        Assert.True(settings.Rules[0].IsFree);
        var rule = settings.Rules[1];
        Assert.Equal(("out", 3, 2, true, true, true), (rule.Name, rule.LowestClassification, rule.Required, rule.IsOrdered, rule.OthersOnly, rule.DemandsProtectedHeader));
        Assert.Equal((ReleaseProof.Account, UnreleasedAction.Hold), (rule.Proof, rule.Otherwise));
        Assert.Equal([Precedence.Flash, Precedence.Override], rule.Levels.AsEnumerable());
        Assert.Equal([0, 200], rule.Types.AsEnumerable());
        Assert.Equal(["anna", "ben"], rule.Authorities[1].Accounts.AsEnumerable());
        Assert.Equal(["a@x.example", "b@x.example", "desk@hq.example"], settings.Opening!.Reviewers.AsEnumerable());
        Assert.True(settings.Opening.KeepsSignatures);
    }

    [Fact]
    public void Another_than_the_author_and_a_protected_header_are_wanted_unless_something_else_is_said()
    {
        var rule = Assert.Single(Good(Desk + "rules: [{ name: out, listeners: [mta], authorizers: [a@x.example] }]").Rules);
        Assert.Equal((true, true, ReleaseProof.Signature, UnreleasedAction.Draft), (rule.OthersOnly, rule.DemandsProtectedHeader, rule.Proof, rule.Otherwise));
        Assert.False(Assert.Single(Good("rules: [{ name: out, listeners: [mta], proof: account, authorizers: [{ address: a@x.example, accounts: [anna] }] }]").Rules).DemandsProtectedHeader);
    }

    [Fact]
    public void Without_it_nothing_waits() => Assert.Same(ReleaseSettings.None, files.Good(ConfigurationFiles.Minimum).Switch.Releases);

    public static TheoryData<string, string> Faults => new()
    {
        { Desk, "release.rules: is missing; nothing would wait for a release" },
        { "desk: desk@hq.example, rules: []", "release.desk: needs anchors: answers that come by mail are believed by their signatures" },
        { Desk + "rules: [{ listeners: [mta], authorizers: [a@x.example] }]", "release.rules[0].name: is missing" },
        { Desk + "rules: [{ name: r, authorizers: [a@x.example] }]", "release.rules[0].listeners: is missing" },
        { Desk + "rules: [{ name: r, listeners: [mtaa], authorizers: [a@x.example] }]", "release.rules[0].listeners: there is no listener 'mtaa'; did you mean 'mta'?" },
        { Desk + "rules: [{ name: r, listeners: [mta] }]", "release.rules[0].authorizers: is missing; or say free: true" },
        { Desk + "rules: [{ name: r, listeners: [mta], authorizers: [a] }]", "release.rules[0].authorizers: must be mail addresses" },
        { Desk + "rules: [{ name: r, listeners: [mta], authorizers: [a@x.example, a@x.example] }]", "release.rules[0].authorizers: 'a@x.example' is there twice" },
        { Desk + "rules: [{ name: r, listeners: [mta], authorizers: [a@x.example], required: 2 }]", "release.rules[0].required: is 2, and there are 1 authorizers" },
        { Desk + "rules: [{ name: r, listeners: [mta], authorizers: [a@nowhere.test] }]", "release.rules[0].authorizers: no route takes 'a@nowhere.test'" },
        { Desk + "rules: [{ name: r, listeners: [mta], authorizers: [a@x.example], free: true }]", "release.rules[0].free: is for rules without authorizers" },
        { Desk + "rules: [{ name: r, listeners: [mta], free: true, order: listed }]", "release.rules[0].order: does nothing with free: true" },
        { Desk + "rules: [{ name: r, listeners: [mta], authorizers: [a@x.example], types: [parade] }]", "release.rules[0].types: 'parade' is neither" },
        { Desk + "rules: [{ name: r, listeners: [mta], authorizers: [a@x.example], precedence: [urgent] }]", "release.rules[0].precedence: 'urgent' is none of" },
        { Desk + "rules: [{ name: r, listeners: [mta], authorizers: [a@x.example], to: [far] }]", "release.rules[0].to: 'far' is not an address" },
        { Desk + "rules: [{ name: r, listeners: [mta], free: true }, { name: r, listeners: [mta], free: true }]", "release.rules[1].name: 'r' is that of another rule already" },
        { Desk + "rules: [{ name: r, listeners: [mta], authorizers: [a@x.example], requird: 1 }]", "release.rules[0].requird: unknown key; did you mean 'required'?" },
        { "rules: [{ name: r, listeners: [mta], authorizers: [a@x.example], proof: account }]", "release.rules[0].authorizers: 'a@x.example' can't release: there is no desk (release.desk) to write to, and no account" },
        { "rules: [{ name: r, listeners: [mta], authorizers: [a@x.example], otherwise: return }]", "release.rules[0].proof: needs anchors (release.anchors): no signature is believed without; or say proof: account" },
        { Desk + "protection: { decrypt: [k] }, rules: []", "release.protection: has decrypt and encrypt both or neither" },
        { "anchors: tls.pem, protection: { sign: { key: k } }, rules: []", "release.shown-as: is missing" },
        { Desk + "protection: { sign: { key: k, signature-type: review } }, rules: []", "release.protection.sign.signature-type: the certificate of 'k' must be named 'review-authority'" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Says_what_is_wrong(string release, string problem) => Assert.Contains(problem, string.Join("\n", files.Problems(Text(release))), StringComparison.Ordinal);

    private ReleaseSettings Good(string release) => files.Good(Text(release)).Switch.Releases;

    private static string Text(string release) =>
        ConfigurationFiles.Minimum.Replace("match: \"*\"", "match: \"*.example\"", StringComparison.Ordinal) + $"\nkeys: [{{ name: k, file: tls.key, certificate: tls.pem }}]\nrelease: {{ {release} }}\n";
}
