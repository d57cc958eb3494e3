using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Addressing;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Status;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Tests.Certificates;
using MilSwitch.Smime.Verdicts;
using static MilSwitch.Lookup.Tests.Finding.FinderStage;

namespace MilSwitch.Lookup.Tests.Finding;

[Trait("Feature", "R-01")]
public sealed class CertificateFinderTests
{
    private readonly FakeTimeProvider time = new(TestAuthority.Now);

    [Fact]
    public async Task Finds_a_certificate_that_an_anchor_vouches_for()
    {
        var mine = Root.Person("alice@ops.unit.example");
        var answer = Assert.IsType<FinderAnswer.Found>(await AskAsync(ScriptedSource.With(mine)));
        var only = Assert.Single(answer.Certificates);
        Assert.Equal(mine, only.Certificate);
        Assert.Null(only.Domain);
    }

    [Fact]
    public async Task Takes_the_recipient_s_own_before_its_domain_s_and_the_nearer_domain_before_the_one_above()
    {
        Certificate[] all = [Root.Gateway("example"), Root.Gateway("ops.unit.example"), Root.Person("alice@ops.unit.example"), Root.Gateway("unit.example")];
        var answer = Assert.IsType<FinderAnswer.Found>(await AskAsync(ScriptedSource.With(all)));
        Assert.Equal([null, "ops.unit.example", "unit.example", "example"], answer.Certificates.Select(c => c.Domain));
    }

    [Theory]
    [Trait("Feature", "K-02")]
    [InlineData("unit.example", People.Authority, true)]
    [InlineData("UNIT.example", People.Authority, true)]
    [InlineData("ops.unit.example", People.Authority, true)]
    [InlineData("deep.ops.unit.example", People.Authority, false)]
    [InlineData("nit.example", People.Authority, false)]
    [InlineData("other.example", People.Authority, false)]
    [InlineData("unit.example", "domain-signing-authority", false)]
    [InlineData("unit.example", "Somebody", false)]
    public async Task Believes_an_authority_of_the_domain_by_the_naming_convention_only(string domain, string commonName, bool isBelieved)
    {
        var answer = await AskAsync(ScriptedSource.With(Root.Gateway(domain, commonName)));
        Assert.Equal(isBelieved, answer is FinderAnswer.Found);
        if (!isBelieved) Assert.Equal(Rejection.OtherName, Assert.Single(answer.Rejected).Why);
    }

    [Theory]
    [Trait("Feature", "K-02")]
    [InlineData("CN=domain-confidentiality-authority,DC=unit,DC=example", true)]
    [InlineData("CN=domain-confidentiality-authority,DC=other,DC=example", false)]
    [InlineData("CN=domain-confidentiality-authority,O=unit.example", false)]
    [InlineData("CN=domain-confidentiality-authority,CN=Another,DC=unit,DC=example", false)]
    public async Task Reads_the_domain_from_dc_components_where_there_is_no_address(string subject, bool isBelieved)
    {
        var answer = await AskAsync(ScriptedSource.With(Root.Issue(r => People.Encrypt(r), subject)));
        Assert.Equal(isBelieved, answer is FinderAnswer.Found);
    }

    [Fact]
    public async Task Says_of_every_candidate_why_it_is_not_used()
    {
        var source = new ScriptedSource(_ => ValueTask.FromResult<SourceAnswer>(new SourceAnswer.Found(
        [
            new FoundCertificate(new byte[] { 0x30, 0x00 }, "s"),
            new FoundCertificate(new byte[70_000], "s"),
            new FoundCertificate(Root.Person("bob@ops.unit.example").Encoded, "s"),
            new FoundCertificate(Stranger.Person("alice@ops.unit.example").Encoded, "s"),
            new FoundCertificate(Root.Issue(r => People.Encrypt(r, "alice@ops.unit.example"), until: TestAuthority.Now.AddDays(-1)).Encoded, "s"),
            new FoundCertificate(Root.Issue(r => { TestAuthority.Sign(r); r.CertificateExtensions.Add(TestAuthority.Names((1, "alice@ops.unit.example"))); }).Encoded, "s"),
            new FoundCertificate(Stranger.Person("alice@ops.unit.example").Encoded, "s") { IsHarvested = true },
        ])));
        var answer = Assert.IsType<FinderAnswer.None>(await AskAsync(source));
        Assert.Equal([Rejection.Unreadable, Rejection.Unreadable, Rejection.OtherName, Rejection.Path, Rejection.Path, Rejection.Path, Rejection.Quarantined], answer.Rejected.Select(r => r.Why));
        Assert.Equal([Reason.ChainIncomplete], answer.Rejected[3].Reasons.ToArray());
        Assert.Equal([Reason.CertExpired], answer.Rejected[4].Reasons.ToArray());
        Assert.Equal([Reason.KeyUsage], answer.Rejected[5].Reasons.ToArray());
        Assert.All(answer.Rejected, r => Assert.NotEmpty(r.Detail));
    }

