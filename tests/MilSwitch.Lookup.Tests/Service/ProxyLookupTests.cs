using System.Buffers.Text;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Addressing;
using MilSwitch.Labels.Carriers;
using MilSwitch.Lookup.Service;
using MilSwitch.Lookup.Service.Web;
using MilSwitch.Smime.Certificates;
using static MilSwitch.Lookup.Tests.Service.ProxyMaterial;

namespace MilSwitch.Lookup.Tests.Service;

[Trait("Feature", "R-05")]
[Trait("Feature", "R-06")]
public sealed class ProxyLookupTests : IDisposable
{
    private readonly FakeTimeProvider time = new(Now);
    private readonly MemoryLog log = new();
    private readonly ProxyAuthority authority;
    private readonly ProxyLookup lookup;

    public ProxyLookupTests()
    {
        authority = Authority(log, time, Settings with { Ceiling = Restricted, Policies = Policies, OptedOut = [Mailbox.Parse("eve@north.example"), Mailbox.Parse("alice@unit.example")], MostPerMinute = 3 });
        lookup = new ProxyLookup(authority, time);
    }

    public void Dispose() => authority.Dispose();

    [Theory]
    [InlineData("/north.example/bob", "", "bob@north.example")]
    [InlineData("/NORTH.example/bob/", "", "bob@north.example")]
    [InlineData("/north.example/bob%2Bx", "", "bob+x@north.example")]
    [InlineData("/north.example/j%C3%B6rg", "", "jörg@north.example")]
    [InlineData("/north.example/%22a%2Fb%22", "", "a/b@north.example")]
    [InlineData("", "?email=bob%40north.example", "bob@north.example")]
    [InlineData("", "email=bob+x@north.example&format=der", "bob+x@north.example")]
    [InlineData("", "?email=50%25@north.example", "50%@north.example")]
    public async Task Finds_the_certificate_of_an_address(string path, string query, string recipient)
    {
        var answer = await AskAsync(path, query);
        Assert.Equal((200, "application/pkix-cert"), (answer.Status, answer.ContentType));
        Assert.Equal([recipient], Certificate.Read(answer.Body).MailAddresses);
        Assert.Equal(TimeSpan.FromHours(1), answer.MaxAge);
        Assert.Equal("https 192.0.2.7", Assert.Single(log.Records).Requester);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("/north.example", "")]
    [InlineData("/north.example/bob/more", "")]
    [InlineData("/north.example/bob", "?email=bob@north.example")]
    [InlineData("/north.example/bob%4", "")]
    [InlineData("/north.example/bob%FF", "")]
    [InlineData("x/north.example/bob", "")]
    [InlineData("", "?email=bob")]
    [InlineData("", "?email=bob@north.example&email=bob@north.example")]
    [InlineData("", "?email=bob@north.example&colour=red")]
    [InlineData("", "?email=bob@north.example&from=me")]
    [InlineData("", "?email=bob@north.example&label=!!")]
    [InlineData("", "?email=bob@north.example&label=MAA")]
    [InlineData("", "?email=bob@north.example&format=xml")]
    [InlineData("", "?&email=bob@north.example")]
    public async Task Refuses_what_is_no_look_up(string path, string query)
    {
        var answer = await AskAsync(path, query);
        Assert.Equal((400, "application/problem+json", TimeSpan.Zero), (answer.Status, answer.ContentType, answer.MaxAge));
        Assert.Empty(log.Records);
    }

    [Fact]
    public async Task Tells_why_there_is_none()
    {
        Assert.Equal(404, (await AskAsync("/south.example/bob")).Status);
        Assert.Equal(403, (await AskAsync("/north.example/eve")).Status);
        Assert.Equal(403, (await AskAsync("/north.example/bob", "?from=alice@unit.example")).Status);
        Assert.Equal(403, (await AskAsync("/north.example/bob", "?label=" + Base64Url.EncodeToString(EssLabel.Encode(Label(3))))).Status);
        Assert.Equal(200, (await AskAsync("/north.example/bob", "?label=" + Base64Url.EncodeToString(EssLabel.Encode(Label(2))))).Status);
        await AskAsync("/north.example/b");
        await AskAsync("/north.example/c");
        var busy = await AskAsync("/north.example/d");
        Assert.Equal((429, TimeSpan.FromSeconds(60)), (busy.Status, busy.RetryAfter));
        log.IsAway = true;
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(503, (await AskAsync("/north.example/d")).Status);
    }

    [Fact]
    public async Task Discloses_the_boundary_to_clients_that_can_show_it()
    {
        var answer = await AskAsync("/north.example/bob", accept: "text/html, application/json");
        using var json = JsonDocument.Parse(answer.Body);
        Assert.Equal("Boundary of unit.example", json.RootElement.GetProperty("protectedTo").GetString());
        Assert.Equal("smtp:gateway.unit.example", json.RootElement.GetProperty("gateway").GetString());
        Assert.Equal(["bob@north.example"], Certificate.Read(json.RootElement.GetProperty("certificates")[0].GetBytesFromBase64()).MailAddresses);
        Assert.Equal(authority.Certificate, Certificate.Read(json.RootElement.GetProperty("chain")[0].GetBytesFromBase64()));
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(Encoding.ASCII.GetString((await AskAsync("/north.example/bob", "?format=pem")).Body.Span));
        Assert.Equal(2, chain.Count);
    }

    [Fact]
    public async Task Says_for_how_long_an_answer_holds()
    {
        await AskAsync("/north.example/bob");
        time.Advance(TimeSpan.FromHours(11.5));
        Assert.Equal(TimeSpan.FromMinutes(30), (await AskAsync("/north.example/bob")).MaxAge);
    }

    [Fact]
    public async Task Mutations_never_make_it_throw()
    {
        var random = new Random(4387);
        const string Alphabet = "%25/?&=@+\"\\.abcemailfrom\u00f6\u0000\r\n";
        for (var i = 0; i < 2_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(40)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            Assert.InRange((await AskAsync("/" + text, i % 2 is 0 ? "?email=" + text : text)).Status, 200, 503);
        }
    }

    private ValueTask<WebAnswer> AskAsync(string path, string query = "", string? accept = null) => lookup.AnswerAsync(ProxyLookup.Path + path, query, accept, "192.0.2.7");
}
