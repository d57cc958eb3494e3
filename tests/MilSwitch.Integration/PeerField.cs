using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Protection;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>
/// One running switch with many neighbours: from the domain red a boundary leads to each of them, and each asks for something else.
/// What arrives there is judged by openssl and by a mail library. Behind the neighbour <c>between</c> stands a second switch.
/// </summary>
public sealed class PeerField : IAsyncLifetime
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MailPki pki = new();
    private readonly Workspace second = new("second");
    private SwitchProcess? inner;
    private int files;

    public SinkServer Sink { get; } = SinkServer.Start();

    public SwitchProcess Node { get; private set; } = null!;

    /// <summary>Name of the neighbour, what its boundary says below <c>arrival</c> beside the peers, and below <c>departure.protection</c>.</summary>
    private IReadOnlyList<(string Name, string Arrival, string? Protection)> Neighbours =>
    [
        ("plain", "signature: optional", Sign("")),
        ("wrap", "signature: optional", Sign(", header-protection: rfc8551")),
        ("bare", "signature: optional", Sign(", header-protection: none")),
        ("sealed", "signature: optional, decrypt: [conf]", $"{Sign("")}, {Encrypt(", header-policy: baseline")}"),
        ("sealed-wrap", "signature: optional", $"{Sign("")}, {Encrypt(", header-policy: baseline, header-protection: rfc8551")}"),
        ("sealed-bare", "signature: optional", $"{Sign(", header-protection: none")}, {Encrypt("")}"),
        ("chain", "signature: optional, inner: keep", Sign(", encapsulate: true, around: { key: attribute, signature-type: attribute, around: { key: review, signature-type: review } }")),
        ("kept", "decrypt: [conf], inner: signatures", Sign("")),
        ("lists", "decrypt: [conf], lists: [tac@red.test]", Sign("")),
        ("lists-kept", "decrypt: [conf], lists: [tac@red.test], inner: signatures", $"{Sign("")}, {Encrypt("")}"),
        ("no-lists", "decrypt: [conf]", Sign("")),
        ("triple", "inner: keep", Sign("")),
        ("gateway", "signature: optional, decrypt: [conf, gateway], gateway-addresses: [gateway@red.test]", Encrypt("")),
        ("rfc3183", "signers: [domain], signer-domains: [red.test, '*.red.test']", null),
        ("common-name", "signers: [domain], signer-domains: [red.test], signer-naming: common-name", null),
        ("mail-address", "signers: [domain], signer-naming: mail-address", null),
        ("uri", "signers: [domain], signer-domains: [red.test], signer-naming: uri", null),
        ("reviewed", "signers: [review]", null),
        ("attributed", "signers: [attribute]", null),
        ("anybody", "signature: optional", null),
        ("between", "signature: optional, decrypt: [conf]", $"{Sign("")}, {Encrypt("")}"),
    ];

    public string this[string name] => pki[name];

    public async Task InitializeAsync()
    {
        pki.Issue("alice", "Alice", "alice@red.test");
        pki.Issue("bob", "Bob", "bob@sealed.test");
        pki.Issue("gate", "domain-signing-authority", "domain-signing-authority@red.test");
        pki.Issue("review", "review-authority", "review-authority@red.test");
        pki.Issue("attribute", "attribute-authority", null);
        pki.Issue("conf", "domain-confidentiality-authority", "domain-confidentiality-authority@red.test");
        pki.Issue("list", "Tactical list", "tac@red.test");
        pki.Issue("named", "domain-signing-authority, O=Red", null);
        pki.Issue("addressed", "Mail of red", "domain-signing-authority@red.test");
        pki.Issue("server", "mail", "smtp://mail.red.test");
        pki.Issue("false-review", "Reviewer", "review-authority@red.test");
        pki.Issue("false-attribute", "somebody", null);
        foreach (var name in new[] { "sealed", "sealed-wrap", "lists-kept", "gateway", "between" }) pki.Issue("dca-" + name, "domain-confidentiality-authority", $"domain-confidentiality-authority@{name}.test");
        // The address is that of an authority, the name is not: nobody else's mail is encrypted for it.
        pki.Issue("false-dca", "somebody", "domain-confidentiality-authority@sealed-bare.test");
        pki.Issue("bare", "Bare", "bare@sealed-bare.test");
        pki.Issue("gateway", "Gateway", "gateway@red.test");
        pki.Issue("native", "Native", "native@gateway.test");
        inner = await SwitchProcess.StartAsync(second.Folder, new SwitchSetup
        {
            Node = "b.test", DataFolder = second["data"], Routes = [new RouteSetup("*", Sink.NextHop) { Domain = "inside" }], Listener = ["domain: outside"],
            Extra = $$"""
                keys:
                  - {{Key("dca-between", "domain-confidentiality")}}
                domains:
                  - { name: outside, mail: [red.test], anchors: {{pki.Anchors}} }
                  - { name: inside, mail: [between.test], keys: [dca-between], anchors: {{pki.Anchors}} }
                boundaries:
                  - name: in
                    from: outside
                    to: inside
                    arrival: { decrypt: [dca-between], signers: [domain], signer-domains: [red.test] }

                """,
        });
        var yaml = new StringBuilder("keys:\n");
        foreach (var (name, role) in new[] { ("gate", "domain-signing"), ("review", "review"), ("attribute", "attribute-authority"), ("conf", "domain-confidentiality"), ("gateway", "domain-confidentiality") }) yaml.Append(CultureInfo.InvariantCulture, $"  - {Key(name, role)}\n");
        yaml.Append(CultureInfo.InvariantCulture, $"domains:\n  - name: red\n    mail: [red.test]\n    keys: [gate, review, attribute, conf, gateway]\n    anchors: {pki.Anchors}\n");
        foreach (var (name, _, _) in Neighbours) yaml.Append(CultureInfo.InvariantCulture, $"  - name: {name}\n    mail: [{name}.test]\n    anchors: {pki.Anchors}\n");
        yaml.Append("peers:\n  - name: clients\n    domain: red\n    clients: [127.0.0.0/8]\nboundaries:\n");
        foreach (var (name, arrival, protection) in Neighbours)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  - name: to-{name}\n    from: red\n    to: {name}\n    arrival:\n      peers: [clients]\n");
            yaml.Append(CultureInfo.InvariantCulture, $"{Lines(arrival)}");
            if (protection is not null) yaml.Append(CultureInfo.InvariantCulture, $"    departure: {{ protection: {{ {protection} }} }}\n");
        }

        Node = await SwitchProcess.StartAsync(pki["."], new SwitchSetup
        {
            Node = "a.test", DataFolder = pki["data"], Listener = ["domain: red"],
            Routes = [.. Neighbours.Select(n => new RouteSetup(n.Name + ".test", n.Name is "between" ? $"127.0.0.1:{inner.Port}" : Sink.NextHop) { Domain = n.Name }), new RouteSetup("*", Sink.NextHop) { Domain = "red" }],
            Extra = yaml.ToString(),
        });

        static string Lines(string arrival) => string.Concat(Split(arrival).Select(p => $"      {p.Trim()}\n"));

        // At commas outside of brackets.
        static IEnumerable<string> Split(string text)
        {
            var (depth, start) = (0, 0);
            for (var i = 0; i < text.Length; i++)
            {
                if (text[i] is '[') depth++;
                else if (text[i] is ']') depth--;
                else if (text[i] is ',' && depth is 0)
                {
                    yield return text[start..i];
                    start = i + 1;
                }
            }

            yield return text[start..];
        }
    }

    public async Task DisposeAsync()
    {
        if (Node is not null) await Node.DisposeAsync();
        if (inner is not null) await inner.DisposeAsync();
        await Sink.DisposeAsync();
        second.Dispose();
        pki.Dispose();
    }

    /// <summary>A message of alice's as a client that knows no S/MIME writes it.</summary>
    public static string Plain(string to, string fields = "") =>
        $"From: Alice <alice@red.test>\r\nTo: {to}\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{Guid.NewGuid():N}@red.test>\r\nSubject: convoy\r\n{fields}"
        + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nAttack at dawn.\r\n";

    public SignatureSettings Signing(string owner, params string[] types) => new()
    {
        Signers = [new CmsSigner(Pair(owner).Signing(null))], SigningTime = TimeProvider.System.GetUtcNow(), SignatureTypes = types, HeaderProtection = ProtectionScheme.None,
    };

    public EncryptionSettings Encrypting(params string[] owners) => new()
    {
        Recipients = [.. owners.Select(o => EnvelopedRecipient.For(RecipientCertificate.Read(Pair(o).Certificate)))], HeaderProtection = ProtectionScheme.None, HeaderPolicy = HeaderConfidentialityPolicy.None,
    };

    public static byte[] Octets(string text) => Encoding.ASCII.GetBytes(text);

    public static string Text(ReadOnlySequence<byte> octets) => Encoding.ASCII.GetString(octets);

    public async Task SendAsync(string message, params string[] to)
    {
        await using var client = await SmtpDialogue.ConnectAsync(Node.Port);
        await client.SayAsync("EHLO origin.test");
        await client.SayAsync("MAIL FROM:<alice@red.test>");
        foreach (var recipient in to) Assert.True((await client.SayAsync($"RCPT TO:<{recipient}>")).IsPositive);
        await client.SayAsync("DATA");
        var answer = await client.SayAsync(message.Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + (message.EndsWith("\r\n", StringComparison.Ordinal) ? "." : "\r\n."));
        Assert.True(answer.IsPositive, answer.ToString());
    }

    /// <summary>What came for a recipient, written to a file.</summary>
    public async Task<(string File, SinkTransaction Arrived)> ArrivesAsync(string recipient)
    {
        SinkTransaction? found = null;
        try
        {
            await Eventually.ComesTrueAsync(() => (found = Arrivals(recipient).FirstOrDefault()) is not null, Patience, recipient);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"nothing came for {recipient}: {(await Node.CommandAsync("queue", "list", "--json")).Output}{string.Join('\n', Node.Errors.TakeLast(10))}");
        }

        var file = pki[$"arrived-{Interlocked.Increment(ref files)}"];
        await File.WriteAllBytesAsync(file, found!.Content);
        return (file, found);
    }

    public IEnumerable<SinkTransaction> Arrivals(string recipient) => Sink.Transactions.Where(t => t.Recipients.Any(r => r.Contains($"<{recipient}>", StringComparison.Ordinal)));

    /// <summary>Why a message for a recipient waits for a person.</summary>
    public async Task<string> HeldAsync(string recipient)
    {
        var reason = "";
        var all = "";
        await Eventually.ComesTrueAsync(
            async () =>
            {
                all = (await Node.CommandAsync("queue", "list", "--state", "held", "--limit", "500", "--json")).Output;
                using var listed = JsonDocument.Parse(all);
                reason = listed.RootElement.GetProperty("items").EnumerateArray().Where(m => m.GetProperty("recipients").EnumerateArray().Any(r => r.GetProperty("address").GetString() == recipient))
                    .Select(m => m.GetProperty("heldBecause").GetString()).FirstOrDefault() ?? "";
                return reason.Length > 0;
            },
            Patience, $"{recipient} is held: {all}");
        Assert.Empty(Arrivals(recipient));
        return reason;
    }

    /// <summary>openssl believes the outermost signature; the file with what it covers.</summary>
    public async Task<string> VerifiedAsync(string file, string? signer = null)
    {
        var (good, said) = await pki.OpenSslAsync("cms", "-verify", "-in", file, "-CAfile", pki.Anchors, "-purpose", "any", "-out", file + "v", "-certsout", file + ".certs");
        Assert.True(good, said + await File.ReadAllTextAsync(file));
        if (signer is not null)
        {
            var (_, printed) = await pki.OpenSslAsync("storeutl", "-noout", "-text", "-certs", file + ".certs");
            Assert.Contains(signer, printed.Replace(" = ", "=", StringComparison.Ordinal), StringComparison.Ordinal);
        }

        return file + "v";
    }

    /// <summary>openssl opens it with somebody's key; the file with what is inside.</summary>
    public async Task<string> DecryptedAsync(string file, string owner)
    {
        var (good, said) = await pki.OpenSslAsync("cms", "-decrypt", "-in", file, "-recip", pki[owner + ".pem"], "-inkey", pki[owner + ".key"], "-out", file + "d");
        Assert.True(good, said + await File.ReadAllTextAsync(file));
        return file + "d";
    }

    public async Task<bool> OpensAsync(string file, string owner) =>
        (await pki.OpenSslAsync("cms", "-decrypt", "-in", file, "-recip", pki[owner + ".pem"], "-inkey", pki[owner + ".key"], "-out", file + "x")).Good;

    /// <summary>openssl signs, as an ordinary client does.</summary>
    public async Task<string> ClientSignsAsync(string to, string owner = "alice", string fields = "")
    {
        var plain = Plain(to, fields);
        var at = plain.IndexOf("MIME-Version", StringComparison.Ordinal);
        var file = pki[$"client-{Interlocked.Increment(ref files)}"];
        await File.WriteAllTextAsync(file, plain[(plain.IndexOf("\r\n", at, StringComparison.Ordinal) + 2)..].ReplaceLineEndings("\n"));
        var (good, said) = await pki.OpenSslAsync("cms", "-sign", "-in", file, "-signer", owner + ".pem", "-inkey", owner + ".key", "-md", "sha256", "-out", file + ".s");
        Assert.True(good, said);
        return plain[..at] + (await File.ReadAllTextAsync(file + ".s")).ReplaceLineEndings("\r\n");
    }

    /// <summary>openssl encrypts for everybody whose certificate the client has.</summary>
    public async Task<string> ClientEncryptsAsync(string message, params string[] owners)
    {
        var at = message.IndexOf("MIME-Version", StringComparison.Ordinal);
        var file = pki[$"client-{Interlocked.Increment(ref files)}"];
        await File.WriteAllTextAsync(file, message[(message.IndexOf("\r\n", at, StringComparison.Ordinal) + 2)..]);
        string[] to = [.. owners.SelectMany(o => new[] { "-recip", o + ".pem", "-keyopt", "rsa_padding_mode:oaep" })];
        var (good, said) = await pki.OpenSslAsync(["cms", "-encrypt", "-aes-256-gcm", "-in", file, "-binary", "-out", file + ".e", .. to]);
        Assert.True(good, said);
        return message[..at] + (await File.ReadAllTextAsync(file + ".e")).ReplaceLineEndings("\r\n");
    }

    /// <summary>What our own program says of it.</summary>
    /// <param name="file">The message.</param>
    /// <param name="owner">Whose key opens it; null: nobody's.</param>
    public async Task<JsonElement> InspectAsync(string file, string? owner = null)
    {
        string[] keys = owner is null ? [] : ["--keys", pki.Bundle(owner)];
        var result = await SwitchProcess.RunAsync(["inspect", file, "--json", "--anchors", pki.Anchors, .. keys]);
        Assert.True(result.Output.Length > 0, result.Error);
        return JsonDocument.Parse(result.Output).RootElement.Clone();
    }

    public ReadOnlyMemory<byte> CertificateOf(string owner) => Pair(owner).Certificate;

    private SoftwareKeyPair Pair(string owner)
    {
        var key = KeyFile.Read(File.ReadAllBytes(pki[owner + ".key"])).Keys[0];
        return new SoftwareKeyPair(key, Smime.Certificates.CertificateFile.Read(File.ReadAllBytes(pki[owner + ".pem"])).Certificates[0].Encoded);
    }

    private string Key(string name, string role) => $"{{ name: {name}, file: {pki[name + ".key"]}, certificate: {pki[name + ".pem"]}, role: {role} }}";

    private static string Sign(string further) => $"sign: {{ key: gate, signature-type: domain{further} }}";

    private string Encrypt(string further) => "encrypt: { certificates: ["
        + string.Join(", ", new[] { "bob", "native", "bare", "false-dca", "dca-sealed", "dca-sealed-wrap", "dca-lists-kept", "dca-gateway", "dca-between" }.Select(n => pki[n + ".pem"])) + $"]{further} }}";
}
