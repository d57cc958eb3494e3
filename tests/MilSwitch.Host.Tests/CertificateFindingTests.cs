using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>A running node that finds certificates of recipients in real directories; what leaves is opened by OpenSSL.</summary>
[Trait("Feature", "R-02")]
public sealed class CertificateFindingTests : IDisposable
{
    private const string OpenSsl = "openssl";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private readonly MailAuthority mail = new();
    private readonly TestPki servers = new();
    private readonly X509Certificate2 server;

    public CertificateFindingTests()
    {
        server = servers.Issue("127.0.0.1");
        TestPki.Write(servers.Authority, mail["servers.pem"]);
    }

    public void Dispose()
    {
        server.Dispose();
        servers.Dispose();
        mail.Dispose();
    }

    [RequiresFact(SlapdInstance.Program, OpenSsl)]
    public async Task A_boundary_encrypts_to_what_the_directory_of_the_other_domain_has()
    {
        var bob = mail.Issue("bob", "Bob", "bob@blue.example");
        var gateway = mail.Issue("gateway", "domain-confidentiality-authority", "domain-confidentiality-authority@blue.example");
        using var slapd = await SlapdInstance.StartAsync(mail["slapd"], server, SlapdInstance.Person("Bob", "bob@blue.example", "ou=closed,dc=example", bob)
            + SlapdInstance.Person("Gateway", "domain-confidentiality-authority@blue.example", "ou=closed,dc=example", gateway));
        await using var sink = SinkServer.Start();
        await using var node = await SwitchProcess.StartAsync(mail["."], Setup(sink, Directory(slapd, "ou=closed,dc=example", $", bind: \"{SlapdInstance.Reader}\", password: {{ file: {mail.WriteSecret("bind", SlapdInstance.Secret)} }}")));
        var id = await SendAsync(node, "for bob", "bob@blue.example");
        await OpensAsync(Assert.Single(await sink.WaitForAsync(1, Patience)), "bob", "for bob");

        // Nobody has a certificate of Dora's; that of her domain does.
        await SendAsync(node, "for dora", "dora@blue.example");
        await OpensAsync((await sink.WaitForAsync(2, Patience))[1], "gateway", "for dora");
        var decisions = (await node.CommandAsync("message", "decisions", id, "--json")).Output;
        Assert.Contains("found by directory:people: bob@blue.example: CN=Bob", decisions, StringComparison.Ordinal);
        Assert.Contains("found by directory:people: bob@blue.example", (await node.CommandAsync("message", "show", id, "--json")).Output, StringComparison.Ordinal);
        Assert.Contains("milswitch_certificate_searches_total{domain=\"blue\",outcome=\"found\"}", await MetricsAsync(node), StringComparison.Ordinal);
        Assert.Contains("milswitch_certificate_questions_total{domain=\"blue\",source=\"directory:people\",outcome=\"found\"} 2", await MetricsAsync(node), StringComparison.Ordinal);
        Assert.DoesNotContain(SlapdInstance.Secret, string.Concat(node.Errors), StringComparison.Ordinal);
        Assert.Equal(0, await node.TerminateAsync());
    }

