using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Finding.Directories;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Tests.Certificates;
using MilSwitch.Testing;

namespace MilSwitch.Lookup.Tests.Finding;

/// <summary>Against a real OpenLDAP.</summary>
[Trait("Feature", "R-01")]
public sealed class DirectorySourceTests : IDisposable
{
    private static readonly TestAuthority Root = TestAuthority.Root();
    private readonly Workspace workspace = new("slapd");
    private readonly TestPki pki = new();

    public void Dispose()
    {
        workspace.Dispose();
        pki.Dispose();
    }

    [RequiresFact(SlapdInstance.Program)]
    public async Task Finds_the_certificates_of_a_recipient_s_entry_over_TLS()
    {
        var (one, two) = (Root.Person("alice@unit.example"), Root.Person("alice@unit.example"));
        using var slapd = await StartAsync(People.Entry("Alice", "Alice@unit.example", SlapdInstance.Base, one, two) + People.Entry("Bob", "bob@unit.example", SlapdInstance.Base, Root.Person("bob@unit.example")));
        using var source = Source(slapd);
        Assert.Equal([one.Thumbprint, two.Thumbprint], Thumbprints(await FindAsync(source, "alice@unit.example")));
        Assert.Empty(Thumbprints(await FindAsync(source, "carol@unit.example")));
    }

    [RequiresFact(SlapdInstance.Program)]
    [Trait("Feature", "K-02")]
    public async Task Finds_the_authority_of_the_domain_or_of_one_above_in_an_entry_of_its_own_or_in_the_recipient_s()
    {
        var (gateway, other, inEntry) = (Root.Gateway("unit.example"), Root.Gateway("other.example"), Root.Gateway("example"));
        using var slapd = await StartAsync(
            People.Entry("Gateway", $"{People.Authority}@unit.example", SlapdInstance.Base, gateway)
            + People.Entry("Other", $"{People.Authority}@other.example", SlapdInstance.Base, other)
            + People.Entry("Dave", "dave@branch.example", SlapdInstance.Base, inEntry));
        using var source = Source(slapd);
        Assert.Equal([gateway.Thumbprint], Thumbprints(await FindAsync(source, "anybody@ops.unit.example")));
        Assert.Equal([inEntry.Thumbprint], Thumbprints(await FindAsync(source, "dave@branch.example")));
        using var own = Source(slapd, s => s with { DomainEntries = false });
        Assert.Empty(Thumbprints(await FindAsync(own, "anybody@ops.unit.example")));
    }

    [RequiresFact(SlapdInstance.Program)]
    public async Task A_name_that_looks_like_a_filter_is_a_name()
    {
        var (mine, strange) = (Root.Person("alice@unit.example"), Root.Person("strange@unit.example"));
        using var slapd = await StartAsync(People.Entry("Alice", "alice@unit.example", SlapdInstance.Base, mine) + People.Entry("Strange", "\"*)(a=\\\\*\"@unit.example", SlapdInstance.Base, strange));
        using var source = Source(slapd);
        foreach (var name in (string[])["*@unit.example", "\"*)(mail=*\"@unit.example", "\"alice@unit.example)(cn=\"@unit.example"]) Assert.Empty(Thumbprints(await FindAsync(source, name)));
        Assert.Equal([strange.Thumbprint], Thumbprints(await FindAsync(source, "\"*)(a=\\\\*\"@unit.example")));
    }

    [RequiresFact(SlapdInstance.Program)]
    public async Task Binds_with_the_secret_of_the_moment_and_never_with_an_empty_one()
    {
        var mine = Root.Person("alice@unit.example");
        using var slapd = await StartAsync(People.Entry("Alice", "alice@unit.example", "ou=closed,dc=example", mine));
        var secret = SlapdInstance.Secret;
        using var source = Source(slapd, s => s with { Base = "ou=closed,dc=example", BindName = SlapdInstance.Reader, BindSecret = () => Encoding.UTF8.GetBytes(secret) });
        Assert.Equal([mine.Thumbprint], Thumbprints(await FindAsync(source, "alice@unit.example")));
        secret = "wrong";
        Assert.Contains("invalidCredentials", Unavailable(await FindAsync(source, "alice@unit.example")), StringComparison.Ordinal);
        secret = "";
        Assert.Contains("no secret", Unavailable(await FindAsync(source, "alice@unit.example")), StringComparison.Ordinal);
        using var anonymous = Source(slapd, s => s with { Base = "ou=closed,dc=example" });
        Assert.IsNotType<SourceAnswer.Found>(await FindAsync(anonymous, "alice@unit.example"));
    }

