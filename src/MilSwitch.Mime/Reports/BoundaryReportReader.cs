using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Mime;

/// <summary>
/// Reads reports that are to cross a boundary: what <see cref="DeliveryReportReader"/> forgives is refused here, since somebody
/// else might read it in another way. Bounded in time and memory, without recursion; never throws for any octets.
/// </summary>
public static class BoundaryReportReader
{
    /// <summary>Octets.</summary>
    public const int LongestReport = 1 << 20;

    public const int MostRecipients = 1_000;

    private const int LongestHeader = 64 << 10;
    private const int MostFields = 500;
    private const int LongestValue = 1024;

    private static readonly ImmutableArray<string> MessageFields = ["Original-Envelope-Id", "Reporting-MTA", "Final-Recipient", "Action"];
    private static readonly ImmutableArray<string> RecipientFields = ["Original-Recipient", "Final-Recipient", "Action", "Status", "Reporting-MTA"];
    private static readonly ImmutableArray<string> DispositionFields = ["Original-Recipient", "Final-Recipient", "Original-Message-ID", "Disposition"];

    /// <param name="message">All of it, with CRLF line ends, without any protection.</param>
    public static BoundaryReport Read(ReadOnlyMemory<byte> message)
    {
        var header = HeaderBlock.Scan(message, LongestHeader, MostFields);
        if (header.CountOf("Content-Type"u8) > 1) return Unclear(header);
        if (!header.TryGetSingle("Content-Type"u8, out var type) || !Is(type, "multipart/report")) return new(ReportKind.None, "");
        var claimed = KindOf(type);
        if (header.Fault is not HeaderFault.None) return new(Some(claimed), "header");
        if (message.Length > LongestReport) return new(Some(claimed), "size");
        var content = ContentTypeField.Read(Encoding.UTF8.GetBytes(type));
        if (content.Boundary is not { } boundary || !ReportParts.TrySplit(message[header.Length..], boundary, out var parts)) return new(Some(claimed), "parts");
        var second = HeaderBlock.Scan(parts[1], LongestHeader, MostFields);
        second.TryGetSingle("Content-Type"u8, out var inner);
        var kind = Is(inner, "message/delivery-status") || Is(inner, "message/global-delivery-status") ? ReportKind.Delivery
            : Is(inner, "message/disposition-notification") || Is(inner, "message/global-disposition-notification") ? ReportKind.Disposition : ReportKind.None;
        // Other kinds of reports (RFC 5965 and so on) are no business of a boundary's.
        if (kind is ReportKind.None && claimed is ReportKind.None) return new(ReportKind.None, "");
        if (kind is ReportKind.None || (claimed is not ReportKind.None && claimed != kind)) return new(Some(claimed), "type");
        if (second.Fault is not HeaderFault.None || second.CountOf("Content-Transfer-Encoding"u8) > 1) return new(kind, "header");
        second.TryGetSingle("Content-Transfer-Encoding"u8, out var encoding);
        if (encoding.Length > 0 && encoding.ToLowerInvariant() is not ("7bit" or "8bit" or "quoted-printable" or "base64")) return new(kind, "encoding");
        if (!TryReadGroups(TransferEncoding.Decode(parts[1][second.Length..], encoding), out var groups)) return new(kind, "fields");
        return kind is ReportKind.Delivery ? Delivery(groups) : Disposition(groups);
    }

    private static BoundaryReport Delivery(List<HeaderBlock> groups)
    {
        const ReportKind Kind = ReportKind.Delivery;
        if (groups.Count < 2 || HasRepeated(groups[0], MessageFields)) return new(Kind, "fields");
        if (Value(groups[0], "Reporting-MTA") is not { } reporting || Value(groups[0], "Final-Recipient") is not null) return new(Kind, "fields");
        var recipients = ImmutableArray.CreateBuilder<ReceivedRecipientReport>(groups.Count - 1);
        foreach (var group in groups[1..])
        {
            if (HasRepeated(group, RecipientFields) || Value(group, "Reporting-MTA") is not null) return new(Kind, "fields");
            if (Address(Value(group, "Final-Recipient")) is not { } final || ActionOf(Value(group, "Action")) is not { } action) return new(Kind, "recipient");
            if (!EnhancedStatusCode.TryParse(Word(Value(group, "Status")), out var status) || !Fits(status, action)) return new(Kind, "status");
            var original = Value(group, "Original-Recipient");
            if (original is not null && Address(original) is null) return new(Kind, "recipient");
            recipients.Add(new ReceivedRecipientReport(final, Address(original), action, status, null, null));
        }

        return new(Kind, "") { Delivery = new ReceivedReport { ReportingMta = reporting, OriginalEnvelopeId = Value(groups[0], "Original-Envelope-Id"), Recipients = recipients.MoveToImmutable() } };
    }