    [RequiresFact(SlapdInstance.Program, OpenSsl)]
    [Trait("Threat", "F29")]
    public async Task Mail_waits_while_the_directory_is_away_and_is_held_when_it_has_nothing()
    {
        var bob = mail.Issue("bob", "Bob", "bob@blue.example");
        using var strangers = new MailAuthority("strangers");
        using var slapd = await SlapdInstance.StartAsync(mail["slapd"], server, SlapdInstance.Person("Bob", "bob@blue.example", SlapdInstance.Base, bob)
            + SlapdInstance.Person("Eve", "eve@blue.example", SlapdInstance.Base, strangers.Issue("eve", "Eve", "eve@blue.example")));
        await using var sink = SinkServer.Start();
        await using var node = await SwitchProcess.StartAsync(mail["."], Setup(sink, Directory(slapd, SlapdInstance.Base)));
        slapd.Stop();
        var waiting = await SendAsync(node, "later", "bob@blue.example");
        await Eventually.ComesTrueAsync(async () => (await ShowAsync(node, waiting)).Contains("directory:people", StringComparison.Ordinal), Patience, "the message waits with the reason");
        Assert.DoesNotContain("\"held", await ShowAsync(node, waiting), StringComparison.OrdinalIgnoreCase);
        Assert.Empty(sink.Transactions);

        await slapd.StartAgainAsync();
        // What a source did not say is not asked again for 15 s.
        await Eventually.ComesTrueAsync(
            async () =>
            {
                await node.CommandAsync("message", "try", waiting, "--reason", "test");
                return sink.Transactions.Count > 0;
            },
            Patience, "the message goes when the directory is back");
        await OpensAsync(sink.Transactions[0], "bob", "later");

        // One has no certificate, one has one that nobody here believes, and one goes on.
        var held = await SendAsync(node, "three", "bob@blue.example", "nobody@blue.example", "eve@blue.example");
        await Eventually.ComesTrueAsync(async () => (await ShowAsync(node, held)).Contains("held", StringComparison.OrdinalIgnoreCase), Patience, "it is held");
        var reason = await ShowAsync(node, held);
        Assert.Contains("no certificate to encrypt to: nobody@blue.example, eve@blue.example (directory:people CN=Eve: ", reason, StringComparison.Ordinal);
        await OpensAsync((await sink.WaitForAsync(2, Patience))[1], "bob", "three");
        Assert.Equal(["<bob@blue.example>"], (await sink.WaitForAsync(2, Patience))[1].Recipients.Select(r => r[r.IndexOf('<', StringComparison.Ordinal)..].Split(' ')[0]));
    }

    [RequiresFact(UnboundInstance.Program, UnboundInstance.Signer, OpenSsl)]
    public async Task A_route_encrypts_to_what_the_domain_published_in_DNS()
    {
        var (bob, carol) = (mail.Issue("bob", "Bob", "bob@blue.example"), mail.Issue("carol", "Carol", "carol@blue.example"));
        using var unbound = await UnboundInstance.StartAsync(mail["unbound"], new UnboundInstance.Zone("blue.example").Smimea("bob@blue.example", 3, 0, 0, bob.Span));
        await using var sink = SinkServer.Start();
        File.WriteAllText(mail["carol-only.pem"], File.ReadAllText(mail["carol.pem"]));
        var setup = Setup(sink, $"{{ type: smimea, resolver: \"127.0.0.1:{unbound.Port}\" }}", departure: "") with
        {
            Listener = ["domain: blue"],
            Routes = [new RouteSetup("blue.example", sink.NextHop) { Domain = "blue", Protection = $"{{ encrypt: {{ find: true, certificates: {mail["carol-only.pem"]} }} }}" }],
        };
        await using var node = await SwitchProcess.StartAsync(mail["."], setup);
        var id = await SendAsync(node, "published", "bob@blue.example");
        await OpensAsync(Assert.Single(await sink.WaitForAsync(1, Patience)), "bob", "published");
        Assert.Contains("found by smimea:dns: bob@blue.example", await ShowAsync(node, id), StringComparison.Ordinal);

        // Carol stands in the configuration, so nobody is asked.
        await SendAsync(node, "known", "carol@blue.example");
        await OpensAsync((await sink.WaitForAsync(2, Patience))[1], "carol", "known");
        var nobody = await SendAsync(node, "none", "nobody@blue.example");
        await Eventually.ComesTrueAsync(async () => (await ShowAsync(node, nobody)).Contains("held", StringComparison.OrdinalIgnoreCase), Patience, "it is held");
        Assert.Contains("no certificate to encrypt to: nobody@blue.example", await ShowAsync(node, nobody), StringComparison.Ordinal);
    }

