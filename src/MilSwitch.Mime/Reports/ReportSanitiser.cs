using System.Globalization;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Mime;

/// <summary>
/// Writes a report anew for the other side of a boundary with nothing of the old one but who it is about, what happened and the
/// status: no host but this switch, no text of others, no content that came back (RFC 3464 §4.2). Pure.
/// </summary>
public static class ReportSanitiser
{
    /// <summary>The report with CRLF line ends, for a null reverse path and NOTIFY=NEVER.</summary>
    /// <param name="report">Well formed.</param>
    /// <param name="rewriting">What it says of itself.</param>
    /// <exception cref="ArgumentException">It is malformed, which does not cross.</exception>
    public static byte[] Write(BoundaryReport report, ReportRewriting rewriting) => report switch
    {
        { IsWellFormed: true, Delivery: { } delivery } => Delivery(delivery, rewriting),
        { IsWellFormed: true, Disposition: { } disposition } => Disposition(disposition, rewriting),
        _ => throw new ArgumentException("a malformed report does not cross", nameof(report)),
    };

    private static byte[] Delivery(ReceivedReport report, ReportRewriting rewriting)
    {
        var utf8Way = rewriting.To.NeedsUtf8;
        var global = utf8Way || report.Recipients.Any(r => !Ascii.IsValid(r.FinalRecipient) || !Ascii.IsValid(r.OriginalRecipient ?? ""));
        var text = new PartWriter(utf8: true);
        text.Text($"This is an automatic report that was handed on by the mail switch {ReportFrame.HostOf(rewriting.Host)}.");
        text.Line();
        foreach (var recipient in report.Recipients.AsSpan()[..Math.Min(report.Recipients.Length, ReportFrame.RecipientsInText)])
            text.Text($"<{recipient.FinalRecipient}>: {DeliveryReport.Keyword(recipient.Action!.Value)}", "  ");
        var more = report.Recipients.Length - ReportFrame.RecipientsInText;
        if (more > 0) text.Text(string.Create(CultureInfo.InvariantCulture, $"and {more} more, listed in the second part of this report."), "  ");

        var fields = new PartWriter(global);
        if (rewriting.EnvelopeId is { } id) fields.Field("Original-Envelope-Id", id);
        fields.Field("Reporting-MTA", ReportFrame.TypedHost(rewriting.Host));
        rewriting.Facts?.Write(fields);
        foreach (var recipient in report.Recipients)
        {
            fields.Line();
            if (recipient.OriginalRecipient is { } original) fields.Field("Original-Recipient", Typed(original));
            fields.Field("Final-Recipient", Typed(recipient.FinalRecipient));
            fields.Field("Action", DeliveryReport.Keyword(recipient.Action!.Value));
            fields.Field("Status", recipient.Status!.Value.ToString());
        }

        var type = global ? "message/global-delivery-status" : "message/delivery-status";
        return ReportFrame.Write(rewriting, "delivery-status", "Delivery report", [ReportFrame.Part("text/plain; charset=utf-8", text, utf8Way), ReportFrame.Part(type, fields, utf8Way)]);
    }

    private static byte[] Disposition(ReceivedDisposition report, ReportRewriting rewriting)
    {
        var utf8Way = rewriting.To.NeedsUtf8;
        var global = utf8Way || !Ascii.IsValid(report.FinalRecipient) || !Ascii.IsValid(report.OriginalRecipient ?? "");
        var text = new PartWriter(utf8: true);
        text.Text($"This is an automatic report that was handed on by the mail switch {ReportFrame.HostOf(rewriting.Host)}.");
        text.Line();
        text.Text($"<{report.FinalRecipient}>: {report.Disposition.ToString().ToLowerInvariant()}", "  ");
        text.Line();
        text.Text("It does not prove that anybody read or understood the message.");

        var fields = new PartWriter(global);
        fields.Field("Reporting-UA", $"{ReportFrame.HostOf(rewriting.Host)}; MilSwitch");
        if (report.OriginalRecipient is { } original) fields.Field("Original-Recipient", Typed(original));
        fields.Field("Final-Recipient", Typed(report.FinalRecipient));
        if (ReportFrame.MessageIdOf(rewriting.OriginalMessageId) is { } id) fields.Field("Original-Message-ID", id);
        fields.Field("Disposition", DispositionField.Write(report));
        var type = global ? "message/global-disposition-notification" : "message/disposition-notification";
        return ReportFrame.Write(rewriting, "disposition-notification", "Disposition notification", [ReportFrame.Part("text/plain; charset=utf-8", text, utf8Way), ReportFrame.Part(type, fields, utf8Way)]);
    }

    private static string Typed(string address) => $"{(Ascii.IsValid(address) ? "rfc822" : "utf-8")};{address}";
}