    [Fact]
    public async Task Uses_what_a_person_allowed_whoever_issued_it_until_it_ends()
    {
        var strange = Stranger.Person("alice@ops.unit.example");
        var source = new ScriptedSource(_ => ValueTask.FromResult<SourceAnswer>(new SourceAnswer.Found([new FoundCertificate(strange.Encoded, "s") { IsApproved = true }])));
        var finder = Finder([source]);
        Assert.IsType<FinderAnswer.Found>(await finder.FindAsync(Alice, default));
        time.Advance(TimeSpan.FromDays(2_000));
        Assert.Equal([Reason.CertExpired], Assert.Single((await finder.FindAsync(Alice, default)).Rejected).Reasons.ToArray());
    }

    [Theory]
    [InlineData(true, "Alice@ops.unit.example", true)]
    [InlineData(false, "Alice@ops.unit.example", false)]
    [InlineData(false, "alice@OPS.unit.example", true)]
    [InlineData(true, "alice@unit.example", false)]
    public async Task Compares_local_parts_as_the_settings_say_and_domains_without_case(bool ignoreCase, string named, bool isFound)
    {
        var answer = await Finder([ScriptedSource.With(Root.Person(named))], s => s with { IgnoreCase = ignoreCase }).FindAsync(Alice, default);
        Assert.Equal(isFound, answer is FinderAnswer.Found);
    }

    [Fact]
    public async Task The_first_source_with_a_usable_certificate_ends_the_search()
    {
        var (bad, good, never) = (ScriptedSource.With(Stranger.Person("alice@ops.unit.example")), ScriptedSource.With(Root.Person("alice@ops.unit.example")), ScriptedSource.With());
        var answer = Assert.IsType<FinderAnswer.Found>(await Finder([bad, good, never]).FindAsync(Alice, default));
        Assert.Single(answer.Rejected);
        Assert.Equal(0, never.Asked);
    }

    [Fact]
    [Trait("Threat", "C15")]
    public async Task Asks_about_the_status_of_nobody_who_leads_to_no_anchor()
    {
        var status = new ScriptedStatus(StatusMaterial.Empty);
        await AskAsync(ScriptedSource.With(Stranger.Person("alice@ops.unit.example"), Root.Person("bob@ops.unit.example")), status);
        Assert.Equal(0, status.Asked);
    }

    [Fact]
    [Trait("Threat", "F27")]
    public async Task Waits_for_a_status_that_is_not_known_and_refuses_who_is_revoked()
    {
        var mine = Root.Person("alice@ops.unit.example");
        var status = new ScriptedStatus(new StatusMaterial([], [], [new StatusFailure("http://crl", "away", TestAuthority.Now, null)]));
        var unknown = Assert.IsType<FinderAnswer.Unavailable>(await AskAsync(ScriptedSource.With(mine), status));
        Assert.Equal([Reason.RevocationUnknown], Assert.Single(unknown.Rejected).Reasons.ToArray());
        Assert.Contains("http://crl: away", unknown.Notes);

        status = new ScriptedStatus(new StatusMaterial([Root.List([(mine, 1)])], [], []));
        var revoked = Assert.IsType<FinderAnswer.None>(await AskAsync(ScriptedSource.With(mine), status));
        Assert.Equal([Reason.CertRevoked], Assert.Single(revoked.Rejected).Reasons.ToArray());

        status = new ScriptedStatus(new StatusMaterial([], [Root.Answer(mine, 0)], []));
        Assert.IsType<FinderAnswer.Found>(await AskAsync(ScriptedSource.With(mine), status));
    }

    [Fact]
    [Trait("Threat", "F27")]
    public async Task A_certificate_that_is_revoked_meanwhile_is_out_though_the_answer_of_the_source_is_kept()
    {
        var mine = Root.Person("alice@ops.unit.example");
        var status = new ScriptedStatus(new StatusMaterial([Root.List()], [], []));
        var source = ScriptedSource.With(mine);
        var finder = FinderStage.Strict(time, [source], status);
        Assert.IsType<FinderAnswer.Found>(await finder.FindAsync(Alice, default));
        status.Says = new StatusMaterial([Root.List([(mine, 1)], number: 2)], [], []);
        Assert.IsType<FinderAnswer.None>(await finder.FindAsync(Alice, default));
        Assert.Equal(1, source.Asked);
    }

