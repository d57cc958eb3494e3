using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Addressing;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Status;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Tests.Certificates;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Lookup.Tests.Finding;

[Trait("Feature", "R-01")]
public sealed class CertificateFinderTests
{
    private static readonly TestAuthority Root = TestAuthority.Root();
    private static readonly TestAuthority Stranger = TestAuthority.Root("CN=Stranger");
    private static readonly Mailbox Alice = People.Mailbox("alice@ops.unit.example");

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
    public async Task Keeps_what_was_found_and_that_there_was_nothing_for_their_times()
    {
        var (none, found) = (new ScriptedSource(_ => ValueTask.FromResult<SourceAnswer>(new SourceAnswer.None())), ScriptedSource.With(Root.Person("alice@ops.unit.example")));
        var finder = Finder([none, found]);
        for (var i = 0; i < 3; i++) await finder.FindAsync(Alice, default);
        Assert.Equal((1, 1), (none.Asked, found.Asked));
        time.Advance(TimeSpan.FromMinutes(10));
        await finder.FindAsync(Alice, default);
        Assert.Equal((2, 1), (none.Asked, found.Asked));
        time.Advance(TimeSpan.FromMinutes(50));
        await finder.FindAsync(Alice, default);
        Assert.Equal((3, 2), (none.Asked, found.Asked));
        finder.Forget(Alice);
        await finder.FindAsync(Alice, default);
        Assert.Equal((4, 3), (none.Asked, found.Asked));
    }

    [Fact]
    public async Task A_shorter_time_that_the_source_knows_counts()
    {
        var source = new ScriptedSource(_ => ValueTask.FromResult(ScriptedSource.Found(Root.Person("alice@ops.unit.example")) with { GoodFor = TimeSpan.FromSeconds(30) }));
        var finder = Finder([source]);
        await finder.FindAsync(Alice, default);
        time.Advance(TimeSpan.FromSeconds(30));
        await finder.FindAsync(Alice, default);
        Assert.Equal(2, source.Asked);
    }

    [Fact]
    [Trait("Threat", "F29")]
    public async Task A_source_that_does_not_answer_is_never_taken_for_one_that_has_nothing()
    {
        SourceAnswer says = new SourceAnswer.Unavailable("down");
        var source = new ScriptedSource(_ => ValueTask.FromResult(says));
        var finder = Finder([source]);
        Assert.Equal(["scripted: down"], Assert.IsType<FinderAnswer.Unavailable>(await finder.FindAsync(Alice, default)).Reasons.ToArray());
        says = ScriptedSource.Found(Root.Person("alice@ops.unit.example"));
        // Left alone for a moment, and it is still not "nothing".
        Assert.IsType<FinderAnswer.Unavailable>(await finder.FindAsync(Alice, default));
        Assert.Equal(1, source.Asked);
        time.Advance(TimeSpan.FromSeconds(15));
        Assert.IsType<FinderAnswer.Found>(await finder.FindAsync(Alice, default));
    }

    [Fact]
    [Trait("Threat", "F29")]
    public async Task What_a_source_said_stands_in_up_to_its_age_limit_while_it_does_not_answer()
    {
        var says = ScriptedSource.Found(Root.Person("alice@ops.unit.example"));
        var finder = Finder([new ScriptedSource(_ => ValueTask.FromResult(says))]);
        await finder.FindAsync(Alice, default);
        says = new SourceAnswer.Unavailable("down");
        time.Advance(TimeSpan.FromHours(23));
        var answer = Assert.IsType<FinderAnswer.Found>(await finder.FindAsync(Alice, default));
        Assert.Contains(answer.Notes, n => n.Contains("down", StringComparison.Ordinal));
        time.Advance(TimeSpan.FromHours(1));
        Assert.IsType<FinderAnswer.Unavailable>(await finder.FindAsync(Alice, default));
    }

    [Fact]
    public async Task Many_that_ask_at_once_are_one_question()
    {
        var gate = new TaskCompletionSource();
        var mine = Root.Person("alice@ops.unit.example");
        var source = new ScriptedSource(async _ =>
        {
            await gate.Task;
            return ScriptedSource.Found(mine);
        });
        var finder = Finder([source]);
        Task<FinderAnswer>[] all = [.. Enumerable.Range(0, 100).Select(_ => finder.FindAsync(Alice, default).AsTask())];
        using (var gone = new CancellationTokenSource())
        {
            var impatient = finder.FindAsync(Alice, gone.Token).AsTask();
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        }

        gate.SetResult();
        Assert.All(await Task.WhenAll(all), a => Assert.IsType<FinderAnswer.Found>(a));
        Assert.Equal(1, source.Asked);
    }

    [Fact]
    public async Task Keeps_no_more_answers_than_its_bound()
    {
        var source = new ScriptedSource(_ => ValueTask.FromResult<SourceAnswer>(new SourceAnswer.None()));
        var finder = Finder([source], s => s with { MostKept = 10 });
        for (var i = 0; i < 100; i++) await finder.FindAsync(People.Mailbox($"user{i}@unit.example"), default);
        Assert.Equal(10, finder.Kept);
        await finder.FindAsync(People.Mailbox("user99@unit.example"), default);
        Assert.Equal(100, source.Asked);
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
        var finder = new CertificateFinder(new FinderSettings { Trust = new TrustMaterial([Root.Certificate]) }, [source], status, time);
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

    [Fact]
    [Trait("Threat", "F29")]
    public async Task A_source_without_end_is_given_up()
    {
        var began = new TaskCompletionSource();
        var finder = new CertificateFinder(new FinderSettings { Trust = new TrustMaterial([Root.Certificate]) }, [new EndlessSource(began)], null, time);
        var asking = finder.FindAsync(Alice, default).AsTask();
        await began.Task;
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.IsType<FinderAnswer.Unavailable>(await asking);
    }

    private static ScriptedSource Dns(byte usage, byte selector, byte matching, Certificate meant)
    {
        var selected = (selector is 0 ? meant.Encoded : meant.SubjectPublicKeyInfo).ToArray();
        var data = matching switch { 0 => selected, 1 => SHA256.HashData(selected), _ => SHA512.HashData(selected) };
        var association = new CertificateAssociation(usage, selector, matching, data);
        return new ScriptedSource(_ => ValueTask.FromResult<SourceAnswer>(new SourceAnswer.Found([]) { Associations = [association] }), "dns", constrains: true);
    }

    private ValueTask<FinderAnswer> AskAsync(ScriptedSource source, IStatusSource? status = null) => (status is null
        ? Finder([source])
        : new CertificateFinder(new FinderSettings { Trust = new TrustMaterial([Root.Certificate]) }, [source], status, time)).FindAsync(Alice, default);

    // Without status unless a test is about it.
    private CertificateFinder Finder(ImmutableArray<ICertificateSource> sources, Func<FinderSettings, FinderSettings>? change = null)
    {
        var settings = new FinderSettings { Trust = new TrustMaterial([Root.Certificate]), Revocation = RevocationMode.IfKnown };
        return new CertificateFinder(change is null ? settings : change(settings), sources, null, time);
    }

    private sealed class EndlessSource(TaskCompletionSource began) : ICertificateSource
    {
        public string Name => "endless";

        public async ValueTask<SourceAnswer> FindAsync(Mailbox recipient, CancellationToken cancellationToken)
        {
            began.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new SourceAnswer.None();
        }
    }

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
