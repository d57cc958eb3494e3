using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>
/// A node with a boundary and proxy certificates, a next hop, and the certificates that OpenSSL made for them by the words of
/// docs/operations/proxy-certificates.md. Started once for all tests that use it.
/// </summary>
public sealed class ProxyStage : IAsyncLifetime
{
    public const string Officer = "ops@home.test";
    public const string Bob = "bob@abroad.test";

    private readonly Workspace folder = new("proxy");
    private SwitchProcess? node;
    private SinkServer? sink;

    public SwitchProcess Node => node!;

    public SinkServer Sink => sink!;

    public int Mail { get; } = Ports.Free();

    public int Submission { get; } = Ports.Free();

    public int Ldap { get; } = Ports.Free();

    public int Web { get; } = Ports.Free();

    public string this[string name] => folder[name];

    public async Task InitializeAsync()
    {
        if (Requirement.Missing("openssl") is not null) return;
        sink = SinkServer.Start(new SinkOptions());
        foreach (var policy in Directory.GetFiles(Path.Combine(Workspace.RepositoryRoot, "config/policies"), "alfa.xml")) File.Copy(policy, folder["alfa.xml"]);
        await MakeCertificatesAsync();
        node = await SwitchProcess.StartAsync(folder.Folder, new SwitchSetup { DataFolder = folder["data"], Routes = [], Whole = Configuration() });
    }

    public async Task DisposeAsync()
    {
        if (node is not null) await node.DisposeAsync();
        if (sink is not null) await sink.DisposeAsync();
        folder.Dispose();
    }

    /// <param name="from">In the configuration.</param>
    /// <param name="to">Instead of it.</param>
    public string Configuration(string from = "", string to = "")
    {
        var text = string.Create(CultureInfo.InvariantCulture, $$"""
            node: { name: n1, data: data, host-name: gateway.home.test }
            policies: [alfa.xml]
            labels: { policy: ALFA }
            listeners:
              - { name: mta, endpoint: "127.0.0.1:{{Mail}}", domain: home, clients: [127.0.0.0/8], tls: { mode: none } }
              - { name: msa, endpoint: "127.0.0.1:{{Submission}}", role: submission, domain: home, tls: { mode: none }, smime-gateway: "https://127.0.0.1:{{Web}}/.well-known/milswitch/smime" }
            keys:
              - { name: gateway, file: gateway.key, certificate: gateway.pem, role: domain-confidentiality }
              - { name: issuer, file: issuer.key, certificate: issuer.pem, role: proxy-authority }
              - { name: checkpoints, file: checkpoints.key, certificate: checkpoints.pem, role: audit }
            domains:
              - { name: home, mail: [home.test], policy: ALFA, keys: [gateway, issuer], anchors: root.pem }
              - { name: between, mail: [abroad.test, "*.abroad.test"], policy: ALFA, anchors: root.pem }
            boundaries:
              - name: out
                from: home
                to: between
                arrival: { decrypt: [gateway], signature: optional, labels: { sources: [ess, sio-label] } }
                departure:
                  labels: { clearance: { up-to: SECRET } }
                  protection: { encrypt: { certificates: people, header-policy: none } }
                proxy-certificates:
                  authority: issuer
                  policy: 1.3.6.1.4.1.99999.7.1
                  name: Boundary of home.test
                  ceiling: { up-to: RESTRICTED }
                  opted-out: [nun@abroad.test]
                  log: proxies.log
                  checkpoint-key: checkpoints
                  checkpoint-every: 2
                  ldap: { endpoint: "127.0.0.1:{{Ldap}}", base: "ou=boundary,dc=home,dc=test", tls: { certificate: web.pem, key: web.key } }
                  https: { endpoint: "127.0.0.1:{{Web}}", tls: { certificate: web.pem, key: web.key } }
            routes:
              - { match: abroad.test, name: abroad, next-hop: "127.0.0.1:{{Sink.Port}}", domain: between, tls: { mode: none } }
              - { match: "*.abroad.test", name: abroad, next-hop: "127.0.0.1:{{Sink.Port}}", domain: between, tls: { mode: none } }
              - { match: home.test, name: home, next-hop: "127.0.0.1:{{Sink.Port}}", domain: home, tls: { mode: none } }

            """);
        if (from.Length > 0) Assert.Contains(from, text, StringComparison.Ordinal);
        return from.Length > 0 ? text.Replace(from, to, StringComparison.Ordinal) : text;
    }

