using System.Diagnostics;
using MilSwitch.Lookup.Status;
using MilSwitch.Lookup.Tests.Finding;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Tests.Certificates;
using MilSwitch.Testing;

namespace MilSwitch.Lookup.Tests.Status;

/// <summary>OpenSSL's responder and OpenLDAP's directory as places.</summary>
[Trait("Threat", "F27")]
public sealed class RealPlacesTests : IDisposable
{
    private static readonly TestAuthority Root = TestAuthority.Root();
    private readonly Workspace workspace = new("status");

    public void Dispose() => workspace.Dispose();

    [RequiresFact("openssl")]
    public async Task Understands_OpenSSL_s_responder()
    {
        var (good, revoked, unknown) = (Root.Person("alice@unit.example"), Root.Person("bob@unit.example"), Root.Person("carol@unit.example"));
        File.WriteAllText(workspace["ca.pem"], System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", Root.Certificate.Encoded.Span));
        File.WriteAllText(workspace["ca.key"], Root.Key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(workspace["index"], $"V\t300101000000Z\t\t{good.SerialText.ToUpperInvariant()}\tunknown\t/CN=A\nR\t300101000000Z\t260101000000Z,keyCompromise\t{revoked.SerialText.ToUpperInvariant()}\tunknown\t/CN=B\n");
        var port = Ports.Free();
        var start = new ProcessStartInfo(Requirement.Find("openssl")!) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["ocsp", "-index", workspace["index"], "-port", $"{port}", "-CA", workspace["ca.pem"], "-rsigner", workspace["ca.pem"], "-rkey", workspace["ca.key"], "-ndays", "1"]) start.ArgumentList.Add(argument);
        using var responder = Process.Start(start)!;
        try
        {
            // Nobody knocks before: the responder waits for a whole request of whoever connects.
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            while (await responder.StandardError.ReadLineAsync(deadline.Token) is { } line && !line.Contains("waiting", StringComparison.Ordinal))
            {
            }

            using var fetcher = new StatusFetcher(new StatusSettings { Places = [new StatusPlace { Issuer = Root.Certificate, Responders = [new Uri($"http://127.0.0.1:{port}/")] }] }, TimeProvider.System);
            Assert.Equal(OcspStatus.Good, await AskAsync(good));
            Assert.Equal(OcspStatus.Revoked, await AskAsync(revoked));
            Assert.Null(await AskAsync(unknown));

            async Task<OcspStatus?> AskAsync(Certificate certificate) => (await fetcher.AboutAsync([certificate, Root.Certificate], default)).Responses is [var response] ? response.Answers[0].Status : null;
        }
        finally
        {
            responder.Kill();
            await responder.WaitForExitAsync();
        }
    }

    [RequiresFact(SlapdInstance.Program)]
    public async Task Reads_a_list_out_of_a_directory_in_clear_and_over_TLS()
    {
        var now = TimeProvider.System.GetUtcNow();
        var list = Root.ListOctets(thisUpdate: now.AddHours(-1), nextUpdate: now.AddDays(1));
        using var pki = new TestPki();
        using var server = pki.Issue("127.0.0.1");
        using var slapd = await SlapdInstance.StartAsync(workspace["slapd"], server, $"dn: cn=Root,{SlapdInstance.Base}\nobjectClass: cRLDistributionPoint\ncn: Root\ncertificateRevocationList;binary:: {Convert.ToBase64String(list)}\n\n");
        var name = Uri.EscapeDataString($"cn=Root,{SlapdInstance.Base}");
        foreach (var address in (string[])[$"ldap://127.0.0.1:{slapd.ClearPort}/{name}", $"ldaps://127.0.0.1:{slapd.Port}/{name}?certificateRevocationList;binary?base?(objectClass=*)"])
        {
            using var fetcher = new StatusFetcher(new StatusSettings { TlsAnchors = [pki.Authority.RawData], Places = [new StatusPlace { Issuer = Root.Certificate, Lists = [new Uri(address)] }] }, TimeProvider.System);
            Assert.Empty(await fetcher.RefreshAsync(default));
            Assert.Equal(list, Assert.Single((await fetcher.AboutAsync([Root.Person("alice@unit.example"), Root.Certificate], default)).Lists).Encoded.ToArray());
        }

        using var empty = new StatusFetcher(new StatusSettings { Places = [new StatusPlace { Issuer = Root.Certificate, Lists = [new Uri($"ldap://127.0.0.1:{slapd.ClearPort}/{Uri.EscapeDataString(SlapdInstance.Base)}")] }] }, TimeProvider.System);
        Assert.Single(await empty.RefreshAsync(default));
    }
}
