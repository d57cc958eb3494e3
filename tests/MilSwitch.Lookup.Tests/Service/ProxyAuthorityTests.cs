using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Addressing;
using MilSwitch.Labels.Decisions;
using MilSwitch.Lookup.Service;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Clearances;
using MilSwitch.Smime.Ess;
using static MilSwitch.Lookup.Tests.Service.ProxyMaterial;

namespace MilSwitch.Lookup.Tests.Service;

[Trait("Feature", "R-05")]
public sealed class ProxyAuthorityTests
{
    private readonly FakeTimeProvider time = new(Now);
    private readonly MemoryLog log = new();

    [Fact]
    public async Task Issues_a_certificate_of_the_recipient_with_the_key_of_the_gateway()
    {
        using var authority = Authority(log, time);
        var issued = Assert.IsType<ProxyAnswer.Issued>(await authority.IssueAsync(new ProxyRequest(Bob, "ldap 192.0.2.7")));
        var certificate = issued.Certificate;
        Assert.Equal(["bob@north.example"], certificate.MailAddresses);
        Assert.Equal("CN=bob@north.example,O=Boundary of unit.example", certificate.Subject.ToString());
        Assert.Equal(RsaKey.SubjectPublicKeyInfo.ToArray(), certificate.SubjectPublicKeyInfo.ToArray());
        Assert.Equal(KeyUses.KeyEncipherment, certificate.KeyUsage);
        Assert.Contains(certificate.Extensions, e => e is { Type: "2.5.29.15", IsCritical: true });
        Assert.Equal(["1.3.6.1.5.5.7.3.4"], certificate.ExtendedKeyUsage);
        Assert.Equal([Policy], certificate.Policies);
        Assert.Contains(certificate.AlternativeNames, n => n is { Kind: GeneralNameKind.Uri, Text: "smtp:gateway.unit.example" });
        Assert.Equal(Now.AddHours(24), certificate.NotAfter);
        Assert.Equal(Now.AddMinutes(-5), certificate.NotBefore);
        Assert.Equal(32, certificate.SerialText.Length);
        Assert.False(certificate.IsAuthority);
        Assert.Equal(authority.Certificate.SubjectKeyIdentifier!.Value.ToArray(), certificate.AuthorityKeyIdentifier!.Value.ToArray());
        var capabilities = SmimeCapabilities.Read(certificate.Extensions.Single(e => e.Type == "1.2.840.113549.1.9.15").Value);
        Assert.Equal("2.16.840.1.101.3.4.1.46", capabilities[0].Algorithm);
        Assert.Same(authority.Certificate, Assert.Single(issued.Chain));
        Assert.True(PathJudge.Judge(certificate, PathOf(authority)).IsValid);
        var record = Assert.Single(log.Records);
        Assert.Equal(("bob@north.example", certificate.SerialText, certificate.Thumbprint, "ldap 192.0.2.7"), (record.Recipient, record.Serial, record.Certificate, record.Requester));
    }

    [Fact]
    public async Task Gives_one_certificate_for_each_key_of_the_gateway()
    {
        using var authority = Authority(log, time, Settings with { GatewayKeys = [EcKey, RsaKey] });
        var issued = Assert.IsType<ProxyAnswer.Issued>(await authority.IssueAsync(new ProxyRequest(Bob, "test")));
        Assert.Equal([KeyUses.KeyAgreement, KeyUses.KeyEncipherment], issued.Certificates.Select(c => c.KeyUsage!.Value));
        Assert.NotEqual(issued.Certificates[0].SerialText, issued.Certificates[1].SerialText);
        Assert.Equal(issued.Certificates.Select(c => c.Thumbprint), log.Records.Select(r => r.Certificate));
    }

    [Fact]
    public async Task Gives_the_same_certificate_while_more_than_half_of_its_life_is_left()
    {
        using var authority = Authority(log, time);
        var first = await authority.IssueAsync("bob@north.example");
        time.Advance(TimeSpan.FromHours(12) - TimeSpan.FromSeconds(1));
        Assert.Same(first, await authority.IssueAsync("bob@NORTH.example"));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotEqual(first, await authority.IssueAsync("bob@north.example"));
        Assert.Equal(2, log.Records.Count);
    }

