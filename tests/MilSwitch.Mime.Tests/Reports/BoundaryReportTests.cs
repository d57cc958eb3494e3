using System.Text;
using FsCheck.Xunit;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Reports;
using MimeKit;

namespace MilSwitch.Mime.Tests.Reports;

[Trait("Feature", "L-03")]
[Trait("Threat", "S13")]
public sealed class BoundaryReportTests
{
    private const string Status = "Reporting-MTA: dns; mx7.inner.example\r\nReceived-From-MTA: dns; secret-relay.inner.example\r\nOriginal-Envelope-Id: TAG\r\nArrival-Date: Wed, 4 Mar 2026 05:06:07 +0000\r\n"
        + "\r\nOriginal-Recipient: rfc822;dana@base.example\r\nFinal-Recipient: rfc822;dana.forwarded@inner.example\r\nAction: failed\r\nStatus: 5.1.1 (no such user)\r\n"
        + "Remote-MTA: dns; backend9.inner.example\r\nDiagnostic-Code: smtp; 550 LDAP said ou=Ops, o=Secret\r\nFinal-Log-ID: 77\r\n";

    private const string Delivery = "From: MAILER-DAEMON@mx7.inner.example\r\nTo: <ops@unit.example>\r\nSubject: Undelivered: Fuel for the convoy\r\nMIME-Version: 1.0\r\n"
        + "Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nUser unknown on backend9\r\n\r\n"
        + "--b1\r\nContent-Type: message/delivery-status\r\n\r\n" + Status + "\r\n--b1\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: Fuel for the convoy\r\nReceived: from x by backend9.inner.example\r\n\r\n--b1--\r\n";

    private const string Notification = "Final-Recipient: rfc822;dana@base.example\r\nReporting-UA: pc-117.inner.example; Mailer 5.2\r\nOriginal-Message-ID: <m1@unit.example>\r\n"
        + "Disposition: manual-action/MDN-sent-manually; displayed\r\nError: disk full on pc-117\r\n";

    private const string Disposition = "From: dana@base.example\r\nTo: <ops@unit.example>\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b1\r\n\r\n"
        + "--b1\r\n\r\nRead on pc-117\r\n--b1\r\nContent-Type: message/disposition-notification\r\n\r\n" + Notification + "--b1--\r\n";