    private static BoundaryReport Disposition(List<HeaderBlock> groups)
    {
        const ReportKind Kind = ReportKind.Disposition;
        if (groups.Count is not 1 || HasRepeated(groups[0], DispositionFields)) return new(Kind, "fields");
        if (Address(Value(groups[0], "Final-Recipient")) is not { } final) return new(Kind, "recipient");
        var original = Value(groups[0], "Original-Recipient");
        if (original is not null && Address(original) is null) return new(Kind, "recipient");
        if (!DispositionField.TryRead(Value(groups[0], "Disposition"), out var disposition, out var isAutomatic, out var isSentAutomatically)) return new(Kind, "disposition");
        return new(Kind, "") { Disposition = new(final, Address(original), Value(groups[0], "Original-Message-ID"), disposition, isAutomatic, isSentAutomatically) };
    }

    // RFC 3464 §2.1: groups of fields with empty lines between them, and nothing else.
    private static bool TryReadGroups(ReadOnlyMemory<byte> fields, out List<HeaderBlock> groups)
    {
        groups = [];
        while (true)
        {
            while (fields.Span.StartsWith("\r\n"u8)) fields = fields[2..];
            if (fields.IsEmpty) break;
            var group = HeaderBlock.Scan(fields, LongestHeader, MostFields);
            if (group.Fault is not HeaderFault.None || group.Count is 0) return false;
            // What ended it was a line that is no field.
            if (group.Length < fields.Length && !fields.Span[..group.Length].EndsWith("\r\n\r\n"u8)) return false;
            groups.Add(group);
            if (groups.Count > MostRecipients + 1) return false;
            for (var i = 0; i < group.Count; i++)
            {
                var text = HeaderBlock.Unfold(group.RawValue(i));
                if (text.Length > LongestValue || !IsPrintable(text)) return false;
            }

            fields = fields[group.Length..];
        }

        return groups.Count > 0;
    }

    private static bool IsPrintable(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || (Rune.IsControl(rune) && rune.Value is not '\t')) return false;
        }

        return true;
    }

    private static bool HasRepeated(HeaderBlock group, ImmutableArray<string> names)
    {
        foreach (var name in names)
        {
            if (group.CountOf(Encoding.ASCII.GetBytes(name)) > 1) return true;
        }

        return false;
    }

    private static string? Value(HeaderBlock group, string name) =>
        group.TryGetSingle(Encoding.ASCII.GetBytes(name), out var value) && value.Length > 0 ? PartWriter.Clean(value, utf8: true) : null;

    // Of a type that can be compared with what was sent.
    private static string? Address(string? value)
    {
        if (value is null) return null;
        var at = value.IndexOf(';', StringComparison.Ordinal);
        if (at < 0 || value[..at].Trim().ToLowerInvariant() is not ("rfc822" or "utf-8")) return null;
        var text = value[(at + 1)..].Trim();
        if (text.Length > 1 && text[0] is '<' && text[^1] is '>') text = text[1..^1];
        return Mailbox.TryParse(text, allowUtf8: true, out var mailbox, out _) ? mailbox.Text : null;
    }

    private static bool Fits(EnhancedStatusCode status, ReportAction action) => action switch
    {
        ReportAction.Failed => status.Class is 4 or 5,
        ReportAction.Delayed => status.Class is 4,
        _ => status.Class is 2,
    };

    private static ReportAction? ActionOf(string? value) => Word(value).ToLowerInvariant() switch
    {
        "failed" => ReportAction.Failed,
        "delayed" => ReportAction.Delayed,
        "delivered" => ReportAction.Delivered,
        "relayed" => ReportAction.Relayed,
        "expanded" => ReportAction.Expanded,
        _ => null,
    };

    private static string Word(string? value)
    {
        var text = (value ?? "").AsSpan().Trim();
        var end = text.IndexOfAny(' ', '(');
        return (end < 0 ? text : text[..end]).ToString();
    }

    private static BoundaryReport Unclear(HeaderBlock header)
    {
        foreach (var field in header)
        {
            if (Ascii.EqualsIgnoreCase(field.Name.Span, "Content-Type"u8) && Is(HeaderBlock.Unfold(field.RawValue.Span), "multipart/report")) return new(ReportKind.Delivery, "header");
        }

        return new(ReportKind.None, "");
    }

    private static ReportKind Some(ReportKind claimed) => claimed is ReportKind.None ? ReportKind.Delivery : claimed;

    private static ReportKind KindOf(string type) => type.Contains("delivery-status", StringComparison.OrdinalIgnoreCase) ? ReportKind.Delivery
        : type.Contains("disposition-notification", StringComparison.OrdinalIgnoreCase) ? ReportKind.Disposition : ReportKind.None;

    private static bool Is(string type, string expected) =>
        type.StartsWith(expected, StringComparison.OrdinalIgnoreCase) && (type.Length == expected.Length || type[expected.Length] is ';' or ' ' or '(' or '\t');
}