    [RequiresFact(SlapdInstance.Program, OpenSsl)]
    [Trait("Feature", "H-13")]
    public async Task A_recipient_gets_no_more_than_the_certificate_in_the_directory_clears_him_for()
    {
        var alfa = Path.Combine(Workspace.RepositoryRoot, "config", "policies", "alfa.xml");
        var policy = SpifReader.Read(File.ReadAllBytes(alfa));
        mail.IssueWith("bob", "Bob", "bob@blue.example", Asserting(new Clearance { Policy = policy.Id, Classifications = [1, 2] }));
        using var strangers = new MailAuthority("strangers");
        using var bob = X509CertificateLoader.LoadCertificateFromFile(mail["bob.pem"]);
        using var slapd = await SlapdInstance.StartAsync(mail["slapd"], server, SlapdInstance.Person("Bob", "bob@blue.example", SlapdInstance.Base, bob.RawData)
            + SlapdInstance.Person("Carol", "carol@blue.example", SlapdInstance.Base, mail.Issue("carol", "Carol", "carol@blue.example"))
            + SlapdInstance.Person("Eve", "eve@blue.example", SlapdInstance.Base, strangers.Issue("eve", "Eve", "eve@blue.example")));
        await using var sink = SinkServer.Start();
        var setup = Setup(sink, Directory(slapd, SlapdInstance.Base), departure: "") with
        {
            Listener = ["domain: blue", "labels: {}"],
            Routes = [new RouteSetup("blue.example", sink.NextHop) { Domain = "blue", Labels = "{ find: true }" }],
        };
        await using var node = await SwitchProcess.StartAsync(mail["."], setup with
        {
            Extra = $"policies: [{alfa}]\nlabels: {{ policy: ALFA, certificates: {{ anchors: ca.pem }} }}\n" + setup.Extra,
        });
        slapd.Stop();
        var waiting = await LabelledAsync(2, "bob@blue.example");
        await Eventually.ComesTrueAsync(async () => (await ShowAsync(node, waiting)).Contains("clearances of recipients are not known: ", StringComparison.Ordinal), Patience, "the message waits with the reason");
        Assert.DoesNotContain("\"held", await ShowAsync(node, waiting), StringComparison.OrdinalIgnoreCase);
        Assert.Empty(sink.Transactions);
        await slapd.StartAgainAsync();
        await Eventually.ComesTrueAsync(
            async () =>
            {
                await node.CommandAsync("message", "try", waiting, "--reason", "test");
                return sink.Transactions.Count > 0;
            },
            Patience, "the message goes when the directory is back");

        // Bob is cleared up to RESTRICTED, Carol's certificate says nothing, nobody believes Eve's, and Dora has none.
        var secret = await LabelledAsync(4, "bob@blue.example", "carol@blue.example", "eve@blue.example", "dora@blue.example");
        var arrived = (await sink.WaitForAsync(2, Patience))[1];
        Assert.Equal(["carol@blue.example", "dora@blue.example"], arrived.Recipients.Select(r => r[(r.IndexOf('<', StringComparison.Ordinal) + 1)..r.IndexOf('>', StringComparison.Ordinal)]).Order());
        await Eventually.ComesTrueAsync(async () => (await ShowAsync(node, secret)).Contains("the recipient, by certificate, is not cleared for it", StringComparison.Ordinal), Patience, "bob's copy is held");
        await Eventually.ComesTrueAsync(async () => (await ShowAsync(node, secret)).Contains("the certificate of the recipient does not clear it: ", StringComparison.Ordinal), Patience, "eve's copy is held");
        Assert.Equal(0, await node.TerminateAsync());

        Task<string> LabelledAsync(int classification, params string[] to) => SendRawAsync(
            node, $"SIO-Label: {SioLabel.Of(new SecurityLabel { Policy = policy.Id, Classification = classification }).Format()}\r\nFrom: alice@blue.example\r\nSubject: s\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{Guid.NewGuid():N}@blue.example>\r\n\r\ntext\r\n", to);

        static X509Extension Asserting(Clearance held)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("2.5.4.55");
                using (writer.PushSetOf()) writer.WriteEncodedValue(ClearanceCodec.Encode(held));
            }