    [Fact]
    public async Task Gives_all_who_ask_at_once_the_same_certificate()
    {
        using var authority = Authority(log, time);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => authority.IssueAsync("bob@north.example"))));
        Assert.Single(answers.Distinct());
        Assert.Single(log.Records);
    }

    [Fact]
    public async Task Keeps_no_more_certificates_than_its_memory_has_room_for()
    {
        using var authority = Authority(log, time, Settings with { CacheCapacity = 10, MostPerMinute = 10_000 });
        for (var i = 0; i < 40; i++) await authority.IssueAsync($"u{i}@north.example");
        Assert.InRange(authority.Cached, 5, 10);
    }

    [Theory]
    [InlineData("bob@south.example")]
    [InlineData("bob@xnorth.example")]
    [InlineData("bob@north.example.org")]
    [InlineData("bob@[192.0.2.1]")]
    [InlineData("postmaster")]
    public async Task Says_nothing_about_other_domains(string recipient)
    {
        using var authority = Authority(log, time);
        Assert.IsType<ProxyAnswer.NotServed>(await authority.IssueAsync(new ProxyRequest(Mailbox.Parse(recipient), "test")));
        Assert.Empty(log.Records);
    }

    [Theory]
    [InlineData("\"bob\"@north.example", "bob@north.example")]
    [InlineData("\"bob smith\"@north.example", "\"bob smith\"@north.example")]
    [InlineData("\"b\\\"ob\\\\\"@sub.north.example", "\"b\\\"ob\\\\\"@sub.north.example")]
    [InlineData("Bob@NORTH.example", "Bob@north.example")]
    public async Task Writes_an_address_in_one_way(string asked, string written)
    {
        using var authority = Authority(log, time);
        Assert.Equal([written], (await authority.IssueAsync(asked)).MailAddresses);
    }

    [Fact]
    public async Task Names_international_and_long_addresses_in_the_alternative_names()
    {
        using var authority = Authority(log, time);
        var international = await authority.IssueAsync("jörg@north.example");
        Assert.Contains(international.AlternativeNames, n => n is { Kind: GeneralNameKind.SmtpUtf8Mailbox, Text: "jörg@north.example" });
        Assert.True(PathJudge.Judge(international, PathOf(authority)).IsValid);
        var longest = await authority.IssueAsync(new string('a', 64) + "@north.example");
        Assert.Equal("O=Boundary of unit.example", longest.Subject.ToString());
        Assert.Single(longest.MailAddresses);
    }

    [Fact]
    public async Task Issues_none_for_who_has_opted_out()
    {
        var eve = Mailbox.Parse("eve@north.example");
        var alice = Mailbox.Parse("alice@unit.example");
        using var authority = Authority(log, time, Settings with { OptedOut = [eve, alice] });
        Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.OptedOut), await authority.IssueAsync(new ProxyRequest(eve, "test")));
        Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.OptedOut), await authority.IssueAsync(new ProxyRequest(Bob, "test") { Originator = alice }));
        Assert.IsType<ProxyAnswer.Issued>(await authority.IssueAsync(new ProxyRequest(Bob, "test") { Originator = Mailbox.Parse("carol@unit.example") }));
        // Another spelling is nobody else.
        foreach (var spelling in new[] { "EVE@north.example", "\"Eve\"@NORTH.example" })
            Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.OptedOut), await authority.IssueAsync(new ProxyRequest(Mailbox.Parse(spelling), "test")));
        Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.OptedOut), await authority.IssueAsync(new ProxyRequest(Bob, "test") { Originator = Mailbox.Parse("Alice@unit.example") }));
    }

    [Fact]
    [Trait("Feature", "H-13")]
    public async Task Issues_none_for_a_label_above_the_ceiling_and_says_the_ceiling_in_the_certificate()
    {
        using var authority = Authority(log, time, Settings with { Ceiling = Restricted, Policies = Policies });
        foreach (var (classification, isServed) in new[] { (1, true), (2, true), (3, false), (5, false) })
        {
            var answer = await authority.IssueAsync(new ProxyRequest(Bob, "test") { Label = Label(classification) });
            if (isServed) Assert.IsType<ProxyAnswer.Issued>(answer);
            else Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.AboveCeiling), answer);
        }

        Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.AboveCeiling), await authority.IssueAsync(new ProxyRequest(Bob, "test") { Label = Label(1) with { Policy = "1.2.3" } }));
        var verdict = ClearanceJudge.Judge(await authority.IssueAsync("bob@north.example"), new ClearanceOptions { Path = PathOf(authority), Policies = Policies });
        Assert.Equal(Restricted.Listed(Policies.Find(Coalition)!), verdict.Effective);
    }

    [Fact]
    public async Task Issues_no_more_in_a_minute_than_it_may_and_answers_from_memory_all_the_same()
    {
        using var authority = Authority(log, time, Settings with { MostPerMinute = 2 });
        await authority.IssueAsync("a@north.example");
        await authority.IssueAsync("b@north.example");
        Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.TooMany), await authority.IssueAsync(new ProxyRequest(Bob, "test")));
        await authority.IssueAsync("a@north.example");
        time.Advance(TimeSpan.FromSeconds(30));
        await authority.IssueAsync("bob@north.example");
    }

    [Fact]
    public async Task One_client_can_not_use_up_what_there_is_for_all()
    {
        using var authority = Authority(log, time, Settings with { MostPerMinute = 10, MostPerMinuteOfClient = 2 });
        var issued = 0;
        for (var i = 0; i < 10; i++)
            if (await authority.IssueAsync(new ProxyRequest(Mailbox.Parse($"u{i}@north.example"), "test") { Client = $"2001:db8::{i}" }) is ProxyAnswer.Issued) issued++;
        Assert.Equal(2, issued);
        Assert.IsType<ProxyAnswer.Issued>(await authority.IssueAsync(new ProxyRequest(Bob, "test") { Client = "192.0.2.9" }));
    }

    [Fact]
    public async Task Hands_out_nothing_that_the_log_does_not_have()
    {
        using var authority = Authority(log, time);
        log.IsAway = true;
        Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.LogAway), await authority.IssueAsync(new ProxyRequest(Bob, "test")));
        log.IsAway = false;
        await authority.IssueAsync("bob@north.example");
        Assert.Single(log.Records);
    }

    [Fact]
    public async Task Waits_for_no_key_that_is_away_and_hands_out_no_bad_signature()
    {
        var signer = new FaultySigner(Signer());
        using var authority = Authority(log, time, signer: signer);
        signer.IsAway = true;
        Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.KeyAway), await authority.IssueAsync(new ProxyRequest(Bob, "test")));
        // Those behind it don't wait for it as well.
        (signer.IsAway, signer.IsWrong) = (false, true);
        Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.KeyAway), await authority.IssueAsync(new ProxyRequest(Bob, "test")));
        Assert.Equal(0, signer.Signatures);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.KeyAway), await authority.IssueAsync(new ProxyRequest(Bob, "test")));
        Assert.Empty(log.Records);
        signer.IsWrong = false;
        time.Advance(TimeSpan.FromSeconds(5));
        await authority.IssueAsync("bob@north.example");
    }

    [Fact]
    public async Task Never_outlives_its_authority()
    {
        using var authority = Authority(log, time);
        time.SetUtcNow(authority.Certificate.NotAfter.AddHours(-3));
        Assert.Equal(authority.Certificate.NotAfter, (await authority.IssueAsync("bob@north.example")).NotAfter);
        time.Advance(TimeSpan.FromHours(3));
        Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.AuthorityInvalid), await authority.IssueAsync(new ProxyRequest(Mailbox.Parse("a@north.example"), "test")));
    }

    [Fact]
    public async Task Issues_none_that_the_constraints_exclude()
    {
        using var authority = Authority(log, time, signer: Signer(excluded: ["king@north.example", ".secret.north.example"]));
        foreach (var recipient in new[] { "king@north.example", "a@x.secret.north.example" })
            Assert.Equal(new ProxyAnswer.Refused(ProxyRefusal.AuthorityInvalid), await authority.IssueAsync(new ProxyRequest(Mailbox.Parse(recipient), "test")));
        await authority.IssueAsync("queen@north.example");
    }

    [Fact]
    [Trait("Threat", "C5")]
    public async Task Is_never_valid_for_an_address_outside_the_constraints()
    {
        var random = new Random(20_260_304);
        string[] hosts = ["north.example", "sub.north.example", "a.b.north.example", "south.example", "xnorth.example", "north.example.com", "example", "secret.north.example"];
        string[] locals = ["bob", "BOB", "\"b b\"", "b+x", "\"@\"", "jörg", "\"bob@north.example\"", "o'neill"];
        using var authority = Authority(log, time, Settings with { MostPerMinute = 10_000 }, Signer(excluded: ["secret.north.example"]));
        var path = PathOf(authority);
        for (var i = 0; i < 300; i++)
        {
            var host = hosts[random.Next(hosts.Length)];
            if (random.Next(2) is 0) host = host.ToUpperInvariant();
            var recipient = Mailbox.Parse(locals[random.Next(locals.Length)] + "@" + host);
            if (await authority.IssueAsync(new ProxyRequest(recipient, "test")) is not ProxyAnswer.Issued issued) continue;
            Assert.True(recipient.Domain is "north.example" || recipient.Domain.EndsWith(".north.example", StringComparison.Ordinal), recipient.Text);
            Assert.NotEqual("secret.north.example", recipient.Domain);
            Assert.True(PathJudge.Judge(issued.Certificate, path).IsValid, recipient.Text);
            Assert.Equal(recipient, Mailbox.Parse(Assert.Single(issued.Certificate.MailAddresses)));
        }
    }

    [Fact]
    [Trait("Threat", "C5")]
    public void Refuses_an_authority_that_could_name_anybody_else()
    {
        Refused("no name constraints", Signer(isConstrained: false));
        Refused("not critical", Signer(isCritical: false));
        Refused("permit every mail address", Signer(permitted: []));
        Refused("permit every mail address", Signer(permitted: [""], excluded: ["south.example"]));
        Refused("permit south.example", Signer(permitted: ["north.example", ".north.example", "south.example"]));
        Refused("permit .example", Signer(permitted: ["north.example", ".example"]));
        Refused("do not permit the foreign domain .north.example", Signer(permitted: ["north.example"]));
        Refused("not one of an authority", Signer(isAuthority: false));
        Refused("does not allow the policy", Signer(further: r => r.CertificateExtensions.Add(PolicyExtension("1.2.3"))));
        Refused("is not for mail", Signer(further: r => r.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false))));
        var tighter = ClearanceCodec.EncodeConstraints([new Clearance { Policy = Coalition, Classifications = [1] }]);
        Refused("do not allow the ceiling", Signer(further: r => r.CertificateExtensions.Add(new X509Extension("1.3.6.1.5.5.7.1.21", tighter, true))), Settings with { Ceiling = Restricted, Policies = Policies });
        using var one = Authority(log, time, Settings with { ForeignDomains = [DomainPattern.Parse("north.example")] }, Signer(permitted: ["bob@north.example", "north.example"]));
    }

    [Fact]
    public void Refuses_settings_out_of_their_range()
    {
        Refused("lifetime", Signer(), Settings with { Lifetime = TimeSpan.FromMinutes(9) });
        Refused("lifetime", Signer(), Settings with { Lifetime = TimeSpan.FromDays(8) });
        Refused("foreign domain", Signer(), Settings with { ForeignDomains = [] });
        Refused("one or two keys", Signer(), Settings with { GatewayKeys = [] });
        Refused("object identifier", Signer(), Settings with { Policy = "seven" });
        Refused("URI", Signer(), Settings with { GatewayUri = "gateway" });
        Refused("boundary's name", Signer(), Settings with { BoundaryName = new string('x', 65) });
        Refused("not loaded", Signer(), Settings with { Ceiling = Restricted });
    }

    private static X509Extension PolicyExtension(string policy)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence()) writer.WriteObjectIdentifier(policy);
        return new X509Extension("2.5.29.32", writer.Encode(), false);
    }

    private void Refused(string because, Smime.Keys.ISigningKey signer, ProxyAuthoritySettings? settings = null) =>
        Assert.Contains(because, Assert.Throws<ProxyAuthorityException>(() => Authority(log, time, settings, signer)).Message, StringComparison.Ordinal);

    private PathOptions PathOf(ProxyAuthority authority) => new()
    {
        Trust = new TrustMaterial([authority.Certificate]), At = time.GetUtcNow(), InitialPolicies = [Policy], ExplicitPolicy = true, Purpose = PathPurpose.Encrypt,
    };
}
