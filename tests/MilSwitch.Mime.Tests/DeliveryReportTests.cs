using System.Globalization;
using System.Text;
using FsCheck.Xunit;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Reports;
using MilSwitch.Testing;
using MimeKit;
using Xunit.Abstractions;

namespace MilSwitch.Mime.Tests;

[Trait("Feature", "L-01")]
public sealed class DeliveryReportTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Now = new(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);

    private const string Head = "From: a@example.com\r\nMessage-ID: <1@example.com>\r\nSubject: Test\r\n\r\n";

    [Fact]
    public void Writes_a_failure_that_MimeKit_reads()
    {
        var report = Write(Request(ReportAction.Failed) with { OriginalHead = Octets(Head + "body\r\n"), HeadIsWhole = true, MayReturnContent = true });
        var message = Parse(report);
        var multipart = Assert.IsType<MultipartReport>(message.Body);

        Assert.Equal("delivery-status", multipart.ReportType);
        Assert.Equal(3, multipart.Count);
        Assert.Equal("auto-replied", message.Headers["Auto-Submitted"]);
        Assert.Equal("1@example.com", message.InReplyTo);
        Assert.Equal("sender@example.com", ((MailboxAddress)message.To[0]).Address);
        Assert.Equal("postmaster@sw1.example.mil", ((MailboxAddress)message.From[0]).Address);
        Assert.Equal(Now, message.Date);
        var status = Assert.IsType<MessageDeliveryStatus>(multipart[1]);
        Assert.Equal(2, status.StatusGroups.Count);
        var about = status.StatusGroups[0];
        Assert.Equal("QQ+314159", about["Original-Envelope-Id"]);
        Assert.Equal("dns; sw1.example.mil", about["Reporting-MTA"]);
        Assert.Equal("Thu, 29 Feb 2024 11:00:00 +0000", about["Arrival-Date"]);
        Assert.Equal("Thu, 29 Feb 2024 13:00:00 +0000", about["Deliver-By-Date"]);
        Assert.Equal("until;2024-02-29T11:30:00Z", about["Future-Release-Request"]);
        var recipient = status.StatusGroups[1];
        Assert.Equal("rfc822;Dana@Ivory.EDU", recipient["Original-Recipient"]);
        Assert.Equal("rfc822;dana@example.org", recipient["Final-Recipient"]);
        Assert.Equal("failed", recipient["Action"]);
        Assert.Equal("5.1.1", recipient["Status"]);
        Assert.Equal("dns; mx.example.org", recipient["Remote-MTA"]);
        Assert.Equal("smtp; 550 5.1.1 no such user", recipient["Diagnostic-Code"]);
        Assert.Equal("Thu, 29 Feb 2024 11:59:00 +0000", recipient["Last-Attempt-Date"]);
        Assert.Equal("0123456789ABC", recipient["Final-Log-ID"]);
        Assert.Null(recipient["Will-Retry-Until"]);
        // The envelope asked for RET=HDRS.
        var header = Assert.IsType<TextRfc822Headers>(multipart[2], exactMatch: false);
        Assert.Contains("Subject: Test", Raw(header), StringComparison.Ordinal);
        Assert.DoesNotContain("body", Raw(header), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Feature", "L-03")]
    public void Names_the_octets_that_were_accepted_their_level_and_their_identifier()
    {
        var request = Request(ReportAction.Failed) with { OriginalDigest = new byte[48], Precedence = Domain.Precedences.Precedence.Flash, ContentIdentifier = new byte[] { 7, 0xab } };
        var about = Assert.IsType<MessageDeliveryStatus>(Parts(Write(request))[1]).StatusGroups[0];
        Assert.Equal("sha-384; " + new string('0', 96), about["X-MilSwitch-Original-Digest"]);
        Assert.Equal("flash", about["X-MilSwitch-Precedence"]);
        Assert.Equal("07ab", about["X-MilSwitch-Content-Identifier"]);
    }

    [Theory]
    [InlineData(ReportAction.Failed, DsnReturn.Full, true, "message/rfc822")]
    [InlineData(ReportAction.Failed, DsnReturn.Headers, true, "text/rfc822-headers")]
    [InlineData(ReportAction.Failed, DsnReturn.Unspecified, true, "text/rfc822-headers")]
    [InlineData(ReportAction.Failed, DsnReturn.Full, false, "text/rfc822-headers")]
    [InlineData(ReportAction.Delayed, DsnReturn.Full, true, "text/rfc822-headers")]
    [InlineData(ReportAction.Delivered, DsnReturn.Full, true, "text/rfc822-headers")]
    [InlineData(ReportAction.Relayed, DsnReturn.Full, true, "text/rfc822-headers")]
    public void Returns_the_whole_only_for_failures_whose_sender_asked(ReportAction action, DsnReturn ret, bool allowed, string type)
    {
        var request = Request(action);
        var report = Write(request with
        {
            Original = request.Original with { Return = ret }, OriginalHead = Octets(Head + "body\r\n"), HeadIsWhole = true, MayReturnContent = allowed,
        });

        Assert.Equal(type, Parts(report)[2].ContentType.MimeType);
        Assert.Equal(type == "message/rfc822", Text(report).Contains("\r\nbody\r\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\u00e9", BodyType.EightBitMime, "message/rfc822", "8bit")]
    [InlineData("\u00e9", BodyType.SevenBit, "text/rfc822-headers", "7bit")]
    [InlineData("a\0b", BodyType.EightBitMime, "text/rfc822-headers", "7bit")]
    [InlineData("a\nb", BodyType.BinaryMime, "text/rfc822-headers", "7bit")]
    [InlineData("a\rb", BodyType.EightBitMime, "text/rfc822-headers", "7bit")]
    public void Returns_only_what_the_way_back_can_carry(string body, BodyType type, string part, string encoding)
    {
        var request = Request(ReportAction.Failed);
        var report = Write(request with
        {
            Original = request.Original with { Return = DsnReturn.Full, Body = type }, OriginalHead = Octets($"{Head}{body}\r\n"), HeadIsWhole = true, MayReturnContent = true,
        });

        Assert.Contains($"Content-Type: {part}\r\nContent-Transfer-Encoding: {encoding}\r\n", Text(report), StringComparison.Ordinal);
        Assert.Equal(encoding == "8bit" ? BodyType.EightBitMime : BodyType.SevenBit, DeliveryReport.BodyOf(report));
    }

    [Fact]
    public void Says_for_a_delay_how_long_it_will_try()
    {
        var text = Text(Write(Request(ReportAction.Delayed)));

        Assert.Contains("\r\nAction: delayed\r\nStatus: 4.1.1\r\n", text, StringComparison.Ordinal);
        Assert.Contains("\r\nWill-Retry-Until: Thu, 29 Feb 2024 18:00:00 +0000\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Encodes_international_addresses_for_a_way_back_without_SMTPUTF8()
    {
        var request = WithRecipient(Request(ReportAction.Failed), "j\u00fcrgen@b\u00fccher.example", new OriginalRecipient("utf-8", "j\\x{FC}rgen@example.org"));
        var report = Write(request with { OriginalHead = Octets("Subject: \u00fc\r\nMessage-ID: <1@example.com>\r\n\r\n") });

        Assert.Equal(BodyType.SevenBit, DeliveryReport.BodyOf(report));
        Assert.Contains("Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: quoted-printable\r\n", Text(report), StringComparison.Ordinal);
        Assert.Contains("Content-Type: message/global-headers\r\nContent-Transfer-Encoding: quoted-printable\r\n", Text(report), StringComparison.Ordinal);
        Assert.True(DeliveryReportReader.TryRead(report, out var read));
        Assert.Equal("j\u00fcrgen@b\u00fccher.example", read.Recipients[0].FinalRecipient);
        Assert.Equal("j\u00fcrgen@example.org", read.Recipients[0].OriginalRecipient);
        Assert.Equal("<1@example.com>", read.OriginalMessageId);
    }

    [Fact]
    public void Speaks_UTF8_to_a_sender_whose_address_needs_it()
    {
        var report = Write(Request(ReportAction.Failed) with { To = Mailbox.Parse("j\u00fcrgen@example.com"), OriginalHead = Octets("Subject: \u00fc\r\n\r\n") });

        Assert.Contains("To: <j\u00fcrgen@example.com>\r\n", Text(report), StringComparison.Ordinal);
        Assert.Contains("Content-Type: message/global-headers\r\nContent-Transfer-Encoding: 8bit\r\n", Text(report), StringComparison.Ordinal);
        Assert.Equal(BodyType.EightBitMime, DeliveryReport.BodyOf(report));
    }

    [Fact]
    public void Returns_an_international_message_encoded()
    {
        var request = Request(ReportAction.Failed);
        var original = "Subject: \u00fc\r\n\r\nbody \u00fc\r\n";
        var report = Write(request with
        {
            Original = request.Original with { Return = DsnReturn.Full, Body = BodyType.EightBitMime }, OriginalHead = Octets(original), HeadIsWhole = true, MayReturnContent = true,
        });

        Assert.Contains("Content-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n\r\n" + Convert.ToBase64String(Octets(original)), Text(report), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "S10")]
    public void Chooses_a_boundary_that_the_original_does_not_hold()
    {
        var request = Request(ReportAction.Failed);
        var plain = Parts(Write(request)).ContentType.Boundary;
        var report = Write(request with
        {
            Original = request.Original with { Return = DsnReturn.Full }, HeadIsWhole = true, MayReturnContent = true,
            OriginalHead = Octets($"{Head}--{plain}\r\nContent-Type: text/html\r\n\r\n--{plain}--\r\n"),
        });

        Assert.Equal(3, Parts(report).Count);
        Assert.NotEqual(plain, Parts(report).ContentType.Boundary);
    }

    [Fact]
    [Trait("Threat", "F35")]
    public void Stays_bounded_with_many_recipients_and_a_huge_header()
    {
        var request = Request(ReportAction.Failed);
        var one = request.Recipients[0];
        var report = Write(request with
        {
            Recipients = [.. Enumerable.Range(0, 5000).Select(i => one with { Recipient = new Recipient(Mailbox.Parse($"r{i}@example.org")) })],
            OriginalHead = Octets("Message-ID: <1@example.com>\r\n" + string.Concat(Enumerable.Repeat("X: " + new string('x', 500) + "\r\n", 5000)) + "\r\n"),
        });

        Assert.True(DeliveryReportReader.TryRead(report, out var read) || report.Length > 1 << 20);
        Assert.Contains("and 4900 more", Text(report), StringComparison.Ordinal);
        Assert.True(report.Length < 5000 * 400);
        Assert.True(read is null || read.Recipients.Length > 1000);
    }

    [Property(MaxTest = 500, Arbitrary = [typeof(Generators)])]
    [Trait("Threat", "S10")]
    public void Lets_no_value_end_a_line_a_field_or_a_part(HostileText a, HostileText b, HostileText c, byte action, bool utf8)
    {
        var request = Request((ReportAction)(action % 5));
        var head = $"Message-ID: {c.Value}\r\nSubject: {a.Value.Replace('\n', ' ').Replace('\r', ' ')}\r\n\r\n{b.Value}";
        request = WithRecipient(request, utf8 ? "j\u00fcrgen@example.org" : "dana@example.org", new OriginalRecipient(b.Value, c.Value));
        request = request with
        {
            ReportingMta = utf8 ? a.Value : request.ReportingMta,
            From = b.Value,
            FinalLogId = c.Value,
            Original = request.Original with { EnvelopeId = a.Value, Return = DsnReturn.Full, Body = utf8 ? BodyType.EightBitMime : BodyType.SevenBit },
            Recipients = [request.Recipients[0] with { Reply = new Reply(550, null, b.Value), RemoteMta = c.Value }],
            OriginalHead = Encoding.UTF8.GetBytes(head),
            HeadIsWhole = true,
            MayReturnContent = true,
        };
        var report = Write(request);

        foreach (var line in Text(report).Split("\r\n"))
        {
            Assert.DoesNotContain('\n', line);
            Assert.DoesNotContain('\r', line);
            Assert.DoesNotContain('\0', line);
            Assert.True(Encoding.UTF8.GetByteCount(line) <= 998, "line too long");
        }

        var message = Parse(report);
        Assert.Equal(HeaderNames(message), HeaderNames(Parse(Write(request with { ReportingMta = "x.y", From = "", OriginalHead = default }))).Union(HeaderNames(message).Where(n => n is "In-Reply-To" or "References" or "Content-Transfer-Encoding")).OrderBy(n => Array.IndexOf(HeaderNames(message), n)));
        var multipart = Assert.IsType<MultipartReport>(message.Body);
        // A header that is malformed from its first line on is not returned.
        Assert.True(multipart.Count == (HeaderBlock.Scan(request.OriginalHead, 1 << 16, 100).Count is 0 ? 2 : 3), Text(report));
        Assert.True(DeliveryReportReader.TryRead(report, out var read));
        var recipient = Assert.Single(read.Recipients);
        Assert.Equal(request.Recipients[0].Recipient.Address.Text, recipient.FinalRecipient);
        Assert.Equal(request.Action, recipient.Action);
        Assert.NotNull(recipient.Status);
    }

    [Theory]
    [InlineData("a  b c", "a  b c")]
    [InlineData("plain", "plain")]
    public void Keeps_the_envelope_id_to_the_letter(string envelopeId, string expected)
    {
        var request = Request(ReportAction.Failed);
        var longId = string.Join(' ', Enumerable.Repeat(envelopeId, 20));
        foreach (var (id, want) in new[] { (envelopeId, expected), (longId, longId) })
        {
            Assert.True(DeliveryReportReader.TryRead(Write(request with { Original = request.Original with { EnvelopeId = id } }), out var read));
            Assert.Equal(want, read.OriginalEnvelopeId);
        }
    }

    [Fact]
    public void Reads_other_systems_reports_per_recipient()
    {
        int read = 0, statuses = 0, total = 0;
        foreach (var file in SharedVectors.Files("dsn", "*.eml", output))
        {
            total++;
            var mail = SharedVectors.ReadMail(file);
            if (!DeliveryReportReader.TryRead(mail, out var report))
            {
                // A report inside a text/plain message, and a delimiter that does not begin its line.
                var broken = Path.GetFileName(file) is "lhost-postfix-49.eml" or "rfc3464-35.eml";
                Assert.True(broken || !Text(mail).Contains("\r\nFinal-Recipient:", StringComparison.OrdinalIgnoreCase), file);
                Assert.DoesNotContain("\r\nX-Failed-Recipients: x", Text(mail), StringComparison.OrdinalIgnoreCase);
                output.WriteLine($"{Path.GetFileName(file)}: names no recipient");
                continue;
            }

            read++;
            statuses += report.Recipients.Count(r => r.Status is not null);
            Assert.All(report.Recipients, r => Assert.DoesNotContain(r.FinalRecipient, char.IsControl));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(file)}: {string.Join(" | ", report.Recipients)}"));
        }

        output.WriteLine($"{read} of {total} read, {statuses} statuses");
    }

    [Property(MaxTest = 1000, Arbitrary = [typeof(Generators)])]
    public bool Reader_never_throws(byte[] octets, MailLike mail, HostileText text)
    {
        DeliveryReportReader.TryRead(octets, out _);
        DeliveryReportReader.TryRead(Octets(mail.Value), out _);
        const string Start = "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; ";
        DeliveryReportReader.TryRead(Octets(Start + text.Value + "\r\nStatus: " + text.Value), out _);
        DeliveryReportReader.TryRead(Octets(Start.Replace("\r\n\r\nRep", "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nRep", StringComparison.Ordinal) + "=" + text.Value), out _);
        return true;
    }

    [Fact]
    [Trait("Threat", "M1")]
    public void Reader_is_bounded()
    {
        const string Start = "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n";
        var many = Start + string.Concat(Enumerable.Repeat("Final-Recipient: rfc822; a@b\r\nAction: failed\r\n\r\n", 50_000));
        Assert.True(DeliveryReportReader.TryRead(Octets(many), out var report));
        Assert.Equal(DeliveryReportReader.MaximumRecipients, report.Recipients.Length);
        Assert.False(DeliveryReportReader.TryRead(Octets(Start + string.Concat(Enumerable.Repeat("x\r\n", 400_000))), out _));
        Assert.False(DeliveryReportReader.TryRead(Octets(Start + string.Concat(Enumerable.Repeat("\r\n", 400_000))), out _));
        Assert.False(DeliveryReportReader.TryRead(Octets(string.Concat(Enumerable.Repeat(Start, 10_000))), out _));
    }

    private static string[] HeaderNames(MimeMessage message) => [.. message.Headers.Select(h => h.Field)];

    private static ReportRequest WithRecipient(ReportRequest request, string address, OriginalRecipient original) => request with
    {
        Recipients = [request.Recipients[0] with { Recipient = new Recipient(Mailbox.Parse(address)) { OriginalRecipient = original } }],
    };

    private static ReportRequest Request(ReportAction action)
    {
        var recipient = new Recipient(Mailbox.Parse("dana@example.org")) { OriginalRecipient = new OriginalRecipient("rfc822", "Dana@Ivory.EDU") };
        return new ReportRequest
        {
            ReportingMta = "sw1.example.mil",
            From = "postmaster@sw1.example.mil",
            To = Mailbox.Parse("sender@example.com"),
            Id = MessageId.Create(1, 2, 3),
            Original = new Envelope
            {
                ReversePath = new ReversePath(Mailbox.Parse("sender@example.com")), Recipients = [recipient], Return = DsnReturn.Headers, EnvelopeId = "QQ+314159",
                DeliverBy = new DeliverBy(Now.AddHours(1), DeliverByMode.Return, Trace: false), HoldUntil = Now.AddMinutes(-30), ArrivedAt = Now.AddHours(-1),
                Origin = new Origin { Listener = "relay" },
            },
            Action = action,
            Recipients = [new ReportedRecipient(
                recipient, new Reply(550, new EnhancedStatusCode(5, 1, 1), "no such user"), "mx.example.org", new EnhancedStatusCode(5, 1, 1), Now.AddHours(6), Now.AddMinutes(-1))],
            OriginalHead = Octets(Head),
            FinalLogId = "0123456789ABC",
            Now = Now,
        };
    }

    private static byte[] Write(ReportRequest request) => DeliveryReport.Write(request);

    private static MimeMessage Parse(byte[] report) => MimeMessage.Load(new MemoryStream(report));

    private static Multipart Parts(byte[] report) => Assert.IsType<Multipart>(Parse(report).Body, exactMatch: false);

    private static string Raw(MimeEntity entity)
    {
        using var stream = new MemoryStream();
        entity.WriteTo(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static byte[] Octets(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(byte[] octets) => Encoding.UTF8.GetString(octets);
}
