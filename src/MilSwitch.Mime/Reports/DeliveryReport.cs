using System.Globalization;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Mime;

/// <summary>
/// Writes delivery status notifications: multipart/report (RFC 6522) with a text, the fields of RFC 3464 or RFC 6533, and
/// the original or its header. Pure; every value that others chose is made harmless before it is written.
/// </summary>
public static class DeliveryReport
{
    private const int RecipientsInText = ReportFrame.RecipientsInText;

    /// <summary>
    /// The report with CRLF line ends. It goes out with a null reverse path and NOTIFY=NEVER (RFC 3461 §6.1), at the
    /// precedence of the original (RFC 6710 §4.6), with SMTPUTF8 when <see cref="ReportRequest.To"/> needs it, and with the
    /// body type that <see cref="BodyOf"/> tells.
    /// </summary>
    public static byte[] Write(ReportRequest request)
    {
        var utf8Way = request.To.NeedsUtf8;
        var text = TextPart(request, utf8Way);
        var status = StatusPart(request, utf8Way);
        var returned = ReturnedContent.Of(request);
        var boundary = ReportFrame.ChooseBoundary(request.Id, text.Octets, status.Octets, returned?.Octets ?? default);

        var report = new PartWriter(utf8Way);
        WriteHeader(report, request, boundary, eightBit: IsEightBit(text) || IsEightBit(status) || (returned is { } r && IsEightBit(r)));
        report.Line("This is a report about mail in MIME format.");
        ReportFrame.WritePart(report, boundary, text);
        ReportFrame.WritePart(report, boundary, status);
        if (returned is { } third) ReportFrame.WritePart(report, boundary, third);
        report.Line();
        report.Line($"--{boundary}--");
        return report.Written.ToArray();
    }

    /// <summary>What to say in BODY when the report is sent.</summary>
    public static BodyType BodyOf(ReadOnlySpan<byte> report) => Ascii.IsValid(report) ? BodyType.SevenBit : BodyType.EightBitMime;

    private static bool IsEightBit(ReturnedContent part) => part.Encoding == "8bit";

    private static void WriteHeader(PartWriter report, ReportRequest request, string boundary, bool eightBit)
    {
        var host = ReportFrame.HostOf(request.ReportingMta);
        report.Field("From", $"Mail Delivery System <{ReportFrame.From(request.From, host)}>");
        report.Field("To", $"<{request.To.Text}>");
        report.Field("Subject", Subject(request.Action));
        report.Field("Date", MailDate.Format(request.Now));
        report.Field("Message-ID", $"<{request.Id}@{host}>");
        if (OriginalMessageId(request.OriginalHead) is { } original)
        {
            report.Field("In-Reply-To", original);
            report.Field("References", original);
        }

        // RFC 8689 §6: what the originator wanted of TLS counts for what is made of the message.
        if (request.Original.TlsOptional) report.Field("TLS-Required", "No");
        // RFC 3834 §5.
        report.Field("Auto-Submitted", "auto-replied");
        report.Field("MIME-Version", "1.0");
        report.Line("Content-Type: multipart/report; report-type=delivery-status;");
        report.Line($" boundary=\"{boundary}\"");
        if (eightBit) report.Field("Content-Transfer-Encoding", "8bit");
        report.Line();
    }

    private static ReturnedContent TextPart(ReportRequest request, bool utf8Way)
    {
        var text = new PartWriter(utf8: true);
        text.Text($"This is an automatic report of the mail switch {ReportFrame.HostOf(request.ReportingMta)}.");
        text.Line();
        text.Text(Explanation(request.Action));
        text.Line();
        foreach (var recipient in request.Recipients.AsSpan()[..Math.Min(request.Recipients.Length, RecipientsInText)])
        {
            text.Text($"<{recipient.Recipient.Address.Text}>", "  ");
            if (recipient.Reply is { } reply)
            {
                // A host beyond 255 octets is no host; a reply is cut at 512 characters where it is read.
                text.Text(recipient.RemoteMta is { } mta && !string.IsNullOrWhiteSpace(mta) ? $"{mta} answered: {reply}" : Reason(reply), "    ");
            }

            if (request.Action == ReportAction.Delayed && recipient.WillRetryUntil is { } until)
                text.Text($"It will be tried until {MailDate.Format(until)}.", "    ");
        }

        var more = request.Recipients.Length - RecipientsInText;
        if (more > 0) text.Text(string.Create(CultureInfo.InvariantCulture, $"and {more} more, listed in the second part of this report."), "  ");
        text.Line();
        text.Text($"The message arrived here {MailDate.Format(request.Original.ArrivedAt)}.");
        return ReportFrame.Part("text/plain; charset=utf-8", text, utf8Way);
    }

