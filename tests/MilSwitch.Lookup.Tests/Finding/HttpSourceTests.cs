using System.Text;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Finding.Web;
using MilSwitch.Lookup.Tests.Status;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Tests.Certificates;
using MilSwitch.Testing;

namespace MilSwitch.Lookup.Tests.Finding;

[Trait("Feature", "R-06")]
public sealed class HttpSourceTests : IDisposable
{
    private static readonly TestAuthority Root = TestAuthority.Root();
    private readonly TestPki pki = new();

    public void Dispose() => pki.Dispose();

    [Fact]
    public async Task Asks_by_address_and_then_for_the_authorities_of_the_domain()
    {
        var (alice, gateway) = (Root.Person("alice@unit.example"), Root.Gateway("unit.example"));
        await using var server = Server(request => request.Target switch
        {
            "/search?email=alice%40unit.example" => alice.Encoded.ToArray(),
            "/search?email=domain-confidentiality-authority%40unit.example" => Encoding.ASCII.GetBytes(Pem(gateway) + Pem(Root.Certificate)),
            _ => null,
        });
        using var source = Source(server);
        Assert.Equal(alice, Certificate.Read(Assert.Single(Assert.IsType<SourceAnswer.Found>(await FindAsync(source, "alice@unit.example")).Certificates).Der));
        var found = Assert.IsType<SourceAnswer.Found>(await FindAsync(source, "\"a&b c\"@ops.unit.example"));
        Assert.Equal(gateway, Certificate.Read(Assert.Single(found.Certificates).Der));
        Assert.Equal(Root.Certificate, Certificate.Read(Assert.Single(found.Authorities)));
        Assert.Contains(server.Requests, r => r.Target is "/search?email=%22a%26b%20c%22%40ops.unit.example");
        Assert.IsType<SourceAnswer.None>(await FindAsync(source, "alice@other.example"));
    }

    [Fact]
    public async Task What_is_no_answer_is_never_nothing()
    {
        await using var garbage = Server(_ => [1, 2, 3]);
        using var one = Source(garbage);
        Assert.IsType<SourceAnswer.Unavailable>(await FindAsync(one, "alice@unit.example"));
        await using var strange = Server(_ => Root.Person("alice@unit.example").Encoded.ToArray());
        using var otherPki = new TestPki("Other");
        using var two = new HttpSource(new HttpSettings { Name = "test", Address = strange.At("/search"), TlsAnchors = [otherPki.Authority.RawData] }, TimeProvider.System);
        Assert.Contains("certificate", Assert.IsType<SourceAnswer.Unavailable>(await FindAsync(two, "alice@unit.example")).Reason, StringComparison.Ordinal);
        Assert.Empty(strange.Requests);
    }

    [Fact]
    public void Refuses_to_ask_in_clear()
    {
        var settings = new HttpSettings { Name = "test", Address = new Uri("https://x.example/search"), TlsAnchors = [pki.Authority.RawData] };
        Assert.Throws<ArgumentException>(() => new HttpSource(settings with { Address = new Uri("http://x.example/search") }, TimeProvider.System));
        Assert.Throws<ArgumentException>(() => new HttpSource(settings with { TlsAnchors = [] }, TimeProvider.System));
    }

    private static string Pem(Certificate certificate) => System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", certificate.Encoded.Span) + "\n";

    private WebServer Server(Func<WebServer.Request, byte[]?> answer) => new(
        (request, stream, cancellation) => answer(request) is { } body ? WebServer.WriteAsync(stream, 200, body, "", cancellation) : WebServer.WriteAsync(stream, 404, [], "", cancellation), pki.Issue("127.0.0.1"));

    private HttpSource Source(WebServer server) => new(new HttpSettings { Name = "test", Address = server.At("/search"), TlsAnchors = [pki.Authority.RawData], TimeLimit = TimeSpan.FromSeconds(10) }, TimeProvider.System);

    private static Task<SourceAnswer> FindAsync(HttpSource source, string address) => source.FindAsync(People.Mailbox(address), default).AsTask();
}
