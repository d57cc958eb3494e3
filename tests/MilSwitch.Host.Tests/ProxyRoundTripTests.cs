using System.Runtime.Versioning;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>
/// Clients that know nothing of gateways look up recipients beyond the boundary, encrypt, and send; the node opens it and encrypts
/// it anew. Everything but the node is somebody else's program: ldapsearch, curl, openssl, sh.
/// </summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "R-05")]
public sealed class ProxyRoundTripTests(ProxyStage stage) : IClassFixture<ProxyStage>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [RequiresFact("openssl", "ldapsearch", "curl")]
    public async Task What_is_encrypted_to_the_certificate_from_the_address_book_reaches_its_recipient_encrypted_for_him()
    {
        var found = await stage.LookUpAsync(ProxyStage.Bob, $"ldaps://127.0.0.1:{stage.Ldap}");
        await File.WriteAllTextAsync(stage["by-ldap.pem"], found);
        await stage.GoodAsync("openssl", "verify", "-x509_strict", "-purpose", "smimeencrypt", "-CAfile", "root.pem", "-untrusted", "issuer.pem", "by-ldap.pem");
        await stage.SendAsync("by-ldap.pem", "Fuel for the convoy.");
        Assert.Contains("Fuel for the convoy.", await ArrivalAsync("convoy"), StringComparison.Ordinal);
        var copy = stage.Sink.Transactions.First(t => t.Recipients.Any(r => r.Contains(ProxyStage.Bob, StringComparison.Ordinal)));
        Assert.DoesNotContain("Fuel for the convoy.", Encoding.ASCII.GetString(copy.Content.Span), StringComparison.Ordinal);
    }

    [RequiresFact("openssl", "curl")]
    public async Task The_web_answers_the_same_and_refuses_what_is_not_to_be_opened()
    {
        Assert.Equal("200", await GetAsync("abroad.test/bob?format=pem", "by-web.pem"));
        await stage.GoodAsync("openssl", "verify", "-CAfile", "root.pem", "-untrusted", "by-web.pem", "by-web.pem");
        await stage.SendAsync("by-web.pem", "Rations for the coast.");
        Assert.Contains("Rations for the coast.", await ArrivalAsync("coast"), StringComparison.Ordinal);
        var secret = Convert.ToBase64String(EssLabel.Encode(new SecurityLabel { Policy = "1.3.6.1.4.1.99999.4.1", Classification = 4 })).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        Assert.Equal("403", await GetAsync($"?email=bob%40abroad.test&label={secret}"));
        Assert.Equal("403", await GetAsync("abroad.test/Nun"));
        Assert.Equal("404", await GetAsync("home.test/ops"));
        Assert.Equal("400", await GetAsync("?nonsense=1"));
        Assert.Equal("404", await stage.GoodAsync("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", "web-ca.pem", $"https://127.0.0.1:{stage.Web}/api/v1/status"));
        Assert.Equal("405", await stage.GoodAsync("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", "web-ca.pem", "-d", "x", $"https://127.0.0.1:{stage.Web}/.well-known/milswitch/smime/abroad.test/bob"));
    }

    [RequiresFact("openssl")]
    public async Task OpenSsl_believes_the_authority_about_nobody_at_home()
    {
        var (exit, output) = await stage.RunAsync("openssl", "verify", "-CAfile", "root.pem", "-untrusted", "issuer.pem", "stray.pem");
        Assert.NotEqual(0, exit);
        Assert.Contains("permitted subtree violation", output, StringComparison.Ordinal);
    }

    [RequiresTheory("openssl", "curl")]
    [InlineData("X-MilSwitch-Boundary: deny\r\n", "its originator does not want it to be opened here")]
    [InlineData("X-MilSwitch-Boundary: maybe\r\n", "what its originator wishes about being opened here can't be read")]
    [InlineData("X-MilSwitch-Boundary: allow\r\nX-MilSwitch-Boundary: allow\r\n", "what its originator wishes about being opened here can't be read")]
    public async Task What_the_originator_does_not_want_opened_is_held(string inside, string reason)
    {
        await GetAsync("abroad.test/bob?format=pem", "deny.pem");
        var text = "Not for them " + Guid.NewGuid().ToString("N");
        await stage.SendAsync("deny.pem", text, inside: inside);
        await Eventually.ComesTrueAsync(async () => (await stage.HeldAsync()).Contains(reason, StringComparison.Ordinal), Soon, "it is held");
        Assert.DoesNotContain(stage.Sink.Transactions, t => t.Recipients.Any(r => r.Contains(ProxyStage.Bob, StringComparison.Ordinal)) && Encoding.ASCII.GetString(t.Content.Span).Contains(text, StringComparison.Ordinal));
    }

    [RequiresFact("openssl", "curl")]
    public async Task What_is_above_the_ceiling_is_held_although_the_other_domain_might_see_it()
    {
        await GetAsync("abroad.test/bob?format=pem", "above.pem");
        await stage.SendAsync("above.pem", "Too high.", "SECRET");
        await Eventually.ComesTrueAsync(async () => (await stage.HeldAsync()).Contains("the gateway (ceiling) is not cleared for it", StringComparison.Ordinal), Soon, "it is held");
    }

    [RequiresFact("openssl", "curl")]
    public async Task An_originator_who_wants_to_know_is_told_and_the_custody_says_so()
    {
        await GetAsync("abroad.test/bob?format=pem", "notify.pem");
        await stage.SendAsync("notify.pem", "Tell me.", inside: "X-MilSwitch-Boundary: notify\r\n");
        Assert.Contains("Tell me.", await ArrivalAsync("Tell me."), StringComparison.Ordinal);
        string? report = null;
        await Eventually.ComesTrueAsync(
            () => (report = stage.Sink.Transactions.Where(t => t.Recipients.Any(r => r.Contains(ProxyStage.Officer, StringComparison.Ordinal))).Select(t => Encoding.ASCII.GetString(t.Content.Span)).FirstOrDefault()) is not null,
            Soon, "a report comes");
        Assert.Contains("Action: relayed", report, StringComparison.Ordinal);
        Assert.Contains("it was opened at the boundary, as you allow", report!.ReplaceLineEndings(" ").Replace("  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("Tell me.", report, StringComparison.Ordinal);
        var tracked = (await stage.Node.CommandAsync("track", "--sender", ProxyStage.Officer)).Output;
        var custody = "";
        foreach (var id in tracked.Split('\n').Select(l => l.Split(' ')[0]).Where(w => w.Length is 13)) custody += (await stage.Node.CommandAsync("message", "custody", id)).Output;
        Assert.Contains("its originator says notify", custody, StringComparison.Ordinal);
    }

    [RequiresFact("openssl", "curl", "sh")]
    public async Task The_log_holds_by_the_words_of_the_page_and_by_the_command()
    {
        Assert.Equal("200", await GetAsync("abroad.test/alice", "alice.der"));
        Assert.Equal("200", await GetAsync("sub.abroad.test/carol", "carol.der"));
        var page = await File.ReadAllTextAsync(Path.Combine(Workspace.RepositoryRoot, "docs/operations/proxy-certificates.md"));
        var at = page.IndexOf("prev=$(printf", StringComparison.Ordinal);
        await File.WriteAllTextAsync(stage["verify.sh"], page[at..page.IndexOf("```", at, StringComparison.Ordinal)]);
        var said = await stage.GoodAsync("sh", "verify.sh");
        Assert.Contains(" lines, head ", said, StringComparison.Ordinal);
        var digest = (await stage.GoodAsync("openssl", "dgst", "-sha256", "-r", "alice.der")).Split(' ')[0];
        Assert.Contains(await File.ReadAllLinesAsync(stage["proxies.log"]), l => l.Contains($"\"certificate\":\"{digest}\"", StringComparison.Ordinal) && l.Contains("\"requester\":\"https 127.0.0.1\"", StringComparison.Ordinal));
        var verified = await SwitchProcess.RunAsync(["proxy", "verify", stage["proxies.log"], "--signer", stage["checkpoints.pem"]]);
        Assert.True(verified.ExitCode is 0, verified.Output + verified.Error);
        Assert.Matches("last good checkpoint: +line [0-9]+", verified.Output);
        Assert.Contains(said.Trim().Split(' ')[^1], verified.Output, StringComparison.Ordinal);
        await File.WriteAllLinesAsync(stage["changed.log"], (await File.ReadAllLinesAsync(stage["proxies.log"])).Skip(1));
        Assert.Equal(1, (await SwitchProcess.RunAsync(["proxy", "verify", stage["changed.log"]])).ExitCode);
    }

    [RequiresFact("openssl", "curl")]
    public async Task Writes_the_zone_with_the_certificates_that_it_hands_out_elsewhere()
    {
        Assert.Equal("200", await GetAsync("abroad.test/dave", "dave.der"));
        var zone = await stage.Node.CommandAsync("dave@abroad.test\n", ["proxy", "zone", "out", "-", "nun@abroad.test", "--origin", "abroad.test", "--name-server", "ns.home.test"]);
        Assert.Equal(1, zone.ExitCode);
        Assert.Contains("nun@abroad.test has no record: opted out", zone.Error, StringComparison.Ordinal);
        Assert.Contains(" SMIMEA 3 0 0 " + Convert.ToHexString(await File.ReadAllBytesAsync(stage["dave.der"])), zone.Output, StringComparison.Ordinal);
        var local = await stage.Node.CommandAsync("proxy", "zone", "out", "dave@abroad.test", "--origin", "abroad.test", "--form", "local-data");
        Assert.True(local.ExitCode is 0, local.Error);
        Assert.StartsWith("local-data: '", local.Output, StringComparison.Ordinal);
        Assert.Equal(3, (await stage.Node.CommandAsync("proxy", "zone", "nowhere", "dave@abroad.test", "--origin", "abroad.test", "--form", "local-data")).ExitCode);
    }

    [RequiresFact("openssl", "ldapsearch", "curl")]
    public async Task A_reload_reaches_it_and_what_needs_a_restart_is_refused()
    {
        Assert.NotNull(await stage.LookUpAsync("erin@abroad.test", $"ldaps://127.0.0.1:{stage.Ldap}"));
        try
        {
            await File.WriteAllTextAsync(stage.Node.ConfigurationFile, stage.Configuration("opted-out: [nun@abroad.test]", "opted-out: [nun@abroad.test, erin@abroad.test]"));
            Assert.Equal(0, (await stage.Node.CommandAsync("config", "apply", "--reason", "test")).ExitCode);
            Assert.Null(await stage.LookUpAsync("erin@abroad.test", $"ldaps://127.0.0.1:{stage.Ldap}"));
            await File.WriteAllTextAsync(stage.Node.ConfigurationFile, stage.Configuration("log: proxies.log", "log: others.log"));
            var refused = await stage.Node.CommandAsync("config", "apply", "--reason", "test");
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("boundaries[].proxy-certificates: logs, checkpoint keys and listeners can't change", refused.Error, StringComparison.Ordinal);
        }
        finally
        {
            await File.WriteAllTextAsync(stage.Node.ConfigurationFile, stage.Configuration());
            await stage.Node.CommandAsync("config", "apply", "--reason", "test");
        }
    }

    [RequiresFact("openssl")]
    public async Task Submission_tells_aware_clients_where_to_ask() =>
        Assert.Contains($"250-X-SMIME-GATEWAY https://127.0.0.1:{stage.Web}/.well-known/milswitch/smime\r\n", await stage.GreetAsync(), StringComparison.Ordinal);

    private Task<string> GetAsync(string what, string into = "answer") => stage.GoodAsync(
        "curl", "-sS", "-o", into, "-w", "%{http_code}", "--cacert", "web-ca.pem", $"https://127.0.0.1:{stage.Web}/.well-known/milswitch/smime{(what[0] is '?' ? "" : "/")}{what}");

    // Opened with the recipient's own key by openssl; the first that holds those words.
    private async Task<string> ArrivalAsync(string words)
    {
        var opened = "";
        await Eventually.ComesTrueAsync(
            async () =>
            {
                foreach (var copy in stage.Sink.Transactions.Where(t => t.Recipients.Any(r => r.Contains(ProxyStage.Bob, StringComparison.Ordinal))))
                {
                    var name = "copy-" + Guid.NewGuid().ToString("N");
                    await File.WriteAllBytesAsync(stage[name], copy.Content.ToArray());
                    opened = await stage.GoodAsync("openssl", "cms", "-decrypt", "-in", name, "-recip", "bob.pem", "-inkey", "bob.key");
                    if (opened.Contains(words, StringComparison.Ordinal)) return true;
                }

                return false;
            },
            Soon, "it arrives");
        return opened;
    }
}