    private static ReturnedContent StatusPart(ReportRequest request, bool utf8Way)
    {
        // RFC 6533 §4.4: the traditional type where it can say everything.
        var global = utf8Way || NeedsUtf8(request);
        var fields = new PartWriter(global);
        if (request.Original.EnvelopeId is { } envelopeId) fields.Field("Original-Envelope-Id", envelopeId);
        fields.Field("Reporting-MTA", ReportFrame.TypedHost(request.ReportingMta));
        fields.Field("Arrival-Date", MailDate.Format(request.Original.ArrivedAt));
        if (request.Original.DeliverBy is { } deliverBy) fields.Field("Deliver-By-Date", MailDate.Format(deliverBy.Deadline));
        if (request.Original.HoldUntil is { } hold)
            fields.Field("Future-Release-Request", hold.UtcDateTime.ToString("'until;'yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        new OriginalFacts(request.OriginalDigest, request.Precedence, request.ContentIdentifier).Write(fields);
        foreach (var recipient in request.Recipients) WriteRecipient(fields, request, recipient, global);
        return ReportFrame.Part(global ? "message/global-delivery-status" : "message/delivery-status", fields, utf8Way);
    }

    private static void WriteRecipient(PartWriter fields, ReportRequest request, ReportedRecipient recipient, bool global)
    {
        fields.Line();
        if (recipient.Recipient.OriginalRecipient is { } original)
            fields.Field("Original-Recipient", $"{AddressType(original.AddressType)};{Utf8Address.Decode(original, global)}");
        var address = recipient.Recipient.Address;
        fields.Field("Final-Recipient", $"{(address.NeedsUtf8 ? "utf-8" : "rfc822")};{address.Text}");
        fields.Field("Action", Keyword(request.Action));
        fields.Field("Status", Fitting(recipient.Status, request.Action).ToString());
        if (recipient.RemoteMta is { } mta && !string.IsNullOrWhiteSpace(mta)) fields.Field("Remote-MTA", $"dns; {mta}");
        // An answer of our own that is no SMTP reply has a type of our own (RFC 3464 §2.1.2).
        if (recipient.Reply is { } reply) fields.Field("Diagnostic-Code", reply.Code is 0 ? $"x-milswitch; {reply.Text}" : $"smtp; {reply}");
        if (recipient.LastAttempt is { } attempt) fields.Field("Last-Attempt-Date", MailDate.Format(attempt));
        fields.Field("Final-Log-ID", request.FinalLogId);
        // RFC 3464 §2.3.9: not in other reports.
        if (request.Action == ReportAction.Delayed && recipient.WillRetryUntil is { } until) fields.Field("Will-Retry-Until", MailDate.Format(until));
    }

    private static bool NeedsUtf8(ReportRequest request)
    {
        foreach (var recipient in request.Recipients)
        {
            if (recipient.Recipient.Address.NeedsUtf8) return true;
            if (recipient.Recipient.OriginalRecipient is { } original && !Ascii.IsValid(original.Address)) return true;
        }

        return false;
    }

    private static string? OriginalMessageId(ReadOnlyMemory<byte> head)
    {
        var header = HeaderBlock.Scan(head, maximumOctets: 64 << 10, maximumFields: 2000);
        return header.TryGetSingle("Message-ID"u8, out var id) ? ReportFrame.MessageIdOf(id) : null;
    }

    private static string AddressType(string type)
    {
        foreach (var c in type)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-') return "unknown";
        }

        return type.Length is 0 or > 64 ? "unknown" : type;
    }

    private static string Reason(Reply reply) => reply.Code is 0 ? $"The reason: {reply.Text}" : $"The reason: {reply}";

    // RFC 3464 §2.3.4: 2 for success, 4 for what lasts, 5 for failure.
    private static EnhancedStatusCode Fitting(EnhancedStatusCode status, ReportAction action) => action switch
    {
        ReportAction.Failed => status.Class is 4 or 5 ? status : status.InClass(5),
        ReportAction.Delayed => status.InClass(4),
        _ => status.InClass(2),
    };

    internal static string Keyword(ReportAction action) => action switch
    {
        ReportAction.Failed => "failed",
        ReportAction.Delayed => "delayed",
        ReportAction.Delivered => "delivered",
        ReportAction.Relayed => "relayed",
        ReportAction.Expanded => "expanded",
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };

    private static string Subject(ReportAction action) => action switch
    {
        ReportAction.Failed => "Delivery report: message not delivered",
        ReportAction.Delayed => "Delivery report: message delayed",
        ReportAction.Delivered => "Delivery report: message delivered",
        ReportAction.Relayed => "Delivery report: message relayed",
        ReportAction.Expanded => "Delivery report: message sent on to a list",
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };

    private static string Explanation(ReportAction action) => action switch
    {
        ReportAction.Failed => "Your message was not delivered to these recipients. It will not be tried again.",
        ReportAction.Delayed => "Your message has not been delivered to these recipients yet. You need not send it again.",
        ReportAction.Delivered => "Your message was delivered to these recipients.",
        // RFC 3461 §5.2.2: nothing is known beyond the relay.
        ReportAction.Relayed => "Your message was handed on for these recipients to a system that may not report its delivery.",
        ReportAction.Expanded => "Your message was delivered to these recipients and sent on from there to others.",
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };
}