    [Theory]
    [Trait("Feature", "R-02")]
    [InlineData(1, 0, 0, true)]
    [InlineData(1, 0, 1, true)]
    [InlineData(3, 1, 2, true)]
    [InlineData(3, 1, 1, false)]
    [InlineData(0, 0, 1, true)]
    [InlineData(2, 1, 0, true)]
    [InlineData(0, 0, 2, false)]
    public async Task What_a_domain_published_binds_what_other_sources_find(byte usage, byte selector, byte matching, bool isRight)
    {
        var mine = Root.Person("alice@ops.unit.example");
        var meant = usage is 1 or 3 ? isRight ? mine : Root.Person("alice@ops.unit.example") : isRight ? Root.Certificate : Stranger.Certificate;
        var answer = await Finder([ScriptedSource.With(mine), Dns(usage, selector, matching, meant)]).FindAsync(Alice, default);
        Assert.Equal(isRight, answer is FinderAnswer.Found);
        if (!isRight) Assert.Equal(Rejection.Association, Assert.Single(answer.Rejected).Why);
    }

    [Theory]
    [Trait("Feature", "R-02")]
    [InlineData(3, true, true)]
    [InlineData(3, false, false)]
    [InlineData(1, true, false)]
    [InlineData(2, true, true)]
    [InlineData(0, true, false)]
    public async Task DNS_alone_is_enough_for_usages_2_and_3_where_the_settings_say_so(byte usage, bool standsAlone, bool isFound)
    {
        var mine = Stranger.Person("alice@ops.unit.example");
        var published = usage is 1 or 3 ? mine : Stranger.Certificate;
        var source = new ScriptedSource(_ => ValueTask.FromResult<SourceAnswer>(new SourceAnswer.Found([new FoundCertificate(mine.Encoded, "dns")])
        {
            Associations = [new CertificateAssociation(usage, 0, 0, published.Encoded) { StandsAlone = standsAlone && usage >= 2 }], Authorities = [Stranger.Certificate.Encoded],
        }));
        Assert.Equal(isFound, await AskAsync(source) is FinderAnswer.Found);
    }

    [Fact]
    [Trait("Feature", "R-02")]
    public async Task Nothing_is_found_while_somebody_whose_word_binds_does_not_answer()
    {
        var silent = new ScriptedSource(_ => ValueTask.FromResult<SourceAnswer>(new SourceAnswer.Unavailable("bogus")), "dns", constrains: true);
        Assert.IsType<FinderAnswer.Unavailable>(await Finder([ScriptedSource.With(Root.Person("alice@ops.unit.example")), silent]).FindAsync(Alice, default));
    }

    [Fact]
    public async Task Looks_at_no_more_certificates_than_its_bound()
    {
        var source = ScriptedSource.With([.. Enumerable.Range(0, 6).Select(i => Root.Person($"other{i}@unit.example"))]);
        var answer = await Finder([source], s => s with { MostCandidates = 4 }).FindAsync(Alice, default);
        Assert.Equal(2, answer.Rejected.Count(r => r.Why is Rejection.Unreadable));
    }

    private static ScriptedSource Dns(byte usage, byte selector, byte matching, Certificate meant)
    {
        var selected = (selector is 0 ? meant.Encoded : meant.SubjectPublicKeyInfo).ToArray();
        var data = matching switch { 0 => selected, 1 => SHA256.HashData(selected), _ => SHA512.HashData(selected) };
        var association = new CertificateAssociation(usage, selector, matching, data);
        return new ScriptedSource(_ => ValueTask.FromResult<SourceAnswer>(new SourceAnswer.Found([]) { Associations = [association] }), "dns", constrains: true);
    }

    private ValueTask<FinderAnswer> AskAsync(ScriptedSource source, IStatusSource? status = null) =>
        (status is null ? Finder([source]) : FinderStage.Strict(time, [source], status)).FindAsync(Alice, default);

    private CertificateFinder Finder(ImmutableArray<ICertificateSource> sources, Func<FinderSettings, FinderSettings>? change = null) => FinderStage.Finder(time, sources, change);

    private sealed class ScriptedStatus(StatusMaterial says) : IStatusSource
    {
        public StatusMaterial Says { get; set; } = says;

        public int Asked { get; private set; }

        public ValueTask<StatusMaterial> AboutAsync(IReadOnlyList<Certificate> path, CancellationToken cancellationToken)
        {
            Asked++;
            return ValueTask.FromResult(Says);
        }
    }
}
