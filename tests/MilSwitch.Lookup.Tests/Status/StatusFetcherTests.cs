using System.Formats.Asn1;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Status;
using MilSwitch.Lookup.Tests.Finding;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Tests.Certificates;

namespace MilSwitch.Lookup.Tests.Status;

public sealed class StatusFetcherTests
{
    private static readonly TestAuthority Root = TestAuthority.Root();
    private static readonly TestAuthority Stranger = TestAuthority.Root("CN=Stranger");
    private readonly FakeTimeProvider time = new(TestAuthority.Now);

    [Fact]
    [Trait("Threat", "F27")]
    public async Task Fetches_a_configured_list_once_until_it_is_due()
    {
        await using var server = WebServer.With(() => Root.ListOctets());
        using var fetcher = Fetcher(server.At("/root.crl"));
        for (var i = 0; i < 3; i++) Assert.Single((await AboutAsync(fetcher)).Lists);
        Assert.Single(server.Requests);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(await fetcher.RefreshAsync(default));
        Assert.Equal(2, server.Requests.Count);
        Assert.All(server.Requests, r => Assert.Equal("GET", r.Method));
    }

    [Fact]
    [Trait("Threat", "F27")]
    public async Task Many_that_ask_at_once_are_one_request()
    {
        var gate = new TaskCompletionSource();
        await using var server = new WebServer(async (_, stream, cancellation) =>
        {
            await gate.Task;
            await WebServer.WriteAsync(stream, 200, Root.ListOctets(), "", cancellation);
        });
        using var fetcher = Fetcher(server.At("/root.crl"));
        Task<StatusMaterial>[] all = [.. Enumerable.Range(0, 50).Select(_ => AboutAsync(fetcher))];
        gate.SetResult();
        Assert.All(await Task.WhenAll(all), m => Assert.Single(m.Lists));
        Assert.Single(server.Requests);
    }

    public static TheoryData<string> Failures =>
        ["nothing", "garbage", "of another issuer", "of another key", "older", "ended", "of tomorrow", "an error", "a redirect", "too large and says so", "too large and does not say so", "two lists", "a certificate", "compressed"];

    [Theory]
    [Trait("Threat", "F27")]
    [MemberData(nameof(Failures))]
    public async Task A_failure_is_reported_and_leaves_the_list_that_was_there(string what)
    {
        var isGood = true;
        await using var elsewhere = WebServer.With(() => Root.ListOctets(number: 3));
        await using var server = new WebServer((_, stream, cancellation) => isGood ? WebServer.WriteAsync(stream, 200, Root.ListOctets(), "", cancellation) : FailAsync(what, stream, elsewhere, cancellation));
        using var fetcher = Fetcher(server.At("/root.crl"));
        var before = Assert.Single((await AboutAsync(fetcher)).Lists);
        isGood = false;
        time.Advance(TimeSpan.FromHours(1));
        var material = await AboutAsync(fetcher);
        Assert.Equal(before, Assert.Single(material.Lists));
        var failure = Assert.Single(material.Failures);
        Assert.Equal((server.At("/root.crl").AbsoluteUri, before.NextUpdate), (failure.Place, failure.KeptUntil));
        Assert.NotEmpty(failure.Reason);
        Assert.Equal(failure, Assert.Single(fetcher.Failures));
        Assert.Empty(elsewhere.Requests);

        // Left alone for a moment, then asked again.
        await AboutAsync(fetcher);
        Assert.Equal(2, server.Requests.Count);
        isGood = true;
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Empty((await AboutAsync(fetcher)).Failures);
        Assert.Empty(fetcher.Failures);
    }