            return new X509Extension("2.5.29.9", writer.Encode(), critical: false);
        }
    }

    [RequiresFact(OpenSsl)]
    public async Task Another_configuration_has_other_sources()
    {
        mail.Issue("bob", "Bob", "bob@blue.example");
        System.IO.Directory.CreateDirectory(mail["first"]);
        System.IO.Directory.CreateDirectory(mail["second"]);
        File.Copy(mail["bob.pem"], mail["second/bob.pem"]);
        await using var sink = SinkServer.Start();
        await using var node = await SwitchProcess.StartAsync(mail["."], Setup(sink, $"{{ type: folder, path: {mail["first"]} }}"));
        var id = await SendAsync(node, "in a folder", "bob@blue.example");
        await Eventually.ComesTrueAsync(async () => (await ShowAsync(node, id)).Contains("held", StringComparison.OrdinalIgnoreCase), Patience, "it is held");
        node.Configure(node.Setup with { Extra = node.Setup.Extra.Replace(mail["first"], mail["second"], StringComparison.Ordinal) });
        Assert.Equal(0, (await node.CommandAsync("config", "apply", "--reason", "test")).ExitCode);
        Assert.Equal(0, (await node.CommandAsync("message", "release", id, "--reason", "test")).ExitCode);
        await OpensAsync(Assert.Single(await sink.WaitForAsync(1, Patience)), "bob", "in a folder");
    }

    [RequiresFact(OpenSsl)]
    public async Task What_came_with_mail_is_used_for_the_answer_and_of_strangers_only_when_a_person_allows_it()
    {
        mail.Issue("alice", "Alice", "alice@red.example");
        using var strangers = new MailAuthority("strangers");
        strangers.Issue("eve", "Eve", "eve@red.example");
        await using var sink = SinkServer.Start();
        await using var inside = SinkServer.Start();
        await using var node = await SwitchProcess.StartAsync(mail["."], Harvesting(sink, inside, ""));
        await SendRawAsync(node, await SignedAsync(mail, "alice", "alice@red.example"), "bob@blue.example");
        await sink.WaitForAsync(1, Patience);
        await Eventually.ComesTrueAsync(async () => (await HarvestAsync(node)).Contains("alice@red.example", StringComparison.Ordinal), Patience, "it is kept");
        await SendAsync(node, "the answer", "alice@red.example");
        await OpensAsync(Assert.Single(await inside.WaitForAsync(1, Patience)), "alice", "the answer");

        // Eve's signature is good, and nobody knows who issued her certificate.
        await SendRawAsync(node, await SignedAsync(strangers, "eve", "eve@red.example"), "bob@blue.example");
        await Eventually.ComesTrueAsync(async () => (await HarvestAsync(node)).Contains("eve@red.example", StringComparison.Ordinal), Patience, "it is kept as well");
        var waiting = await SendAsync(node, "to a stranger", "eve@red.example");
        await Eventually.ComesTrueAsync(async () => (await ShowAsync(node, waiting)).Contains("nobody has allowed it", StringComparison.Ordinal), Patience, "it is held");
        using var list = JsonDocument.Parse((await node.CommandAsync("harvest", "list", "--address", "eve", "--state", "waiting", "--json")).Output);
        var id = Assert.Single(list.RootElement.GetProperty("items").EnumerateArray()).GetProperty("id").GetString()!;
        Assert.Equal(0, (await node.CommandAsync("harvest", "allow", id, "--domain", "red", "--reason", "read out by telephone")).ExitCode);
        Assert.Equal(3, (await node.CommandAsync("harvest", "allow", "none", "--domain", "red", "--reason", "x")).ExitCode);
        Assert.Equal(3, (await node.CommandAsync("harvest", "allow", id, "--domain", "blue", "--reason", "x")).ExitCode);
        await node.CommandAsync("message", "release", waiting, "--reason", "test");
        var opened = await strangers.DecryptAsync((await inside.WaitForAsync(2, Patience))[1].Content, "eve");
        Assert.True(opened.Good, opened.Said);

        // It outlives the process; what was forbidden is gone.
        Assert.Equal(0, await node.TerminateAsync());
        await node.StartAsync();
        Assert.Contains("allowed", (await node.CommandAsync("harvest", "list", "--address", "eve")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await node.CommandAsync("harvest", "forbid", id, "--domain", "red", "--reason", "not hers")).ExitCode);
        var never = await SendAsync(node, "never", "eve@red.example");
        await Eventually.ComesTrueAsync(async () => (await ShowAsync(node, never)).Contains("no certificate to encrypt to: eve@red.example", StringComparison.Ordinal), Patience, "it is held again");
        Assert.Equal(2, inside.Transactions.Count);
    }

    [RequiresFact(OpenSsl)]
    [Trait("Threat", "C15")]
    public async Task Who_is_revoked_is_learnt_at_the_configured_places()
    {
        System.IO.Directory.CreateDirectory(mail["people"]);
        foreach (var name in (string[])["alice", "bob", "carol"]) mail.Issue(name, name, $"{name}@red.example");
        foreach (var name in (string[])["bob", "carol"]) File.Copy(mail[name + ".pem"], mail[$"people/{name}.pem"]);
        mail.Revoke("alice");
        mail.Revoke("carol");
        var port = Ports.Free();
        using var place = new System.Net.HttpListener();
        place.Prefixes.Add($"http://127.0.0.1:{port}/");
        place.Start();
        var asked = 0;
        var answering = Task.Run(async () =>
        {
            while (place.IsListening)
            {
                try
                {
                    var context = await place.GetContextAsync();
                    Interlocked.Increment(ref asked);
                    context.Response.OutputStream.Write(mail.RevocationList());
                    context.Response.Close();
                }
                catch (Exception fault) when (fault is System.Net.HttpListenerException or ObjectDisposedException)
                {
                    return;
                }
            }
        });
        await using var sink = SinkServer.Start();
        await using var inside = SinkServer.Start();
        await using var node = await SwitchProcess.StartAsync(
            mail["."], Harvesting(sink, inside, $"{{ type: folder, path: {mail["people"]} }}, ", $"status: {{ places: [{{ issuer: ca.pem, lists: [\"http://127.0.0.1:{port}/ca.crl\"] }}] }}"));
        await SendAsync(node, "to bob", "bob@red.example");
        await OpensAsync(Assert.Single(await inside.WaitForAsync(1, Patience)), "bob", "to bob");
        var revoked = await SendAsync(node, "to carol", "carol@red.example");
        await Eventually.ComesTrueAsync(async () => (await ShowAsync(node, revoked)).Contains("no certificate to encrypt to: carol@red.example (folder:people", StringComparison.Ordinal), Patience, "it is held");

        // The boundary knows it as well.
        var signed = await SendRawAsync(node, await SignedAsync(mail, "alice", "alice@red.example"), "bob@blue.example");
        await Eventually.ComesTrueAsync(async () => (await ShowAsync(node, signed)).Contains("CERT-REVOKED", StringComparison.Ordinal), Patience, "the signature is not believed");
        Assert.Empty(sink.Transactions);
        Assert.Equal(1, asked);
        Assert.Equal(0, await node.TerminateAsync());
        place.Stop();
        await answering;
    }

    // Mail of red that crosses has to be signed; what stays in red is encrypted.
    private SwitchSetup Harvesting(SinkServer outside, SinkServer inside, string sources, string further = "revocation: if-known") => new()
    {
        Node = "n1.test", DataFolder = mail["data"], Listener = ["domain: red"],
        Routes = [new RouteSetup("blue.example", outside.NextHop) { Domain = "blue" }, new RouteSetup("red.example", inside.NextHop) { Domain = "red", Protection = "{ encrypt: { find: true } }" }],
        Extra = $"""
            domains:
              - {"{"} name: blue, mail: [blue.example] {"}"}
              - name: red
                mail: [red.example]
                anchors: ca.pem
                certificates:
                  sources: [{sources}{"{"} type: harvest {"}"}]
                  {further}
            boundaries:
              - {"{"} name: out, from: red, to: blue {"}"}

            """,
    };

    private static async Task<string> HarvestAsync(SwitchProcess node) => (await node.CommandAsync("harvest", "list", "--domain", "red")).Output;

    private static async Task<string> SignedAsync(MailAuthority authority, string name, string from) =>
        $"From: {from}\r\nTo: bob@blue.example\r\nSubject: signed\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{Guid.NewGuid():N}@red.example>\r\n"
        + await authority.SignAsync("Content-Type: text/plain\r\n\r\nhello\r\n", name);

    private static string Directory(SlapdInstance slapd, string below, string further = "") =>
        $"{{ type: directory, name: people, url: \"ldaps://127.0.0.1:{slapd.Port}\", base: \"{below}\", anchors: servers.pem{further} }}";

    private SwitchSetup Setup(SinkServer sink, string source, string departure = "encrypt: { find: true }", string certificates = "revocation: if-known") => new()
    {
        Node = "n1.test", DataFolder = mail["data"], Listener = ["domain: red"],
        Routes = [new RouteSetup("blue.example", sink.NextHop) { Domain = "blue" }, new RouteSetup("red.example", $"127.0.0.1:{Ports.Free()}") { Domain = "red" }],
        Extra = $"""
            domains:
              - {"{"} name: red, mail: [red.example] {"}"}
              - name: blue
                mail: [blue.example]
                anchors: ca.pem
                certificates:
                  sources: [{source}]
                  {certificates}
            boundaries:
              - name: out
                from: red
                to: blue
                arrival: {"{"} signature: optional {"}"}
                {(departure.Length > 0 ? $"departure: {{ protection: {{ {departure} }} }}" : "")}

            """,
    };

    private async Task OpensAsync(SinkTransaction transaction, string who, string text)
    {
        var (good, said) = await mail.DecryptAsync(transaction.Content, who);
        Assert.True(good, said + Encoding.ASCII.GetString(transaction.Content.Span));
        Assert.Contains(text, said, StringComparison.Ordinal);
        Assert.DoesNotContain(text, Encoding.ASCII.GetString(transaction.Content.Span), StringComparison.Ordinal);
    }

    private static async Task<string> ShowAsync(SwitchProcess node, string id)
    {
        using var document = JsonDocument.Parse((await node.CommandAsync("message", "show", id, "--json")).Output);
        // Without escapes.
        return string.Join('\n', Texts(document.RootElement));
    }

    private static IEnumerable<string> Texts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => Texts(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
        JsonValueKind.String => [element.GetString()!],
        _ => [],
    };

    private static async Task<string> MetricsAsync(SwitchProcess node)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri($"http://127.0.0.1:{node.Setup.MetricsPort}/metrics"));
    }

    // The id under which it was accepted.
    private static Task<string> SendAsync(SwitchProcess node, string text, params string[] to) => SendRawAsync(
        node, $"From: alice@red.example\r\nTo: {string.Join(", ", to)}\r\nSubject: {text[..1]}\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{Guid.NewGuid():N}@red.example>\r\n\r\n{text}\r\n", to);

    private static async Task<string> SendRawAsync(SwitchProcess node, string message, params string[] to)
    {
        await using var client = await SmtpDialogue.ConnectAsync(node.Port);
        await client.SayAsync("EHLO origin.test");
        await client.SayAsync("MAIL FROM:<alice@red.example>");
        foreach (var recipient in to) Assert.True((await client.SayAsync($"RCPT TO:<{recipient}>")).IsPositive);
        await client.SayAsync("DATA");
        var answer = await client.SayAsync(message + ".");
        Assert.True(answer.IsPositive, answer.ToString());
        return answer.Lines[^1].Split(' ').Last(w => w.Any(char.IsDigit));
    }
}
