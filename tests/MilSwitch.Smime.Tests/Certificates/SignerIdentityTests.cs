using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Tests.Certificates;

[Trait("Feature", "E-20")]
[Trait("Threat", "C3")]
public sealed class SignerIdentityTests
{
    private static readonly TestAuthority Root = TestAuthority.Root();

    private static readonly Certificate Alice = Root.Issue(r => r.CertificateExtensions.Add(TestAuthority.Names(
        (1, "alice@example.org"), (1, "Alice.Work@Sub.Example.ORG"), (1, "umlaut@xn--bcher-kva.example"), (0, "älice@bücher.example"), (2, "example.org"))));

    // Address in From; its display name; address in Sender.
    [Theory]
    [InlineData("alice@example.org", "", null)]
    [InlineData("alice@EXAMPLE.Org", "Alice", null)]
    [InlineData("\"alice\"@example.org", "Alice", null)]
    [InlineData("Alice.Work@sub.example.org", "", null)]
    [InlineData("umlaut@bücher.example", "", null)]
    [InlineData("älice@xn--bcher-kva.example", "", null)]
    [InlineData("älice@bücher.example", "", null)]
    [InlineData("alice@example.org", "", "clerk@example.org")]
    [InlineData("alice@example.org", "alice@example.org", null)]
    [InlineData("alice@example.org", "Alice (alice@EXAMPLE.org)", null)]
    [InlineData("alice@example.org", "Alice @ home", null)]
    public void The_certificate_is_for_the_address_in_From(string from, string display, string? sender)
    {
        var verdict = Judge(Alice, sender, (from, display));
        Assert.Equal(IdentityMatch.Ok, verdict.Match);
        Assert.Empty(verdict.Reasons);
    }

    [Theory]
    [InlineData("bob@example.org", "", null)]
    [InlineData("Alice@example.org", "", null)]
    [InlineData("alice@example.org.evil.example", "", null)]
    [InlineData("alice@evil-example.org", "", null)]
    [InlineData("alice@sub.example.org", "", null)]
    [InlineData("alice+x@example.org", "", null)]
    [InlineData("alice@example.оrg", "", null)]
    [InlineData("älice@example.org", "", null)]
    [InlineData("alice@xn--bcher-kva.example", "", null)]
    // Who handed it in is not who is shown to have written it.
    [InlineData("bob@example.org", "", "alice@example.org")]
    public void The_certificate_is_for_others(string from, string display, string? sender)
    {
        var verdict = Judge(Alice, sender, (from, display));
        Assert.Equal(IdentityMatch.Mismatch, verdict.Match);
        Assert.Equal([Reason.SignerMismatch], verdict.Reasons);
        if (sender is not null) Assert.Contains("which is the Sender", verdict.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alice@example.org", "bob@example.org")]
    [InlineData("bob@example.org", "alice@example.org")]
    [InlineData("alice@example.org", "alice@example.org")]
    [InlineData("alice@example.org.")]
    [InlineData("alice@example.org@evil.example")]
    [InlineData("alice@example.org\0@evil.example")]
    [InlineData("alice")]
    [InlineData("")]
    [InlineData]
    public void It_is_not_clear_who_is_shown(params string[] from)
    {
        var verdict = Judge(Alice, null, [.. from.Select(f => (f, ""))]);
        Assert.Equal(IdentityMatch.Ambiguous, verdict.Match);
        Assert.Equal([Reason.FromAmbiguous], verdict.Reasons);
    }

    [Theory]
    [InlineData("alice@example.org", "boss@example.org")]
    [InlineData("alice@example.org", "The Boss <boss@example.org>")]
    [InlineData("alice@example.org", "\"boss@example.org\" via list")]
    [InlineData("alice@example.org", "boss＠example.org")]
    [InlineData("alice@example.org", "bo\u200Bss@exam\u200Bple.org")]
    [InlineData("alice@example.org", "Alice@example.org")]
    [InlineData("alice@example.org", "alice@example.org, boss@example.org")]
    [InlineData("alice@example.org", "mailto:boss@example.org")]
    [InlineData("alice@example.org", "boss@example.org.")]
    public void A_display_name_shows_another_address(string from, string display)
    {
        var verdict = Judge(Alice, null, (from, display));
        Assert.Equal(IdentityMatch.Ok, verdict.Match);
        Assert.Equal([Reason.DisplayNameSpoof], verdict.Reasons);
    }

    [Fact]
    public void An_address_in_the_subject_counts_only_when_no_alternative_name_has_one()
    {
        var old = Root.Issue(name: "E=alice@example.org,CN=Alice");
        Assert.Equal(IdentityMatch.Ok, Judge(old, null, ("alice@example.org", "")).Match);
        var both = Root.Issue(r => r.CertificateExtensions.Add(TestAuthority.Names((1, "bob@example.org"))), "E=alice@example.org,CN=Alice");
        Assert.Equal(IdentityMatch.Mismatch, Judge(both, null, ("alice@example.org", "")).Match);
        var host = Root.Issue(r => r.CertificateExtensions.Add(TestAuthority.Names((2, "example.org"))), "E=alice@example.org,CN=Alice");
        Assert.Equal(IdentityMatch.Ok, Judge(host, null, ("alice@example.org", "")).Match);
    }

    [Fact]
    public void A_certificate_for_no_address_is_for_nobody()
    {
        foreach (var certificate in new[] { Root.Issue(), Root.Issue(name: "CN=alice@example.org"), Root.Issue(r => r.CertificateExtensions.Add(TestAuthority.Names((1, "alice@example.org\0.evil.example")))) })
        {
            var verdict = Judge(certificate, null, ("alice@example.org", ""));
            Assert.Equal(IdentityMatch.None, verdict.Match);
            Assert.Equal([Reason.NoAddress], verdict.Reasons);
        }
    }

    private static IdentityVerdict Judge(Certificate certificate, string? sender, params (string Address, string Display)[] from) =>
        SignerIdentity.Judge(certificate, [.. from.Select(f => new MailParty(f.Address, f.Display))], sender is null ? null : new MailParty(sender));
}
