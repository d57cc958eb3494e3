using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Mime;

/// <summary>
/// Reads the delivery reports of other systems (RFC 3464, RFC 6533), and Exim's, which name the failed recipients in a
/// header field. Bounded in time and memory, without recursion; never throws for any octets.
/// </summary>
public static class DeliveryReportReader
{
    public const int MaximumRecipients = 10_000;

    private const int LongestReport = 1 << 20;
    private const int LongestHeader = 256 << 10;
    private const int MostFields = 1000;
    private const int LongestValue = 1024;
    private const int MostParts = 20;

    /// <param name="message">The report as received, with CRLF line ends.</param>
    /// <param name="report">What it says, when the result is true.</param>
    /// <returns>False when it names no recipient in a form that can be read.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> message, [NotNullWhen(true)] out ReceivedReport? report)
    {
        if (message.Length > LongestReport) message = message[..LongestReport];
        var header = HeaderBlock.Scan(message, LongestHeader, MostFields);
        report = new ReceivedReport { Recipients = [] };
        if (header.TryGetSingle("Content-Type"u8, out var type) && ContentTypeField.Read(System.Text.Encoding.UTF8.GetBytes(type)).Boundary is { } boundary)
            report = ReadParts(message[header.Length..], boundary);
        if (report.Recipients.IsEmpty && header.TryGetSingle("X-Failed-Recipients"u8, out var failed)) report = report with { Recipients = Failed(failed) };
        if (!report.Recipients.IsEmpty) return true;
        report = null;
        return false;
    }

    private static ReceivedReport ReadParts(ReadOnlyMemory<byte> body, byte[] boundary)
    {
        var report = new ReceivedReport { Recipients = [] };
        var position = 0;
        if (!TryFindBoundary(body.Span, boundary, ref position, out _)) return report;
        for (var number = 0; number < MostParts; number++)
        {
            var start = position;
            var another = TryFindBoundary(body.Span, boundary, ref position, out var end);
            report = ReadPart(body[start..end], report);
            if (!another) break;
        }

        return report;
    }

    // Moves behind the next line "--boundary"; end is where that line begins, or the end of everything.
    private static bool TryFindBoundary(ReadOnlySpan<byte> body, byte[] boundary, ref int position, out int end)
    {
        while (position < body.Length)
        {
            end = position;
            var line = body[position..];
            var lineEnd = line.IndexOf((byte)'\n');
            position += lineEnd < 0 ? line.Length : lineEnd + 1;
            if (line.StartsWith("--"u8) && line[2..].StartsWith(boundary)) return !line[(2 + boundary.Length)..].StartsWith("--"u8);
        }

        end = body.Length;
        return false;
    }

    private static ReceivedReport ReadPart(ReadOnlyMemory<byte> part, ReceivedReport report)
    {
        var header = HeaderBlock.Scan(part, LongestHeader, MostFields);
        header.TryGetSingle("Content-Type"u8, out var type);
        header.TryGetSingle("Content-Transfer-Encoding"u8, out var encoding);
        var isStatus = Is(type, "message/delivery-status") || Is(type, "message/global-delivery-status");
        var isReturned = Is(type, "message/rfc822") || Is(type, "text/rfc822-headers") || Is(type, "message/global") || Is(type, "message/global-headers");
        if (!isStatus && !isReturned) return report;
        var body = TransferEncoding.Decode(part[header.Length..], encoding);
        if (isStatus) return report.Recipients.IsEmpty ? ReadStatus(body, report) : report;
        var returned = HeaderBlock.Scan(body, LongestHeader, MostFields);
        return returned.TryGetSingle("Message-ID"u8, out var id) && id.Length is > 0 and <= LongestValue
            ? report with { OriginalMessageId = PartWriter.Clean(id, utf8: true) }
            : report;
    }

