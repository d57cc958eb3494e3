using System.Formats.Asn1;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Lookup.Status;
using MilSwitch.Lookup.Tests.Finding;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Tests.Certificates;

namespace MilSwitch.Lookup.Tests.Status;

[Trait("Threat", "F27")]
public sealed class ResponderTests
{
    private static readonly TestAuthority Root = TestAuthority.Root();
    private static readonly TestAuthority Stranger = TestAuthority.Root("CN=Stranger");
    private readonly FakeTimeProvider time = new(TestAuthority.Now);

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task Asks_a_configured_responder_and_keeps_its_answer(int status, bool isKept)
    {
        var mine = Root.Person("alice@unit.example");
        await using var server = WebServer.With(() => Root.AnswerOctets(mine, status, nextUpdate: TestAuthority.Now.AddHours(2)));
        using var fetcher = new StatusFetcher(new StatusSettings { Places = [new StatusPlace { Issuer = Root.Certificate, Responders = [server.At("/ocsp")] }] }, time);
        var material = await fetcher.AboutAsync([mine, Root.Certificate], default);
        Assert.Equal(isKept, material.Responses.Length is 1);
        Assert.Equal(!isKept, material.Failures.Length is 1);
        await fetcher.AboutAsync([mine, Root.Certificate], default);
        var request = Assert.Single(server.Requests);
        Assert.Equal("POST", request.Method);
        var id = new AsnReader(request.Body, AsnEncodingRules.DER).ReadSequence().ReadSequence().ReadSequence().ReadSequence().ReadSequence();
        id.ReadSequence();
        id.ReadOctetString();
        id.ReadOctetString();
        Assert.Equal(mine.SerialNumber, id.ReadInteger());
    }

    [Fact]
    public async Task Takes_no_response_of_somebody_who_may_not_give_it_and_asks_the_next_then_the_lists()
    {
        var mine = Root.Person("alice@unit.example");
        await using var forger = WebServer.With(() => Root.AnswerOctets(mine, 0, responder: Root.Certificate, responderKey: Stranger.Key));
        await using var other = WebServer.With(() => Root.AnswerOctets(Root.Person("bob@unit.example"), 0));
        await using var lists = WebServer.With(() => Root.ListOctets());
        using var fetcher = new StatusFetcher(new StatusSettings { Places = [new StatusPlace { Issuer = Root.Certificate, Responders = [forger.At("/1"), other.At("/2")], Lists = [lists.At("/crl")] }] }, time);
        var material = await fetcher.AboutAsync([mine, Root.Certificate], default);
        Assert.Empty(material.Responses);
        Assert.Single(material.Lists);
        Assert.Equal(2, material.Failures.Length);
    }

    [Fact]
    public async Task An_older_response_does_not_take_the_place_of_a_newer_and_one_that_has_ended_hides_no_list()
    {
        var mine = Root.Person("alice@unit.example");
        var says = Root.AnswerOctets(mine, 1, nextUpdate: TestAuthority.Now.AddHours(3));
        await using var server = WebServer.With(() => says);
        await using var lists = WebServer.With(() => Root.ListOctets());
        using var fetcher = new StatusFetcher(new StatusSettings { Places = [new StatusPlace { Issuer = Root.Certificate, Responders = [server.At("/ocsp")], Lists = [lists.At("/crl")] }] }, time);
        Assert.Equal(OcspStatus.Revoked, Assert.Single((await fetcher.AboutAsync([mine, Root.Certificate], default)).Responses).Answers[0].Status);
        says = Root.AnswerOctets(mine, 0, thisUpdate: TestAuthority.Now.AddHours(-2), nextUpdate: TestAuthority.Now.AddHours(5));
        time.Advance(TimeSpan.FromHours(2));
        var material = await fetcher.AboutAsync([mine, Root.Certificate], default);
        Assert.Equal(OcspStatus.Revoked, Assert.Single(material.Responses).Answers[0].Status);
        Assert.Contains("older", Assert.Single(material.Failures).Reason, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromHours(2));
        material = await fetcher.AboutAsync([mine, Root.Certificate], default);
        Assert.Empty(material.Responses);
        Assert.Single(material.Lists);
    }

    [Fact]
    public async Task A_responder_that_says_nothing_is_left_alone_for_every_certificate()
    {
        using var dead = new TcpListener(IPAddress.Loopback, 0);
        dead.Start();
        var knocks = 0;
        var closing = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    using var client = await dead.AcceptSocketAsync();
                    Interlocked.Increment(ref knocks);
                }
            }
            catch (Exception end) when (end is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        });
        await using var lists = WebServer.With(() => Root.ListOctets());
        using var fetcher = new StatusFetcher(new StatusSettings { Places = [new StatusPlace { Issuer = Root.Certificate, Responders = [new Uri($"http://{dead.LocalEndpoint}/ocsp")], Lists = [lists.At("/crl")] }] }, time);
        foreach (var name in (string[])["alice", "bob", "carol"])
        {
            var material = await fetcher.AboutAsync([Root.Person($"{name}@unit.example"), Root.Certificate], default);
            Assert.Single(material.Failures);
            Assert.Single(material.Lists);
        }

        Assert.Equal(1, knocks);
        time.Advance(TimeSpan.FromSeconds(31));
        await fetcher.AboutAsync([Root.Person("dora@unit.example"), Root.Certificate], default);
        Assert.Equal(2, knocks);
        dead.Stop();
        await closing;
    }
}