    [Fact]
    [Trait("Threat", "F27")]
    public async Task A_list_that_has_ended_calls_nobody_good_and_still_names_who_was_revoked()
    {
        var (good, revoked) = (Root.Person("alice@unit.example"), Root.Person("bob@unit.example"));
        var octets = Root.ListOctets([(revoked, 1)]);
        await using var server = WebServer.With(() => octets);
        using var fetcher = Fetcher(server.At("/root.crl"));
        var finder = new CertificateFinder(new FinderSettings { Trust = new TrustMaterial([Root.Certificate]) }, [ScriptedSource.With(good, revoked)], fetcher, time);
        Assert.IsType<FinderAnswer.Found>(await finder.FindAsync(People.Mailbox("alice@unit.example"), default));
        octets = [];
        time.Advance(TimeSpan.FromDays(8));
        Assert.IsType<FinderAnswer.Unavailable>(await finder.FindAsync(People.Mailbox("alice@unit.example"), default));
        Assert.IsType<FinderAnswer.None>(await finder.FindAsync(People.Mailbox("bob@unit.example"), default));
        Assert.Null(Assert.Single(fetcher.Failures).KeptUntil);
    }

    [Fact]
    [Trait("Threat", "C15")]
    public async Task Waits_for_a_slow_place_no_longer_than_the_limit()
    {
        var began = new TaskCompletionSource();
        await using var server = new WebServer(async (_, stream, cancellation) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n0"u8.ToArray(), cancellation);
            began.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        });
        using var fetcher = Fetcher(server.At("/root.crl"));
        var asking = AboutAsync(fetcher);
        await began.Task;
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Contains("in time", Assert.Single((await asking).Failures).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Threat", "C15")]
    [InlineData("", 0, 0)]
    [InlineData("other.example", 0, 0)]
    [InlineData("127.0.0.1", 0, 0)]
    [InlineData("127.0.0.1:1", 0, 0)]
    [InlineData("127.0.0.1:{port}", 1, 1)]
    public async Task Asks_what_a_certificate_names_only_where_the_settings_allow_the_host(string allow, int lists, int questions)
    {
        await using var server = new WebServer((request, stream, cancellation) => WebServer.WriteAsync(stream, 200, request.Method is "GET" ? Root.ListOctets() : [], "", cancellation));
        var pointing = Pointing($"http://127.0.0.1:{server.Port}/its.crl", $"http://127.0.0.1:{server.Port}/ocsp");
        using var fetcher = new StatusFetcher(new StatusSettings { Allow = allow.Length is 0 ? [] : [allow.Replace("{port}", $"{server.Port}", StringComparison.Ordinal)] }, time);
        var material = await fetcher.AboutAsync([pointing, Root.Certificate], default);
        Assert.Equal(lists, material.Lists.Length);
        Assert.Equal((lists, questions), (server.Requests.Count(r => r.Method is "GET"), server.Requests.Count(r => r.Method is "POST")));
    }

    [Theory]
    [Trait("Threat", "C15")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1:{port}/x")]
    [InlineData("http://user@127.0.0.1:{port}/x")]
    [InlineData("ldap://127.0.0.1:{port}/cn=x?userPassword")]
    [InlineData("ldap://127.0.0.1:{port}/cn=x?certificateRevocationList?sub")]
    [InlineData("https://127.0.0.1:{port}/x")]
    [InlineData("http:///x")]
    [InlineData("not an address")]
    public async Task Asks_nothing_by_addresses_of_other_kinds_even_on_allowed_hosts(string address)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var fetcher = new StatusFetcher(new StatusSettings { Allow = [$"127.0.0.1:{port}", "127.0.0.1"] }, time);
        var material = await fetcher.AboutAsync([Pointing(address.Replace("{port}", $"{port}", StringComparison.Ordinal)), Root.Certificate], default);
        Assert.Empty(material.Lists);
        Assert.Empty(material.Failures);
        Assert.False(listener.Pending());
    }

    [Fact]
    [Trait("Threat", "C15")]
    public async Task Uses_no_proxy_of_the_machine()
    {
        await using var proxy = WebServer.With(() => Root.ListOctets());
        await using var server = WebServer.With(() => Root.ListOctets());
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new WebProxy(proxy.At("/"));
        try
        {
            using var fetcher = Fetcher(server.At("/root.crl"));
            Assert.Single((await AboutAsync(fetcher)).Lists);
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }

        Assert.Empty(proxy.Requests);
    }

    [Fact]
    public void Refuses_places_that_can_not_be_asked()
    {
        foreach (var address in (string[])["file:///etc/passwd", "ftp://x.example/a", "http://user:secret@x.example/a", "ldap://x.example/cn=a?userPassword", "https://x.example/a"])
            Assert.Throws<ArgumentException>(() => Fetcher(new Uri(address)));
        Assert.Throws<ArgumentException>(() => Fetcher(responder: new Uri("ldap://x.example/cn=a")));
        Assert.Throws<ArgumentException>(() => new StatusFetcher(new StatusSettings { TimeLimit = TimeSpan.Zero }, time));
        Assert.Throws<ArgumentException>(() => new StatusFetcher(new StatusSettings { MostOctets = 1 }, time));
    }

    private static async Task FailAsync(string what, Stream stream, WebServer elsewhere, CancellationToken cancellationToken)
    {
        var now = TestAuthority.Now;
        byte[] body = what switch
        {
            "garbage" => [1, 2, 3],
            "of another issuer" => Stranger.ListOctets(),
            "of another key" => TestAuthority.Root().ListOctets(number: 2),
            "older" => Root.ListOctets(thisUpdate: now.AddDays(-2)),
            "ended" => Root.ListOctets(nextUpdate: now.AddMinutes(1)),
            "of tomorrow" => Root.ListOctets(thisUpdate: now.AddDays(1)),
            "too large and says so" or "too large and does not say so" => new byte[(1 << 20) + 1],
            "two lists" => System.Text.Encoding.ASCII.GetBytes(Pem(Root.ListOctets()) + "\n" + Pem(Root.ListOctets(number: 2))),
            "a certificate" => Root.Certificate.Encoded.ToArray(),
            "compressed" => Root.ListOctets(),
            _ => [],
        };
        switch (what)
        {
            case "nothing":
                await WebServer.WriteAsync(stream, 404, body, "", cancellationToken);
                break;
            case "an error":
                await WebServer.WriteAsync(stream, 500, Root.ListOctets(), "", cancellationToken);
                break;
            case "a redirect":
                await WebServer.WriteAsync(stream, 302, body, $"Location: {elsewhere.At("/root.crl")}\r\n", cancellationToken);
                break;
            case "too large and does not say so":
                await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), cancellationToken);
                await stream.WriteAsync(body, cancellationToken);
                break;
            case "compressed":
                using (var small = new MemoryStream())
                {
                    await using (var gzip = new System.IO.Compression.GZipStream(small, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true)) await gzip.WriteAsync(body, cancellationToken);
                    await WebServer.WriteAsync(stream, 200, small.ToArray(), "Content-Encoding: gzip\r\n", cancellationToken);
                }

                break;
            default:
                await WebServer.WriteAsync(stream, 200, body, "", cancellationToken);
                break;
        }
    }

    private static string Pem(byte[] list) => System.Security.Cryptography.PemEncoding.WriteString("X509 CRL", list);

    // A certificate that names where its status is to be had.
    private static Certificate Pointing(string list, string? responder = null) => Root.Issue(r =>
    {
        People.Encrypt(r, "alice@unit.example");
        r.CertificateExtensions.Add(TestAuthority.Raw("2.5.29.31", false, w =>
        {
            using var points = w.PushSequence();
            using var point = w.PushSequence();
            using var name = w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
            using var full = w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
            w.WriteCharacterString(UniversalTagNumber.IA5String, list, new Asn1Tag(TagClass.ContextSpecific, 6));
        }));
        if (responder is null) return;
        r.CertificateExtensions.Add(TestAuthority.Raw("1.3.6.1.5.5.7.1.1", false, w =>
        {
            using var all = w.PushSequence();
            using var description = w.PushSequence();
            w.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1");
            w.WriteCharacterString(UniversalTagNumber.IA5String, responder, new Asn1Tag(TagClass.ContextSpecific, 6));
        }));
    });

    private static Task<StatusMaterial> AboutAsync(StatusFetcher fetcher) => fetcher.AboutAsync([Root.Person("alice@unit.example"), Root.Certificate], default).AsTask();

    private StatusFetcher Fetcher(Uri? list = null, Uri? responder = null) => new(
        new StatusSettings { Places = [new StatusPlace { Issuer = Root.Certificate, Lists = list is null ? [] : [list], Responders = responder is null ? [] : [responder] }] }, time);
}