    // RFC 3464 §2.1: groups of fields, an empty line before each but the first, which is about the message.
    private static ReceivedReport ReadStatus(ReadOnlyMemory<byte> fields, ReceivedReport report)
    {
        var recipients = ImmutableArray.CreateBuilder<ReceivedRecipientReport>();
        while (!fields.IsEmpty && recipients.Count < MaximumRecipients)
        {
            var group = HeaderBlock.Scan(fields, LongestHeader, MostFields);
            if (Value(group, "Final-Recipient"u8) is { } final) recipients.Add(ReadRecipient(group, final));
            else if (Value(group, "Original-Recipient"u8) is { } original) recipients.Add(ReadRecipient(group, original));
            else
            {
                report = report with
                {
                    ReportingMta = report.ReportingMta ?? Typed(Value(group, "Reporting-MTA"u8)),
                    OriginalEnvelopeId = report.OriginalEnvelopeId ?? Value(group, "Original-Envelope-Id"u8),
                };
            }

            fields = fields[group.Length..];
            // A line that is no field ended the group: it is stepped over.
            if (group.Count is 0 && group.Length is 0) fields = AfterLine(fields);
        }

        return report with { Recipients = recipients.ToImmutable() };
    }

    private static ReceivedRecipientReport ReadRecipient(HeaderBlock group, string final) => new(
        Typed(final) ?? "",
        Typed(Value(group, "Original-Recipient"u8)),
        ActionOf(FirstWord(Value(group, "Action"u8))),
        EnhancedStatusCode.TryParse(FirstWord(Value(group, "Status"u8)), out var status) ? status : null,
        Typed(Value(group, "Remote-MTA"u8)),
        Typed(Value(group, "Diagnostic-Code"u8)));

    private static ImmutableArray<ReceivedRecipientReport> Failed(string addresses)
    {
        var recipients = ImmutableArray.CreateBuilder<ReceivedRecipientReport>();
        foreach (var range in addresses.AsSpan().Split(','))
        {
            var address = addresses.AsSpan()[range].Trim();
            if (address.Length is 0 or > LongestValue || recipients.Count == MaximumRecipients) continue;
            recipients.Add(new ReceivedRecipientReport(PartWriter.Clean(address.ToString(), utf8: true), null, ReportAction.Failed, null, null, null));
        }

        return recipients.ToImmutable();
    }

    private static ReadOnlyMemory<byte> AfterLine(ReadOnlyMemory<byte> text)
    {
        var end = text.Span.IndexOf((byte)'\n');
        return end < 0 ? default : text[(end + 1)..];
    }

    private static string? Value(HeaderBlock group, ReadOnlySpan<byte> name)
    {
        if (!group.TryGetSingle(name, out var value) || value.Length is 0) return null;
        return PartWriter.Clean(value.Length > LongestValue ? value[..LongestValue] : value, utf8: true);
    }

    // What follows "type;", without angle brackets.
    private static string? Typed(string? value)
    {
        if (value is null) return null;
        var text = value.AsSpan()[(value.IndexOf(';', StringComparison.Ordinal) + 1)..].Trim();
        if (text.Length > 1 && text[0] == '<' && text[^1] == '>') text = text[1..^1];
        return text.ToString();
    }

    private static string FirstWord(string? value)
    {
        if (value is null) return "";
        var text = value.AsSpan().Trim();
        var end = text.IndexOfAny(' ', '(');
        return (end < 0 ? text : text[..end]).ToString();
    }

    private static ReportAction? ActionOf(string word) => word.ToLowerInvariant() switch
    {
        "failed" => ReportAction.Failed,
        "delayed" => ReportAction.Delayed,
        "delivered" => ReportAction.Delivered,
        "relayed" => ReportAction.Relayed,
        "expanded" => ReportAction.Expanded,
        _ => null,
    };

    private static bool Is(string type, string expected) =>
        type.StartsWith(expected, StringComparison.OrdinalIgnoreCase)
        && (type.Length == expected.Length || type[expected.Length] is ';' or ' ' or '(' or '\t');
}