    [RequiresFact(SlapdInstance.Program)]
    public async Task Believes_no_server_that_its_anchors_do_not_vouch_for_by_name()
    {
        using var slapd = await StartAsync("");
        using var otherPki = new TestPki("Other CA");
        using var strange = Source(slapd, s => s with { TlsAnchors = [otherPki.Authority.RawData] });
        Assert.Contains("certificate", Unavailable(await FindAsync(strange, "alice@unit.example")), StringComparison.Ordinal);
        using var byName = Source(slapd, s => s with { Servers = [new LdapEndpoint("localhost", slapd.Port)] });
        Assert.Contains("certificate", Unavailable(await FindAsync(byName, "alice@unit.example")), StringComparison.Ordinal);
        using var inClear = Source(slapd, s => s with { Servers = [new LdapEndpoint("127.0.0.1", slapd.ClearPort)] });
        Unavailable(await FindAsync(inClear, "alice@unit.example"));
    }

    [RequiresFact(SlapdInstance.Program)]
    [Trait("Threat", "C15")]
    [Trait("Threat", "F29")]
    public async Task Follows_no_referral()
    {
        using var elsewhere = new TcpListener(IPAddress.Loopback, 0);
        elsewhere.Start();
        var mine = Root.Person("alice@unit.example");
        using var slapd = await StartAsync(People.Entry("Alice", "alice@unit.example", SlapdInstance.Base, mine)
            + $"dn: ou=far,{SlapdInstance.Base}\nobjectClass: referral\nobjectClass: extensibleObject\nou: far\nref: ldap://127.0.0.1:{((IPEndPoint)elsewhere.LocalEndpoint).Port}/ou=far,{SlapdInstance.Base}\n\n");
        using var source = Source(slapd);
        Assert.Equal([mine.Thumbprint], Thumbprints(await FindAsync(source, "alice@unit.example")));
        var none = Assert.IsType<SourceAnswer.None>(await FindAsync(source, "carol@unit.example"));
        Assert.Contains("refers to others", none.Detail, StringComparison.Ordinal);
        using var below = Source(slapd, s => s with { Base = $"ou=far,{SlapdInstance.Base}" });
        Assert.Contains("referral", Unavailable(await FindAsync(below, "alice@unit.example")), StringComparison.Ordinal);
        Assert.False(elsewhere.Pending());
    }

    [RequiresFact(SlapdInstance.Program)]
    [Trait("Threat", "F29")]
    public async Task More_entries_than_the_bound_are_a_fault_and_never_nothing()
    {
        var entries = string.Concat(Enumerable.Range(0, 30).Select(i => People.Entry($"Many{i}", "many@unit.example", SlapdInstance.Base)));
        using var slapd = await StartAsync(entries);
        using var source = Source(slapd);
        Unavailable(await FindAsync(source, "many@unit.example"));
        using var patient = Source(slapd, s => s with { MostEntries = 30 });
        Assert.IsType<SourceAnswer.None>(await FindAsync(patient, "many@unit.example"));
    }

    [RequiresFact(SlapdInstance.Program)]
    [Trait("Threat", "F29")]
    public async Task Asks_the_next_server_when_one_is_down_and_is_unavailable_when_all_are()
    {
        var mine = Root.Person("alice@unit.example");
        var slapd = await StartAsync(People.Entry("Alice", "alice@unit.example", SlapdInstance.Base, mine));
        using var source = Source(slapd, s => s with { Servers = [new LdapEndpoint("127.0.0.1", Ports.Free()), .. s.Servers] });
        using (slapd) Assert.Equal([mine.Thumbprint], Thumbprints(await FindAsync(source, "alice@unit.example")));
        Unavailable(await FindAsync(source, "alice@unit.example"));
    }