    private static readonly ReportRewriting Rewriting = new()
    {
        Host = "gate.example", From = "postmaster@gate.example", To = Mailbox.Parse("ops@unit.example"), Id = MessageId.Create(1, 2, 3), EnvelopeId = "QQ314159",
        OriginalMessageId = "<m1@unit.example>", Now = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero),
    };

    [Fact]
    public void Reads_what_happened_to_whom()
    {
        var report = Read(Delivery);
        Assert.True(report.IsWellFormed, report.Fault);
        Assert.Equal(ReportKind.Delivery, report.Kind);
        Assert.Equal("TAG", report.Delivery!.OriginalEnvelopeId);
        var recipient = Assert.Single(report.Delivery.Recipients);
        Assert.Equal(("dana.forwarded@inner.example", "dana@base.example", ReportAction.Failed), (recipient.FinalRecipient, recipient.OriginalRecipient, recipient.Action!.Value));
        Assert.Equal(new EnhancedStatusCode(5, 1, 1), recipient.Status);
        Assert.Null(recipient.RemoteMta);
        Assert.Null(recipient.Diagnostic);
    }

    [Fact]
    public void Takes_away_hosts_texts_and_what_came_back()
    {
        var clean = ReportSanitiser.Write(Read(Delivery), Rewriting);
        var text = Encoding.UTF8.GetString(clean);
        foreach (var secret in new[] { "mx7", "secret-relay", "backend9", "LDAP", "convoy", "TAG", "Final-Log-ID", "Arrival-Date", "no such user", "Undelivered" })
            Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
        var message = MimeMessage.Load(new MemoryStream(clean));
        var multipart = Assert.IsType<MultipartReport>(message.Body);
        Assert.Equal(("delivery-status", 2), (multipart.ReportType, multipart.Count));
        Assert.Equal("m1@unit.example", message.InReplyTo);
        var status = Assert.IsType<MessageDeliveryStatus>(multipart[1]);
        Assert.Equal("QQ314159", status.StatusGroups[0]["Original-Envelope-Id"]);
        Assert.Equal("dns; gate.example", status.StatusGroups[0]["Reporting-MTA"]);
        Assert.Equal(["Original-Recipient", "Final-Recipient", "Action", "Status"], status.StatusGroups[1].Select(f => f.Field));
        Assert.Equal("failed", status.StatusGroups[1]["Action"]);
        Assert.Equal("5.1.1", status.StatusGroups[1]["Status"]);
        // What was made clean is clean.
        Assert.True(Read(text).IsWellFormed);
        Assert.Equal(text, Encoding.UTF8.GetString(ReportSanitiser.Write(Read(text), Rewriting)));
    }

    [Fact]
    [Trait("Feature", "L-02")]
    public void Takes_away_the_client_and_its_errors_from_a_disposition()
    {
        var report = Read(Disposition);
        Assert.True(report.IsWellFormed, report.Fault);
        Assert.Equal(new ReceivedDisposition("dana@base.example", null, "<m1@unit.example>", DispositionType.Displayed, false, false), report.Disposition);
        var clean = ReportSanitiser.Write(report, Rewriting);
        var text = Encoding.UTF8.GetString(clean);
        foreach (var secret in new[] { "pc-117", "Mailer", "disk" }) Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
        var multipart = Assert.IsType<MultipartReport>(MimeMessage.Load(new MemoryStream(clean)).Body);
        var fields = Assert.IsType<MessageDispositionNotification>(multipart[1]).Fields;
        Assert.Equal("manual-action/MDN-sent-manually; displayed", fields["Disposition"]);
        Assert.Equal("<m1@unit.example>", fields["Original-Message-ID"]);
        Assert.Equal("gate.example; MilSwitch", fields["Reporting-UA"]);
    }

    [Theory]
    [InlineData("automatic-action/MDN-sent-automatically; processed/error", DispositionType.Failed)]
    [InlineData("automatic-action/MDN-sent-automatically; deleted", DispositionType.Deleted)]
    [InlineData("manual-action / MDN-sent-manually ; denied", DispositionType.Denied)]
    [InlineData("manual-action/MDN-sent-manually; dispatched/x-other", DispositionType.Dispatched)]
    public void Reads_dispositions(string value, DispositionType expected) =>
        Assert.Equal(expected, Read(Disposition.Replace("manual-action/MDN-sent-manually; displayed", value, StringComparison.Ordinal)).Disposition!.Disposition);

    [Theory]
    [InlineData("Status: 5.1.1", "Status: 2.1.1")]
    [InlineData("Status: 5.1.1", "Status: 9")]
    [InlineData("Action: failed", "Action: lost")]
    [InlineData("Action: failed\r\n", "")]
    [InlineData("Action: failed\r\n", "Action: failed\r\nAction: delivered\r\n")]
    [InlineData("Final-Recipient: rfc822;", "Final-Recipient: x400;")]
    [InlineData("Final-Recipient: rfc822;dana.forwarded@inner.example", "Final-Recipient: rfc822;dana forwarded")]
    [InlineData("Original-Envelope-Id: TAG\r\n", "Original-Envelope-Id: TAG\r\nOriginal-Envelope-Id: TAG\r\n")]
    [InlineData("Reporting-MTA: dns; mx7.inner.example\r\n", "")]
    [InlineData("Remote-MTA:", "no field at all\r\nRemote-MTA:")]
    [InlineData("--b1--", "")]
    [InlineData("--b1\r\nContent-Type: message/delivery-status", "--b1x\r\nContent-Type: message/delivery-status")]
    [InlineData("report-type=delivery-status", "report-type=disposition-notification")]
    [InlineData("message/delivery-status\r\n", "message/delivery-status\r\nContent-Transfer-Encoding: x-other\r\n")]
    [InlineData("Diagnostic-Code: smtp; ", "Diagnostic-Code: smtp; \0")]
    [InlineData("MIME-Version: 1.0\r\n", "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n")]
    public void Refuses_what_could_be_read_in_two_ways(string what, string instead)
    {
        var changed = Delivery.Replace(what, instead, StringComparison.Ordinal);
        Assert.NotEqual(Delivery, changed);
        var report = Read(changed);
        Assert.NotEqual(ReportKind.None, report.Kind);
        Assert.False(report.IsWellFormed);
        Assert.Null(report.Delivery);
        Assert.Throws<ArgumentException>(() => ReportSanitiser.Write(report, Rewriting));
    }

    [Theory]
    [InlineData("Subject: x\r\n\r\nhello\r\n")]
    [InlineData("")]
    [InlineData("Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\nContent-Type: message/delivery-status\r\n\r\n\r\n--b1--\r\n")]
    [InlineData("Content-Type: multipart/report; report-type=feedback-report; boundary=b1\r\n\r\n--b1\r\n\r\nx\r\n--b1\r\nContent-Type: message/feedback-report\r\n\r\nx: y\r\n--b1--\r\n")]
    public void Leaves_other_mail_alone(string message) => Assert.Equal(ReportKind.None, Read(message).Kind);

    [Fact]
    public void Makes_anew_only_what_concerns_those_it_was_sent_to()
    {
        var report = Read(Delivery.Replace("Final-Log-ID: 77\r\n", "\r\nFinal-Recipient: rfc822;stranger@inner.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n", StringComparison.Ordinal)).Delivery!;
        var sent = new Envelope
        {
            ReversePath = new ReversePath(Mailbox.Parse("ops@unit.example")), ArrivedAt = Rewriting.Now, Origin = new Origin { Listener = "inside" }, EnvelopeId = "QQ314159",
            Recipients = [new Recipient(Mailbox.Parse("second@base.example")), new Recipient(Mailbox.Parse("dana@base.example"))],
        };
        var matched = ReportMatch.Of(report, sent);
        Assert.Equal(new MatchedRecipient(1, ReportAction.Failed, new EnhancedStatusCode(5, 1, 1)), Assert.Single(matched));
        var due = Assert.Single(ReportMatch.Due(matched, sent));
        var outcome = Assert.Single(due.Recipients);
        Assert.Equal((1, "550 5.1.1 not delivered, as the recipient's domain reports", (string?)null), (outcome.Index, outcome.Reply.ToString(), outcome.RemoteMta));
        // What the originator did not want to hear, it does not.
        Assert.Empty(ReportMatch.Due(matched, sent with { Recipients = [.. sent.Recipients.Select(r => r with { Notify = NotifyOptions.Success })] }));
        Assert.Empty(ReportMatch.Due(matched, sent with { ReversePath = ReversePath.Null }));
    }

    [Fact]
    public void Knows_a_single_recipient_by_any_address()
    {
        var sent = new Envelope { ReversePath = ReversePath.Null, ArrivedAt = Rewriting.Now, Origin = new Origin { Listener = "inside" }, Recipients = [new Recipient(Mailbox.Parse("role@base.example"))] };
        Assert.Equal(0, Assert.Single(ReportMatch.Of(Read(Delivery).Delivery!, sent)).Index);
        Assert.Equal(0, ReportMatch.Of(Read(Disposition).Disposition!, sent));
        var anew = Encoding.UTF8.GetString(ReportSanitiser.Write(ReportMatch.Anew(Read(Disposition).Disposition!, sent)!, Rewriting));
        Assert.Contains("\r\nFinal-Recipient: rfc822;role@base.example\r\n", anew, StringComparison.Ordinal);
        Assert.DoesNotContain("dana", anew, StringComparison.Ordinal);
        Assert.Null(ReportMatch.Of(Read(Disposition).Disposition!, sent with { Recipients = [sent.Recipients[0], sent.Recipients[0]] }));
    }

    [Theory]
    [InlineData("application/pkcs7-mime; smime-type=enveloped-data", true)]
    [InlineData("Application/X-PKCS7-MIME; name=smime.p7m;\r\n smime-type=authEnveloped-data", true)]
    [InlineData("application/pkcs7-mime; name=smime.p7m", true)]
    [InlineData("multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x", true)]
    [InlineData("application/pkcs7-mime; smime-type=signed-data", false)]
    [InlineData("multipart/signed; protocol=\"application/pkcs7-signature\"", false)]
    [InlineData("text/plain", false)]
    public void Tells_what_is_encrypted(string type, bool expected) =>
        Assert.Equal(expected, EncryptedContent.IsIn(Encoding.ASCII.GetBytes($"Subject: x\r\nContent-Type: {type}\r\n\r\nabc")));

    [Property(MaxTest = 500, Arbitrary = [typeof(Generators)])]
    public bool Never_throws(byte[] octets, MailLike mail, HostileText text)
    {
        BoundaryReportReader.Read(octets);
        BoundaryReportReader.Read(Encoding.UTF8.GetBytes(mail.Value));
        foreach (var place in new[] { "failed", "5.1.1", "dana.forwarded", "TAG", "b1", "text/plain" })
        {
            var report = Read(Delivery.Replace(place, text.Value, StringComparison.Ordinal));
            if (report.IsWellFormed && !Read(Encoding.UTF8.GetString(ReportSanitiser.Write(report, Rewriting with { EnvelopeId = text.Value[..Math.Min(text.Value.Length, 100)], Host = text.Value }))).IsWellFormed) return false;
        }

        return true;
    }

    [Fact]
    [Trait("Threat", "M1")]
    public void Is_bounded()
    {
        Assert.False(Read(Delivery.Replace(Status, Status + string.Concat(Enumerable.Repeat("\r\nFinal-Recipient: rfc822;a@b.example\r\nAction: failed\r\nStatus: 5.0.0\r\n", 1_001)), StringComparison.Ordinal)).IsWellFormed);
        Assert.True(Read(Delivery.Replace(Status, Status + string.Concat(Enumerable.Repeat("\r\n", 400_000)), StringComparison.Ordinal)).IsWellFormed);
        Assert.False(Read(Delivery.Replace(Status, Status + new string('x', 2 << 20), StringComparison.Ordinal)).IsWellFormed);
    }

    private static BoundaryReport Read(string message) => BoundaryReportReader.Read(Encoding.UTF8.GetBytes(message));
}
