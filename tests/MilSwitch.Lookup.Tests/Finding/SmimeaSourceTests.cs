using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Finding.Dns;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Tests.Certificates;
using MilSwitch.Testing;

namespace MilSwitch.Lookup.Tests.Finding;

/// <summary>Through a real validating resolver.</summary>
[Trait("Feature", "R-02")]
public sealed class SmimeaSourceTests : IDisposable
{
    private static readonly TestAuthority Root = TestAuthority.Root();
    private readonly Workspace workspace = new("unbound");

    public void Dispose() => workspace.Dispose();

    [Theory]
    [InlineData("hugh@example.com", "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert.example.com")]
    [InlineData("\"hugh\"@EXAMPLE.com", "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert.example.com")]
    public void Records_stand_where_RFC_8162_says(string address, string owner) => Assert.Equal(owner, SmimeaSource.Owner(People.Mailbox(address)));

    [RequiresFact(UnboundInstance.Program, UnboundInstance.Signer)]
    public async Task Takes_whole_certificates_and_associations_of_a_signed_zone()
    {
        var (whole, hashed) = (Root.Person("alice@signed.example"), Root.Person("bob@signed.example"));
        using var unbound = await UnboundInstance.StartAsync(workspace["unbound"], new UnboundInstance.Zone("signed.example")
            .Smimea("alice@signed.example", 3, 0, 0, whole.Encoded.Span).Smimea("alice@signed.example", 2, 0, 0, Root.Certificate.Encoded.Span)
            .Smimea("bob@signed.example", 1, 1, 1, SHA256.HashData(hashed.SubjectPublicKeyInfo.Span)).Smimea("bob@signed.example", 0, 0, 2, SHA512.HashData(Root.Certificate.Encoded.Span))
            .Alias("carol@signed.example", "alice@signed.example"));
        var source = Source(unbound);

        var alice = Assert.IsType<SourceAnswer.Found>(await FindAsync(source, "alice@signed.example"));
        Assert.Equal(whole, Certificate.Read(Assert.Single(alice.Certificates).Der));
        Assert.Equal(Root.Certificate, Certificate.Read(Assert.Single(alice.Authorities)));
        Assert.Equal(2, alice.Associations.Length);
        Assert.All(alice.Associations, a => Assert.False(a.StandsAlone));
        Assert.InRange(alice.GoodFor!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(300));

        var bob = Assert.IsType<SourceAnswer.Found>(await FindAsync(source, "bob@signed.example"));
        Assert.Empty(bob.Certificates);
        Assert.All(bob.Associations, a => Assert.True(a.Matches(a.IsAboutAuthority ? Root.Certificate : hashed)));
        Assert.All(bob.Associations, a => Assert.False(a.Matches(whole)));

        Assert.Equal(alice.Certificates.Length, Assert.IsType<SourceAnswer.Found>(await FindAsync(source, "carol@signed.example")).Certificates.Length);
        Assert.IsType<SourceAnswer.None>(await FindAsync(source, "nobody@signed.example"));
        // Local parts are taken to the letter (§4).
        Assert.IsType<SourceAnswer.None>(await FindAsync(source, "Alice@signed.example"));
    }

    [RequiresFact(UnboundInstance.Program, UnboundInstance.Signer)]
    public async Task A_zone_whose_signatures_do_not_hold_never_gives_anything()
    {
        var mine = Root.Person("alice@bogus.example").Encoded;
        using var unbound = await UnboundInstance.StartAsync(
            workspace["unbound"],
            new UnboundInstance.Zone("bogus.example") { Tamper = ChangeData }.Smimea("alice@bogus.example", 3, 0, 0, mine.Span),
            new UnboundInstance.Zone("hidden.example") { Tamper = t => Regex.Replace(t, @"(?m)^.*\t(SMIMEA\t|RRSIG\tSMIMEA ).*\n", "", RegexOptions.None, TimeSpan.FromSeconds(5)) }.Smimea("alice@hidden.example", 3, 0, 0, mine.Span),
            new UnboundInstance.Zone("bare.example") { Tamper = t => Regex.Replace(t, @"(?m)^.*\tRRSIG\tSMIMEA .*\n", "", RegexOptions.None, TimeSpan.FromSeconds(5)) }.Smimea("alice@bare.example", 3, 0, 0, mine.Span),
            new UnboundInstance.Zone("expired.example") { Signing = ["-i", "20200101000000", "-e", "20200201000000"] }.Smimea("alice@expired.example", 3, 0, 0, mine.Span));
        var source = Source(unbound, s => s with { StandsAlone = true });
        foreach (var zone in (string[])["bogus", "hidden", "bare", "expired"])
            Assert.True(await FindAsync(source, $"alice@{zone}.example") is SourceAnswer.Unavailable, zone);
    }

    [RequiresFact(UnboundInstance.Program)]
    public async Task A_zone_that_is_not_signed_gives_nothing()
    {
        using var unbound = await UnboundInstance.StartAsync(workspace["unbound"], new UnboundInstance.Zone("plain.example", IsSigned: false).Smimea("alice@plain.example", 3, 0, 0, Root.Person("alice@plain.example").Encoded.Span));
        var none = Assert.IsType<SourceAnswer.None>(await FindAsync(Source(unbound), "alice@plain.example"));
        Assert.Contains("not signed", none.Detail, StringComparison.Ordinal);
    }

