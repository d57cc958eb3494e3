using System.Text;
using System.Text.Unicode;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Mime;

/// <summary>The third part of a report: the original, or its header, in a form that the way back can carry (RFC 3461 §6.2, RFC 6522 §3, RFC 6533 §4).</summary>
internal readonly record struct ReturnedContent(string Type, string Encoding, ReadOnlyMemory<byte> Octets)
{
    private const int LongestHeader = 64 << 10;
    private const int MostFields = 2000;
    private const int LongestLine = 998;

    /// <summary>Null when there is nothing to return.</summary>
    public static ReturnedContent? Of(ReportRequest request)
    {
        var header = HeaderBlock.Scan(request.OriginalHead, LongestHeader, MostFields);
        if (header.Count is 0) return null;
        var utf8Way = request.To.NeedsUtf8;
        if (MayBeWhole(request, utf8Way) && Whole(request.OriginalHead, header, utf8Way) is { } whole) return whole;
        return Header(request.OriginalHead, header, utf8Way);
    }

    // RFC 3461 §6.2: the whole message only for failures, and only when the sender asked for it.
    private static bool MayBeWhole(ReportRequest request, bool utf8Way) =>
        request is { Action: ReportAction.Failed, Original.Return: DsnReturn.Full, MayReturnContent: true, HeadIsWhole: true }
        && request.Original.Body != BodyType.BinaryMime && IsText(request.OriginalHead.Span)
        && (utf8Way || request.Original.Body == BodyType.EightBitMime || Ascii.IsValid(request.OriginalHead.Span));

    private static ReturnedContent? Whole(ReadOnlyMemory<byte> message, HeaderBlock header, bool utf8Way)
    {
        if (header.Fault != HeaderFault.None) return null;
        var ascii = Ascii.IsValid(message.Span);
        if (Ascii.IsValid(message.Span[..header.Length])) return new ReturnedContent("message/rfc822", ascii ? "7bit" : "8bit", message);
        // RFC 6533 §4.5: what the way back may not carry as it is, it carries encoded.
        return utf8Way
            ? new ReturnedContent("message/global", "8bit", message)
            : new ReturnedContent("message/global", "base64", TransferEncoding.Base64Lines(message.Span));
    }

    private static ReturnedContent? Header(ReadOnlyMemory<byte> message, HeaderBlock header, bool utf8Way)
    {
        // A field that was cut is left out.
        var last = header[header.Count - 1];
        var end = last.Start + (header.Fault == HeaderFault.TooLarge ? 0 : last.Length);
        if (end is 0) return null;
        var fields = message[..end];
        var plain = Ascii.IsValid(fields.Span);
        var type = plain || !Utf8.IsValid(fields.Span) ? "text/rfc822-headers" : "message/global-headers";
        if (IsText(fields.Span) && (plain || (utf8Way && type[0] == 'm'))) return new ReturnedContent(type, plain ? "7bit" : "8bit", fields);
        return new ReturnedContent(type, "quoted-printable", TransferEncoding.QuotedPrintable(fields.Span));
    }

    // RFC 2045 §2.7, §2.8: CRLF only as line end, no NUL, no line over 998 octets.
    private static bool IsText(ReadOnlySpan<byte> octets)
    {
        while (octets.Length > 0)
        {
            var end = octets.IndexOfAny("\r\n\0"u8);
            if (end < 0) return octets.Length <= LongestLine;
            if (end > LongestLine || octets[end] != (byte)'\r' || end + 1 == octets.Length || octets[end + 1] != (byte)'\n') return false;
            octets = octets[(end + 2)..];
        }

        return true;
    }
}
