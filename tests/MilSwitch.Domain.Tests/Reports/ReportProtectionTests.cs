using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Domain.Tests.Reports;

[Trait("Feature", "L-03")]
public sealed class ReportProtectionTests
{
    private static readonly DepartureSigning Domain = new("domain") { SignatureType = "domain", HeaderProtection = HeaderProtection.Rfc9788 };
    private static readonly DepartureEncryption Encryption = new() { Certificates = [new byte[] { 1 }] };
    private static readonly ReportProtection Protection = new() { Sign = Domain, Encrypt = Encryption };

    private static readonly Envelope Report = new()
    {
        ReversePath = ReversePath.Null, Recipients = [new Recipient(Mailbox.Parse("a@unit.example"))], ArrivedAt = default, Origin = new Origin { Listener = Origin.Switch },
    };

    [Fact]
    public void Signs_reports_over_routes_that_sign_nothing()
    {
        var asked = Protection.For(Report, null);
        Assert.Equal(Domain, asked!.Sign);
        Assert.Null(asked.Encrypt);
    }

    [Fact]
    public void Encrypts_what_reports_on_encrypted_mail() => Assert.Equal(Encryption, Protection.For(Report with { OpenedHere = true }, null)!.Encrypt);

    [Fact]
    public void Looks_for_certificates_in_the_domain_of_the_report_by_one_order_for_all_of_them()
    {
        var protection = Protection with { Finding = ImmutableDictionary<string, DepartureEncryption>.Empty.Add("home", Encryption with { FindIn = "home" }) };
        var asked = protection.For(Report with { OpenedHere = true, Domain = "home" }, null)!.Encrypt;
        Assert.Equal("home", asked!.FindIn);
        // What is read of its certificates is kept by it.
        Assert.Same(asked, protection.For(Report with { OpenedHere = true, Domain = "home" }, null)!.Encrypt);
        Assert.Same(Encryption, protection.For(Report with { OpenedHere = true, Domain = "abroad" }, null)!.Encrypt);
    }

    [Fact]
    public void Leaves_other_mail_to_its_route()
    {
        var route = new DepartureProtection { Sign = new DepartureSigning("route") };
        Assert.Same(route, Protection.For(Report with { ReversePath = new ReversePath(Mailbox.Parse("b@unit.example")) }, route));
        Assert.Same(route, Protection.For(Report with { Origin = new Origin { Listener = "relay" } }, route));
        Assert.Null(Protection.For(Report with { Origin = new Origin { Listener = "relay" } }, null));
    }

    [Fact]
    public void Never_takes_away_what_the_route_does()
    {
        var route = new DepartureProtection { Sign = new DepartureSigning("route"), Encrypt = Encryption };
        Assert.Equal(route, new ReportProtection().For(Report, route));
        Assert.Equal(route with { Sign = Domain }, Protection.For(Report, route));
    }
}
