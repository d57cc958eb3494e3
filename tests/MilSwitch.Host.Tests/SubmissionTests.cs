using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;
using MilSwitch.Testing;
using MimeKit;

namespace MilSwitch.Host.Tests;

/// <summary>Messages that are handed in through the admin API and by <c>milswitch submit</c>, taken by the real switch.</summary>
public sealed class SubmissionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Takes_a_message_made_of_values_and_sends_it()
    {
        await using var stage = await PostStage.StartAsync();
        var (status, body) = await PostAsync(stage, """
            {
              "from": "Duty Officer <duty@a.example>", "to": ["ops@b.example"], "cc": ["Zoë <info@b.example>"], "bcc": ["hidden@b.example"],
              "subject": "Grün ist die Heide", "text": "one\ntwo ü\n",
              "attachments": [{ "name": "plan.pdf", "type": "application/pdf", "content": "AAECAw==" }],
              "mmhs": {
                "primaryPrecedence": "flash", "copyPrecedence": "1", "subjectIndicatorCodes": ["SDM", "BRL"], "messageType": "exercise; identifier=\"PLAIN SAIL\"",
                "messageInstructions": ["MINIMIZE CONSIDERED"], "handlingInstructions": ["BY HAND"], "extendedAuthorisationInfo": "2030-01-02T03:04:00Z",
                "originatorReference": "REF 1", "originatorPlad": "DUTY", "codressMessageIndicator": 0, "acp127MessageIdentifier": "RXABC 1",
                "otherRecipientsIndicatorTo": ["BY SHIP"], "otherRecipientsIndicatorCc": ["BY AIR"], "exemptedAddress": ["Not Him <x@c.example>"], "authorizingUsers": ["boss@a.example"]
              },
              "label": "ALFA CONFIDENTIAL", "receipt": true, "notify": ["failure", "delay"], "return": "headers", "envelopeId": "e-1",
              "expires": "2031-01-01T00:00:00Z", "supersedes": "<old@a.example>"
            }
            """);
        Assert.True(status is HttpStatusCode.Created, body);
        var id = IdOf(body);
        // The answer follows the commit.
        var stored = (await stage.Spool.ReadAsync(id))!;
        Assert.Equal(("msa", "duty@a.example", Precedence.Flash), (stored.Envelope.Origin.Listener, stored.Envelope.ReversePath.ToString(), stored.Envelope.Precedence));
        Assert.StartsWith("api:local", stored.Envelope.Origin.AuthenticatedAs, StringComparison.Ordinal);
        Assert.Equal([Precedence.Flash, Precedence.Routine, Precedence.Routine], stored.Envelope.Recipients.Select(r => r.Precedence));

        await stage.WaitForAsync(id, m => m.State == MessageState.Done);
        await stage.Sink.WaitForAsync(2, Patience);
        var arrived = stage.Sink.Transactions[0];
        Assert.Contains("RET=HDRS ENVID=e-1", arrived.Mail, StringComparison.Ordinal);
        Assert.Matches("NOTIFY=(FAILURE,DELAY|DELAY,FAILURE)", arrived.Recipients[0]);
        Assert.StartsWith("by switch.example id ", arrived.Field("Received"), StringComparison.Ordinal);
        using var message = MimeMessage.Load(new MemoryStream(arrived.Content.ToArray()));
        Assert.Equal(("Grün ist die Heide", "Zoë", "Duty Officer"), (message.Subject, message.Cc[0].Name, message.From[0].Name));
        Assert.Equal("one\ntwo ü\n", message.TextBody!.ReplaceLineEndings("\n"));
        Assert.Equal(("plan.pdf", "application/pdf"), (message.Attachments.Single().ContentDisposition!.FileName, message.Attachments.Single().ContentType.MimeType));
        Assert.Equal("AAECAw==", Convert.ToBase64String(Octets((MimePart)message.Attachments.Single())));
        Assert.DoesNotContain("hidden", PostStage.Text(arrived), StringComparison.Ordinal);
        Assert.Contains("ALFA CONFIDENTIAL", arrived.Field("SIO-Label"), StringComparison.Ordinal);
        Assert.Equal(("duty@a.example", "<old@a.example>"), (arrived.Field("Disposition-Notification-To"), arrived.Field("Supersedes")));
        Assert.Equal("Wed, 01 Jan 2031 00:00:00 +0000", arrived.Field("Expires"));
        var reading = MmhsReader.Read(HeaderBlock.Scan(arrived.Content, 1 << 20, 1000));
        Assert.Empty(reading.Faults);
        Assert.Equal(15, reading.Present.Length);
        Assert.Equal(["SDM", "BRL"], reading.Fields.SubjectIndicatorCodes.AsEnumerable());
        Assert.Equal(new MmhsMessageType(0, "PLAIN SAIL"), reading.Fields.MessageType);
        Assert.Equal("Not Him", Assert.Single(reading.Fields.ExemptedAddresses).Name);
        Assert.Equal(new DateTimeOffset(2030, 1, 2, 3, 4, 0, TimeSpan.Zero), reading.Fields.ExtendedAuthorisationInfo);
    }

    [Fact]
    public async Task Takes_a_whole_message_with_its_octets()
    {
        await using var stage = await PostStage.StartAsync();
        const string text = "From: duty@a.example\r\nTo: ops@b.example\r\nBcc: hidden@b.example\r\nMessage-ID: <1@a.example>\r\nDate: Sun, 29 Nov 2026 00:00:00 +0000\r\nSubject:  kept   so\r\n\r\n.\r\ntext\r\n";
        var (status, body) = await PostAsync(stage, text, "message/rfc822");
        Assert.True(status is HttpStatusCode.Created, body);
        Assert.Equal("<1@a.example>", JsonDocument.Parse(body).RootElement.GetProperty("messageId").GetString());
        await stage.WaitForAsync(IdOf(body), m => m.State == MessageState.Done);
        var arrived = Assert.Single(await stage.Sink.WaitForAsync(1, Patience));
        Assert.EndsWith(text.Replace("Bcc: hidden@b.example\r\n", "", StringComparison.Ordinal), PostStage.Text(arrived), StringComparison.Ordinal);
        Assert.Equal(2, arrived.Recipients.Count);

        (status, body) = await PostAsync(stage, text, "message/rfc822", query: "?from=watch@a.example&to=x@b.example,y@b.example");
        Assert.True(status is HttpStatusCode.Created, body);
        var stored = (await stage.Spool.ReadAsync(IdOf(body)))!;
        Assert.Equal(("watch@a.example", "x@b.example y@b.example"), (stored.Envelope.ReversePath.ToString(), string.Join(' ', stored.Envelope.Recipients.Select(r => r.Address.Text))));
    }

    [Fact]
    public async Task Refuses_as_the_listener_would_with_field_position_and_reason()
    {
        await using var stage = await PostStage.StartAsync(listener: "mmhs: { check: presence, require: [MMHS-Subject-Indicator-Codes] }");
        var (status, body) = await PostAsync(stage, "From: a@a.example\nTo: b@b.example\nMMHS-Subject-Indicator-Codes: SDM; XY\nMMHS-Primary-Precedence: routine\n\ntext\n", "message/rfc822");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        var refusal = JsonDocument.Parse(body).RootElement.GetProperty("refusal");
        Assert.Equal((550, "5.6.0"), (refusal.GetProperty("code").GetInt32(), refusal.GetProperty("status").GetString()));
        var fault = Assert.Single(refusal.GetProperty("faults").EnumerateArray());
        Assert.Equal(
            ("MMHS-Subject-Indicator-Codes", 7, "MMHS-SIC-LENGTH", "a subject indicator code has 3 to 8 characters"),
            (fault.GetProperty("field").GetString(), fault.GetProperty("position").GetInt32(), fault.GetProperty("rule").GetString(), fault.GetProperty("reason").GetString()));

        // Every fault, and the same words for what comes as values.
        (status, body) = await PostAsync(stage, """{ "from": "a@a.example", "to": ["b@b.example"], "mmhs": { "subjectIndicatorCodes": ["SDM", "XY"], "messageType": "war" } }""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal(
            ["MMHS-Subject-Indicator-Codes 7 MMHS-SIC-LENGTH", "MMHS-Message-Type 2 MMHS-NUMBER"],
            JsonDocument.Parse(body).RootElement.GetProperty("refusal").GetProperty("faults").EnumerateArray().Select(f => $"{f.GetProperty("field")} {f.GetProperty("position")} {f.GetProperty("rule")}"));
        (status, body) = await PostAsync(stage, """{ "from": "a@a.example", "to": ["b@b.example"] }""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal(
            ["MMHS-Subject-Indicator-Codes", "MMHS-Primary-Precedence"],
            JsonDocument.Parse(body).RootElement.GetProperty("refusal").GetProperty("faults").EnumerateArray().Select(f => f.GetProperty("field").GetString()));
        Assert.Empty(await stage.MessagesAsync());
    }

    [Fact]
    public async Task Refuses_by_the_rules_for_labels()
    {
        await using var stage = await PostStage.StartAsync(listener: "labels: { sources: [sio-label], unlabelled: refuse, invalid: refuse, clearance: { up-to: RESTRICTED } }");
        const string message = """{ "from": "a@a.example", "to": ["b@b.example"], "label": "LABEL" }""";
        foreach (var (label, expected) in ((string, int)[])[("ALFA SECRET", 550), ("1.3.6.1.4.1.99999.4.1:99", 550)])
        {
            var (refused, why) = await PostAsync(stage, message.Replace("LABEL", label, StringComparison.Ordinal));
            Assert.True(refused is HttpStatusCode.UnprocessableEntity, why);
            Assert.Equal(expected, JsonDocument.Parse(why).RootElement.GetProperty("refusal").GetProperty("code").GetInt32());
        }

        var (status, body) = await PostAsync(stage, message.Replace("LABEL", "no such label", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal("label", JsonDocument.Parse(body).RootElement.GetProperty("refusal").GetProperty("faults")[0].GetProperty("field").GetString());
        (status, body) = await PostAsync(stage, message.Replace("LABEL", "ALFA RESTRICTED", StringComparison.Ordinal));
        Assert.True(status is HttpStatusCode.Created, body);
        Assert.NotNull((await stage.Spool.ReadAsync(IdOf(body)))!.Envelope.Label);
    }

    [Theory]
    [InlineData("""{ "to": ["b@b.example"] }""", "from: the author is missing (MISSING)")]
    [InlineData("""{ "from": "a@a.example" }""", "to: there is no recipient (MISSING)")]
    [InlineData("""{ "from": "a@a.example\r\nBcc: x@y.example", "to": ["b@b.example"] }""", "from: no mail address with a domain (ADDRESS)")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example", "b@@b"] }""", "to[1]: no mail address with a domain (ADDRESS)")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "subject": "x\r\nBcc: y@z.example" }""", "subject: a character that no such text has (CHARACTER)")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "mmhs": { "originatorReference": "R\r\nBcc: y@z.example" } }""", "MMHS-Originator-Reference, octet 3: a character other than letters, digits, space and '()+,-./:=? (MMHS-CHARACTER)")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "mmhs": { "subjectIndicatorCodes": ["SDM;BRL"] } }""", "MMHS-Subject-Indicator-Codes, octet 5: a character other than letters, digits, space and '()+,-./:=? (MMHS-CHARACTER)")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "attachments": [{ "name": "x", "type": "message/rfc822", "content": "AAAA" }] }""", "attachments[0].type: no media type of one part (TYPE)")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "attachments": [{ "name": "x" }] }""", "attachments[0].content: the content is missing (MISSING)")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "supersedes": "<a@b>\r\nX: y" }""", "supersedes: no Message-ID (MESSAGE-ID)")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "notify": ["never", "delay"] }""", "notify: never stands alone (WORD)")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "envelopeId": "a b" }""", "envelopeId: not 1 to 100 printable ASCII characters (CHARACTER)")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "deliverBy": { "mode": "notify" } }""", "deliverBy.by: the time is missing (MISSING)")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "deliverBy": { "by": "2099-01-01T00:00:00Z", "mode": "perhaps" } }""", "deliverBy.mode: neither return nor notify (WORD)")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "deliverBy": { "by": "2020-01-01T00:00:00Z" } }""", "501 5.5.4 Syntax error in arguments")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "receiptsFrom": ["all"] }""", "receiptsFrom: signed receipts are asked for by a signature, and admin.submission-sign names no key (KEY)")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@nowhere.example"] }""", "550 5.1.1 Recipient refused: <b@nowhere.example>")]
    [InlineData("""{ "from": "a@a.example", "to": ["b%c@b.example"] }""", "550 5.7.1 Sender-specified routing refused: <b%c@b.example>")]
    public async Task Says_what_is_wrong_with_a_request(string request, string detail)
    {
        await using var stage = await PostStage.StartAsync();
        var (status, body) = await PostAsync(stage, request);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal(detail, JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString());
        Assert.Empty(await stage.MessagesAsync());
    }

    [Theory]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "speed": 3 }""", "application/json")]
    [InlineData("""{ "from": "a@a.example", "to": ["b@b.example"], "attachments": [{ "content": "%%" }] }""", "application/json")]
    [InlineData("hello", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    public async Task Says_that_it_does_not_understand(string request, string type, HttpStatusCode expected = HttpStatusCode.BadRequest)
    {
        await using var stage = await PostStage.StartAsync();
        Assert.Equal(expected, (await PostAsync(stage, request, type)).Status);
    }

    [Fact]
    public async Task Does_nothing_twice_for_one_key()
    {
        await using var stage = await PostStage.StartAsync();
        const string message = """{ "from": "a@a.example", "to": ["b@b.example"], "text": "once" }""";
        var (first, body) = await PostAsync(stage, message, key: "k-1");
        var (second, again) = await PostAsync(stage, message, key: "k-1");
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created, body), (first, second, again));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PostAsync(stage, message.Replace("once", "twice", StringComparison.Ordinal), key: "k-1")).Status);
        Assert.Single(await stage.MessagesAsync());
    }

    [Fact]
    public async Task Holds_an_operator_to_the_rates_and_lets_him_try_again_with_the_same_key()
    {
        await using var stage = await PostStage.StartAsync(_ => "rates: { messages-per-client-and-minute: 1 }");
        const string message = """{ "from": "a@a.example", "to": ["b@b.example"] }""";
        Assert.Equal(HttpStatusCode.Created, (await PostAsync(stage, message)).Status);
        foreach (var _ in Enumerable.Range(0, 2))
        {
            var (status, body) = await PostAsync(stage, message, key: "k-2");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.Equal(450, JsonDocument.Parse(body).RootElement.GetProperty("refusal").GetProperty("code").GetInt32());
        }
    }

    [Fact]
    public async Task The_command_prints_the_id_of_what_it_made()
    {
        await using var stage = await PostStage.StartAsync();
        var plan = stage.Files.Write("plan.txt", "the plan\n");
        var run = await stage.RunAsync("", "submit", "--from", "duty@a.example", "--to", "ops@b.example", "--subject", "Alarm", "--precedence", "flash", "--sic", "SDM; BRL", "--label", "ALFA SECRET", "--attach", plan, "--field", "Originator-Reference=R 1");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.True(MessageId.TryParse(run.Output.Trim(), out var id));
        await stage.WaitForAsync(id, m => m.State == MessageState.Done);
        var arrived = Assert.Single(await stage.Sink.WaitForAsync(1, Patience));
        Assert.Equal(("SDM; BRL", "R 1", "flash"), (arrived.Field("MMHS-Subject-Indicator-Codes"), arrived.Field("MMHS-Originator-Reference"), arrived.Field("MMHS-Primary-Precedence")));

        run = await stage.RunAsync("", "submit", "--from", "duty@a.example", "--to", "ops@b.example", "--sic", "X");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("MMHS-Subject-Indicator-Codes, octet 2", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await stage.RunAsync("", "submit", "--subject", "Alarm")).ExitCode);
        var file = stage.Files.Write("whole.eml", "From: a@a.example\nTo: b@b.example\nSubject: whole\n\ntext\n");
        run = await stage.RunAsync("", "submit", file, "--json");
        Assert.True(run.ExitCode is 0, run.Error);
        Assert.NotEmpty(JsonDocument.Parse(run.Output).RootElement.GetProperty("messageId").GetString()!);
    }

    [Fact]
    [Trait("Feature", "A-11")]
    public async Task Asks_for_delivery_by_a_time_as_a_client_of_the_listener_may()
    {
        await using var stage = await PostStage.StartAsync(listener: "mmhs: { check: fields }, minimum-deliver-by: 1m");
        var soon = await stage.RunAsync("", "submit", "--from", "duty@a.example", "--to", "ops@b.example", "--deliver-by", "30s");
        Assert.Equal(1, soon.ExitCode);
        Assert.Contains("555 5.5.4", soon.Error, StringComparison.Ordinal);
        var run = await stage.RunAsync("", "submit", "--from", "duty@a.example", "--to", "ops@b.example", "--deliver-by", "2099-01-02T03:04Z", "--deliver-by-mode", "notify", "--deliver-by-trace");
        Assert.Equal((1, true), (run.ExitCode, run.Error.Contains("501 5.5.4", StringComparison.Ordinal)));
        run = await stage.RunAsync("", "submit", "--from", "duty@a.example", "--to", "ops@b.example", "--deliver-by", "2h", "--deliver-by-mode", "notify", "--deliver-by-trace");
        Assert.True(run.ExitCode is 0 && MessageId.TryParse(run.Output.Trim(), out _), run.Error);
        Assert.True(MessageId.TryParse(run.Output.Trim(), out var id));
        var by = (await stage.Spool.ReadAsync(id))!.Envelope.DeliverBy!;
        Assert.Equal((DeliverByMode.Notify, true), (by.Mode, by.Trace));
        Assert.Equal(2, (await stage.RunAsync("", "submit", "--from", "duty@a.example", "--to", "ops@b.example", "--deliver-by-trace")).ExitCode);
    }

    [Fact]
    [Trait("Feature", "F-04")]
    public async Task Asks_for_signed_receipts_by_a_signature_of_the_node()
    {
        await using var stage = await PostStage.StartAsync(
            files =>
            {
                files.WriteCertificate().Dispose();
                return "keys: [{ name: k, file: tls.key, certificate: tls.pem }]";
            }, admin: ", submission-sign: { key: k }");
        var run = await stage.RunAsync("text\n", "submit", "-", "--from", "duty@a.example", "--to", "ops@b.example", "--sic", "SDM", "--receipts-from", "ops@b.example", "--receipts-from", "log@b.example", "--receipts-to", "desk@a.example");
        Assert.True(run.ExitCode is 0, run.Error);
        var arrived = Assert.Single(await stage.Sink.WaitForAsync(1, Patience));
        Assert.Equal("SDM", arrived.Field("MMHS-Subject-Indicator-Codes"));
        var file = Path.Combine(stage.Files.Folder, "arrived.eml");
        await File.WriteAllBytesAsync(file, arrived.Content.ToArray());
        var seen = await stage.RunAsync("", "inspect", file);
        Assert.Contains("asks for a receipt from list to desk@a.example", seen.Output, StringComparison.Ordinal);

        var (status, body) = await PostAsync(stage, """{ "from": "a@a.example", "to": ["b@b.example"], "receiptsFrom": ["sömebody@a.example"], "receiptsTo": [] }""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.StartsWith("receiptsFrom[0]: no mail address with a domain, in ASCII (ADDRESS)", JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        (_, body) = await PostAsync(stage, """{ "from": "a@a.example", "to": ["b@b.example"], "receiptsTo": ["a@a.example"] }""");
        Assert.StartsWith("receiptsFrom: who is asked is missing", JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static byte[] Octets(MimePart part)
    {
        using var octets = new MemoryStream();
        part.Content!.DecodeTo(octets);
        return octets.ToArray();
    }

    private static MessageId IdOf(string body) => MessageId.TryParse(JsonDocument.Parse(body).RootElement.GetProperty("id").GetString()!, out var id) ? id : throw new InvalidOperationException(body);

    private static async Task<(HttpStatusCode Status, string Body)> PostAsync(PostStage stage, string body, string type = "application/json", string? key = null, string query = "")
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(stage.Files.Folder, "s")), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost/api/v1/messages" + query) { Content = new StringContent(body, Encoding.UTF8, type) };
        if (key is not null) request.Headers.TryAddWithoutValidation("Idempotency-Key", $"\"{key}\"");
        using var response = await client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