    [RequiresFact(SlapdInstance.Program)]
    public async Task Many_at_once_are_answered_over_few_connections()
    {
        var mine = Root.Person("alice@unit.example");
        using var slapd = await StartAsync(People.Entry("Alice", "alice@unit.example", SlapdInstance.Base, mine));
        using var source = Source(slapd, s => s with { Connections = 2 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => FindAsync(source, "alice@unit.example")));
        Assert.All(answers, a => Assert.Equal([mine.Thumbprint], Thumbprints(a)));
    }

    [Fact]
    [Trait("Threat", "F29")]
    public async Task A_server_that_says_nothing_is_asked_once_for_all_who_wait()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var source = new DirectorySource(
            Settings(((IPEndPoint)listener.LocalEndpoint).Port) with { Servers = [new LdapEndpoint("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port)], Connections = 1, TimeLimit = TimeSpan.FromMilliseconds(200) },
            TimeProvider.System);
        // It takes connections, and swallows what comes.
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => FindAsync(source, $"p{i}@unit.example")));
        Assert.All(answers, a => Assert.Contains("no whole answer in time", Assert.IsType<SourceAnswer.Unavailable>(a).Reason, StringComparison.Ordinal));
        var connections = 0;
        for (; listener.Pending(); connections++) (await listener.AcceptTcpClientAsync()).Dispose();
        Assert.Equal(1, connections);
    }

    [Fact]
    public void A_silent_server_is_asked_again_after_its_pause()
    {
        var time = new FakeTimeProvider();
        var silent = new SilentServers(TimeSpan.FromSeconds(15), time);
        var server = new LdapEndpoint("ldap.example");
        silent.Add(server, "no whole answer in time");
        Assert.Equal("no whole answer in time", silent.Why(server));
        Assert.Null(silent.Why(new LdapEndpoint("other.example")));
        time.Advance(TimeSpan.FromSeconds(15));
        Assert.Null(silent.Why(server));
    }

    [Fact]
    public async Task Asks_nobody_about_addresses_that_no_entry_can_have()
    {
        using var source = new DirectorySource(Settings(1) with { DomainEntries = false }, TimeProvider.System);
        Assert.IsType<SourceAnswer.None>(await FindAsync(source, "postmaster"));
        Assert.IsType<SourceAnswer.None>(await FindAsync(source, "größe@unit.example"));
    }

    [Fact]
    public void Refuses_settings_that_would_ask_in_clear_or_without_measure()
    {
        Assert.Throws<ArgumentException>(() => new DirectorySource(Settings(1) with { TlsAnchors = [] }, TimeProvider.System));
        Assert.Throws<ArgumentException>(() => new DirectorySource(Settings(1) with { Servers = [] }, TimeProvider.System));
        Assert.Throws<ArgumentException>(() => new DirectorySource(Settings(1) with { BindName = "cn=reader" }, TimeProvider.System));
        Assert.Throws<ArgumentException>(() => new DirectorySource(Settings(1) with { MostEntries = 0 }, TimeProvider.System));
        Assert.DoesNotContain("secret", Settings(1).ToString(), StringComparison.OrdinalIgnoreCase);
    }

    private async Task<SlapdInstance> StartAsync(string ldif)
    {
        using var server = pki.Issue("127.0.0.1");
        return await SlapdInstance.StartAsync(workspace["slapd"], server, ldif);
    }

    private DirectorySource Source(SlapdInstance slapd, Func<DirectorySettings, DirectorySettings>? change = null)
    {
        var settings = Settings(slapd.Port);
        return new DirectorySource(change is null ? settings : change(settings), TimeProvider.System);
    }

    private DirectorySettings Settings(int port) => new()
    {
        Name = "test", Servers = [new LdapEndpoint("127.0.0.1", port)], TlsAnchors = [pki.Authority.RawData], Base = SlapdInstance.Base,
    };

    private static Task<SourceAnswer> FindAsync(DirectorySource source, string address) => source.FindAsync(People.Mailbox(address), default).AsTask();

    private static string[] Thumbprints(SourceAnswer answer) => answer switch
    {
        SourceAnswer.Found found => [.. found.Certificates.Select(c => Certificate.Read(c.Der).Thumbprint)],
        SourceAnswer.None => [],
        _ => throw new Xunit.Sdk.XunitException(answer.ToString()),
    };

    private static string Unavailable(SourceAnswer answer) => Assert.IsType<SourceAnswer.Unavailable>(answer).Reason;
}
