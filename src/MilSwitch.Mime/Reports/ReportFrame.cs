using System.Globalization;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Mime;

/// <summary>The multipart/report around what a report says (RFC 6522 §3).</summary>
internal static class ReportFrame
{
    /// <summary>More are named in the second part only.</summary>
    public const int RecipientsInText = 100;

    private const int LongestMessageId = 500;

    public static byte[] Write(ReportRewriting rewriting, string reportType, string subject, ReadOnlySpan<ReturnedContent> parts)
    {
        var octets = new ReadOnlyMemory<byte>[parts.Length];
        var eightBit = false;
        for (var i = 0; i < parts.Length; i++) (octets[i], eightBit) = (parts[i].Octets, eightBit || parts[i].Encoding is "8bit");
        var boundary = ChooseBoundary(rewriting.Id, octets);
        var host = HostOf(rewriting.Host);
        var report = new PartWriter(rewriting.To.NeedsUtf8);
        report.Field("From", $"Mail Delivery System <{From(rewriting.From, host)}>");
        report.Field("To", $"<{rewriting.To.Text}>");
        report.Field("Subject", subject);
        report.Field("Date", MailDate.Format(rewriting.Now));
        report.Field("Message-ID", $"<{rewriting.Id}@{host}>");
        if (MessageIdOf(rewriting.OriginalMessageId) is { } original)
        {
            report.Field("In-Reply-To", original);
            report.Field("References", original);
        }

        // RFC 3834 §5.
        report.Field("Auto-Submitted", "auto-replied");
        report.Field("MIME-Version", "1.0");
        report.Line($"Content-Type: multipart/report; report-type={reportType};");
        report.Line($" boundary=\"{boundary}\"");
        if (eightBit) report.Field("Content-Transfer-Encoding", "8bit");
        report.Line();
        report.Line("This is a report about mail in MIME format.");
        foreach (var part in parts) WritePart(report, boundary, part);
        report.Line();
        report.Line($"--{boundary}--");
        return report.Written.ToArray();
    }

    public static void WritePart(PartWriter report, string boundary, ReturnedContent part)
    {
        report.Line();
        report.Line($"--{boundary}");
        report.Field("Content-Type", part.Type);
        report.Field("Content-Transfer-Encoding", part.Encoding);
        report.Line();
        report.Raw(part.Octets.Span);
        if (!part.Octets.Span.EndsWith("\r\n"u8)) report.Line();
    }

    public static ReturnedContent Part(string type, PartWriter part, bool utf8Way)
    {
        if (part.IsAscii) return new ReturnedContent(type, "7bit", part.Written);
        return utf8Way
            ? new ReturnedContent(type, "8bit", part.Written)
            : new ReturnedContent(type, "quoted-printable", TransferEncoding.QuotedPrintable(part.Written.Span));
    }

    // RFC 2046 §5.1.1: it must not occur in what it encloses, and the original is anybody's. No encoding makes "=_".
    public static string ChooseBoundary(MessageId id, params ReadOnlySpan<ReadOnlyMemory<byte>> parts)
    {
        for (var number = 0; ; number++)
        {
            var boundary = string.Create(CultureInfo.InvariantCulture, $"=_{id}_{number}");
            var octets = Encoding.ASCII.GetBytes(boundary);
            var free = true;
            foreach (var part in parts) free &= part.Span.IndexOf(octets) < 0;
            if (free) return boundary;
        }
    }

    public static string From(string from, string host) =>
        Mailbox.TryParse(from, allowUtf8: false, out var address, out _) ? address.Text : $"MAILER-DAEMON@{host}";

    // RFC 3461 §6.3 (b): "dns" only for a fully qualified name.
    public static string TypedHost(string name) => HostOf(name) is var host && host.Contains('.', StringComparison.Ordinal) ? $"dns; {host}" : $"x-local-hostname; {host}";

    public static string HostOf(string name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_')) return "localhost";
        }

        return name.Length is 0 or > Mailbox.MaximumDomainOctets ? "localhost" : name;
    }

    /// <summary>The id, if it can stand in a field; else null.</summary>
    public static string? MessageIdOf(string? id) =>
        id is { Length: >= 3 and <= LongestMessageId } && id[0] == '<' && id[^1] == '>' && !id.AsSpan().ContainsAnyExceptInRange('!', '~') ? id : null;
}