    /// <summary>What one of the usual programs says, and how it ends.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Requirement.Find(program)!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder.Folder };
        start.Environment["LC_ALL"] = "C";
        start.Environment["LDAPTLS_CACERT"] = folder["web-ca.pem"];
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }

    public async Task<string> GoodAsync(string program, params string[] arguments)
    {
        var (exit, output) = await RunAsync(program, arguments);
        Assert.True(exit is 0, $"{program} {string.Join(' ', arguments)}: {output}");
        return output;
    }

    /// <summary>Asks LDAP as an address book does; the certificate as PEM.</summary>
    public async Task<string?> LookUpAsync(string address, string uri)
    {
        var found = await GoodAsync("ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", uri, "-b", "dc=home,dc=test", $"(mail={address})", "userCertificate;binary");
        var line = found.Split('\n').FirstOrDefault(l => l.StartsWith("userCertificate;binary:: ", StringComparison.Ordinal));
        return line is null ? null : $"-----BEGIN CERTIFICATE-----\n{string.Join('\n', line["userCertificate;binary:: ".Length..].Trim().Chunk(64).Select(c => new string(c)))}\n-----END CERTIFICATE-----\n";
    }

    /// <summary>Encrypts with OpenSSL and hands it in with curl.</summary>
    /// <param name="certificate">To whom.</param>
    /// <param name="text">The text.</param>
    /// <param name="classification">Of its label.</param>
    /// <param name="inside">Fields inside of the encryption, each with CRLF.</param>
    public async Task SendAsync(string certificate, string text, string classification = "RESTRICTED", string inside = "", string to = Bob)
    {
        var id = Guid.NewGuid().ToString("N");
        await File.WriteAllTextAsync(folder[id], $"{inside}Content-Type: text/plain\r\n\r\n{text}\r\n");
        await GoodAsync(
            "openssl", "cms", "-encrypt", "-binary", "-aes-256-gcm", "-in", id, "-out", id + ".cms", "-from", Officer, "-to", to, "-subject", "Fuel", "-recip", certificate, "-keyopt", "rsa_padding_mode:oaep");
        var label = SioLabel.Of(new SecurityLabel { Policy = "1.3.6.1.4.1.99999.4.1", Classification = classification is "SECRET" ? 4 : 2 }).Format();
        await File.WriteAllTextAsync(
            folder[id + ".eml"], $"{SioLabel.FieldName}: {label}\r\nDate: Fri, 27 Nov 2026 12:00:00 +0000\r\nMessage-ID: <{id}@home.test>\r\n" + (await File.ReadAllTextAsync(folder[id + ".cms"])).ReplaceLineEndings("\r\n"));
        await GoodAsync("curl", "-sS", "--url", $"smtp://127.0.0.1:{Mail}", "--mail-from", Officer, "--mail-rcpt", to, "--upload-file", folder[id + ".eml"]);
    }

    /// <summary>What is held now, as the operator sees it.</summary>
    public async Task<string> HeldAsync() => (await Node.CommandAsync("hold", "list")).Output;

    public async Task<string> GreetAsync()
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", Submission);
        using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII);
        // RFC 5321 §3.1: whoever speaks before the greeting is sent away.
        await reader.ReadLineAsync();
        await stream.WriteAsync(Encoding.ASCII.GetBytes("EHLO client.home.test\r\nQUIT\r\n"));
        return await reader.ReadToEndAsync();
    }

    private async Task MakeCertificatesAsync()
    {
        await File.WriteAllTextAsync(folder["proxy.cnf"], DocumentedSection() + """

            [ person ]
            keyUsage = critical, keyEncipherment
            extendedKeyUsage = emailProtection
            subjectAltName = email:bob@abroad.test
            [ stranger ]
            keyUsage = critical, keyEncipherment
            subjectAltName = email:ops@home.test
            [ signer ]
            keyUsage = critical, digitalSignature

            """);
        Directory.CreateDirectory(folder["people"]);
        await GoodAsync("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Root of home.test", "-days", "30", "-addext", "keyUsage=critical,keyCertSign,cRLSign");
        await IssueAsync("issuer", "/O=home.test/CN=Boundary CA", "proxy_ca", "root");
        await IssueAsync("gateway", "/CN=domain-confidentiality-authority", "person", "root");
        await IssueAsync("bob", "/CN=Bob", "person", "root");
        await IssueAsync("stray", "/CN=Stray", "stranger", "issuer");
        await IssueAsync("checkpoints", "/CN=Checkpoints", "signer", "root");
        File.Copy(folder["bob.pem"], folder["people/bob.pem"]);
        using var pki = new TestPki("Web CA");
        using var web = pki.Issue("127.0.0.1");
        TestPki.Write(pki.Authority, folder["web-ca.pem"]);
        TestPki.Write(web, folder["web.pem"], folder["web.key"]);
    }

    private async Task IssueAsync(string name, string subject, string section, string authority)
    {
        await GoodAsync("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-subj", subject);
        await GoodAsync("openssl", "x509", "-req", "-in", name + ".csr", "-CA", authority + ".pem", "-CAkey", authority + ".key", "-days", "20", "-extfile", "proxy.cnf", "-extensions", section, "-out", name + ".pem");
        File.SetUnixFileMode(folder[name + ".key"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    // The words of the page, for the domains of this stage.
    private static string DocumentedSection()
    {
        var page = File.ReadAllText(Path.Combine(Workspace.RepositoryRoot, "docs/operations/proxy-certificates.md"));
        var at = page.IndexOf("[ proxy_ca ]", StringComparison.Ordinal);
        return page[at..page.IndexOf("```", at, StringComparison.Ordinal)].Replace("north.example", "abroad.test", StringComparison.Ordinal);
    }
}