    [RequiresFact(UnboundInstance.Program, UnboundInstance.Signer)]
    public async Task Records_that_nobody_understands_are_no_answer_and_beside_others_do_not_count()
    {
        var mine = Root.Person("bob@signed.example");
        var zone = new UnboundInstance.Zone("signed.example").Raw("alice@signed.example", [4, 0, 0, 1]).Raw("alice@signed.example", [3, 0, 1, 1, 2, 3]).Raw("alice@signed.example", [3, 0, 0, 0x30, 0x00])
            .Raw("bob@signed.example", [3, 9, 0, 1]).Smimea("bob@signed.example", 3, 0, 0, mine.Encoded.Span);
        for (byte i = 0; i < 20; i++) zone.Smimea("many@signed.example", 3, 0, 1, SHA256.HashData([i]));
        using var unbound = await UnboundInstance.StartAsync(workspace["unbound"], zone);
        var source = Source(unbound);
        Assert.IsType<SourceAnswer.Unavailable>(await FindAsync(source, "alice@signed.example"));
        Assert.Single(Assert.IsType<SourceAnswer.Found>(await FindAsync(source, "bob@signed.example")).Associations);
        Assert.IsType<SourceAnswer.Unavailable>(await FindAsync(source, "many@signed.example"));
    }

    [RequiresTheory(UnboundInstance.Program, UnboundInstance.Signer)]
    [InlineData(false, 3, false)]
    [InlineData(true, 3, true)]
    [InlineData(true, 1, false)]
    public async Task A_stranger_s_certificate_in_a_signed_zone_is_believed_only_where_DNS_alone_is_enough(bool standsAlone, byte usage, bool isFound)
    {
        var strange = TestAuthority.Root("CN=Stranger").Person("alice@signed.example");
        using var unbound = await UnboundInstance.StartAsync(workspace["unbound"], new UnboundInstance.Zone("signed.example").Smimea("alice@signed.example", usage, 0, 0, strange.Encoded.Span));
        var finder = new CertificateFinder(
            new FinderSettings { Trust = new TrustMaterial([Root.Certificate]), Revocation = RevocationMode.IfKnown }, [Source(unbound, s => s with { StandsAlone = standsAlone })], null, new FakeTimeProvider(TestAuthority.Now));
        var answer = await finder.FindAsync(People.Mailbox("alice@signed.example"), default);
        Assert.Equal(isFound, answer is FinderAnswer.Found);
    }

    [Fact]
    public async Task A_resolver_that_is_away_is_no_answer()
    {
        var source = new SmimeaSource(new SmimeaSettings { Name = "test", Resolvers = [new IPEndPoint(IPAddress.Loopback, Ports.Free())], TimeLimit = TimeSpan.FromMilliseconds(500) });
        Assert.IsType<SourceAnswer.Unavailable>(await FindAsync(source, "alice@signed.example"));
    }

    [Fact]
    public async Task Asks_nobody_about_addresses_without_a_domain_name()
    {
        var source = new SmimeaSource(new SmimeaSettings { Name = "test", Resolvers = [new IPEndPoint(IPAddress.Loopback, 9)] });
        Assert.IsType<SourceAnswer.None>(await FindAsync(source, "postmaster"));
        Assert.IsType<SourceAnswer.None>(await FindAsync(source, "alice@[192.0.2.1]"));
    }

    [Fact]
    public void Believes_no_resolver_whose_word_can_be_forged_on_the_way()
    {
        var settings = new SmimeaSettings { Name = "test", Resolvers = [new IPEndPoint(IPAddress.Parse("192.0.2.1"), 53)] };
        Assert.Throws<ArgumentException>(() => new SmimeaSource(settings));
        // One beside others is one too many.
        Assert.Throws<ArgumentException>(() => new SmimeaSource(settings with { Resolvers = [new IPEndPoint(IPAddress.Loopback, 53), .. settings.Resolvers] }));
        Assert.Throws<ArgumentException>(() => new SmimeaSource(settings with { Resolvers = [new IPEndPoint(IPAddress.Parse("2001:db8::1"), 53)] }));
        Assert.Throws<ArgumentException>(() => new SmimeaSource(settings with { TrustsPath = true, Resolvers = [] }));
        Assert.Null(Record.Exception(() => new SmimeaSource(settings with { TrustsPath = true })));
    }

    // Another last octet than the one that was signed.
    private static string ChangeData(string zone) => Regex.Replace(
        zone, @"(?m)(\tSMIMEA\t\d \d \d [0-9a-fA-F]+)([0-9a-fA-F])\s*$", m => m.Groups[1].Value + (m.Groups[2].Value is "0" ? "1" : "0"), RegexOptions.None, TimeSpan.FromSeconds(5));

    private static SmimeaSource Source(UnboundInstance unbound, Func<SmimeaSettings, SmimeaSettings>? change = null)
    {
        var settings = new SmimeaSettings { Name = "test", Resolvers = [unbound.Endpoint], TimeLimit = TimeSpan.FromSeconds(10) };
        return new SmimeaSource(change is null ? settings : change(settings));
    }

    private static Task<SourceAnswer> FindAsync(SmimeaSource source, string address) => source.FindAsync(People.Mailbox(address), default).AsTask();
}
