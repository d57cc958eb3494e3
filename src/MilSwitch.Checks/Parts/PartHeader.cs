using System.Collections.Immutable;
using System.Text;
using MilSwitch.Mime;

namespace MilSwitch.Checks.Parts;

/// <summary>Reads the MIME fields of one part and says what is wrong with its header.</summary>
internal static class PartHeader
{
    // RFC 2046 §5.1.1.
    private const int LongestBoundary = 70;

    // Longer ones are no names, and are not decoded.
    private const int LongestName = 2_000;

    public static bool IsComposite(string mediaType) =>
        mediaType.StartsWith("multipart/", StringComparison.Ordinal) || mediaType is "message/rfc822" or "message/news" or "message/global";

    /// <summary>Fills in what the header says.</summary>
    /// <returns>The boundary of a multipart; null when there is none that can be used.</returns>
    public static byte[]? Read(MailPart part, ReadOnlySpan<byte> octets, string defaultType)
    {
        var header = part.Header;
        if (header.Fault is HeaderFault.Malformed) part.Faults |= PartFaults.HeaderLineEnd;
        else if (!EndsInEmptyLine(octets, header.Length)) part.Faults |= PartFaults.HeaderEnd;
        HeaderField? type = null, encoding = null, disposition = null, version = null;
        foreach (var field in header)
        {
            var name = field.Name.Span;
            if (octets[field.Start + name.Length] is not (byte)':' || HasEmptyFold(field.RawValue.Span)) part.Faults |= PartFaults.FieldFrame;
            if (Is(name, "Content-Type"u8)) part.Faults |= Only(ref type, field);
            else if (Is(name, "Content-Transfer-Encoding"u8)) part.Faults |= Only(ref encoding, field);
            else if (Is(name, "Content-Disposition"u8)) part.Faults |= Only(ref disposition, field);
            else if (Is(name, "MIME-Version"u8)) part.Faults |= Only(ref version, field);
        }

        if (version is { } v) part.Faults |= VersionFaults(v.RawValue.Span);
        else if (part.IsMessage && (type ?? encoding ?? disposition) is not null) part.Faults |= PartFaults.NoVersion;
        if (encoding is { } e) part.Encoding = EncodingOf(e.RawValue.Span.Trim(" \t\r\n"u8));
        if (part.Encoding is PartEncoding.Unknown) part.Faults |= PartFaults.TransferEncoding;

        var typeValue = type is { } t ? StructuredValue.ReadType(t.RawValue.Span) : new StructuredValue(defaultType, [], PartFaults.None);
        var dispositionValue = disposition is { } d ? StructuredValue.ReadDisposition(d.RawValue.Span) : null;
        part.SaysType = type is not null;
        part.MediaType = typeValue.Main;
        part.Charset = typeValue.Parameter("charset");
        part.Faults |= typeValue.Faults | (dispositionValue?.Faults ?? PartFaults.None) | TypeFaults(part.MediaType, part.Charset);
        string?[] names = [dispositionValue?.Parameter("filename"), dispositionValue?.Extended("filename"), typeValue.Parameter("name"), typeValue.Extended("name")];
        part.FileNames = [.. names.OfType<string>().Select(n => n.Length > LongestName ? n : SubjectText.Decode(n)).Distinct(StringComparer.Ordinal)];
        return part.MediaType.StartsWith("multipart/", StringComparison.Ordinal) ? Boundary(part, typeValue) : null;
    }

    private static byte[]? Boundary(MailPart part, StructuredValue type)
    {
        if (type.IsExtended("boundary")) part.Faults |= PartFaults.BoundaryForm;
        if (type.Parameter("boundary") is not { } text) return null;
        if (text.Length is 0 or > LongestBoundary || text[^1] is ' ' || text.StartsWith("=?", StringComparison.Ordinal) || !text.All(IsBoundaryCharacter))
            part.Faults |= PartFaults.BoundaryForm;
        return text.Length is 0 ? null : Encoding.UTF8.GetBytes(text);
    }

    // bcharsnospace and the space of RFC 2046 §5.1.1, and the few that writers use all the same and readers agree on.
    private static bool IsBoundaryCharacter(char c) => char.IsAsciiLetterOrDigit(c) || " '()+_,-./:=?*!#$%&^`{|}~".Contains(c, StringComparison.Ordinal);

    private static PartFaults Only(ref HeaderField? seen, HeaderField field)
    {
        if (seen is not null) return PartFaults.RepeatedField;
        seen = field;
        return PartFaults.None;
    }

    // RFC 2045 §4: 1.0, around which comments may stand.
    private static PartFaults VersionFaults(ReadOnlySpan<byte> value)
    {
        value = value.Trim(" \t\r\n"u8);
        if (value.SequenceEqual("1.0"u8)) return PartFaults.None;
        var comment = value.IndexOf((byte)'(');
        return comment > 0 && value[..comment].TrimEnd(" \t\r\n"u8).SequenceEqual("1.0"u8) ? PartFaults.Comment : PartFaults.MalformedField;
    }

    // A header may also end where its part does; a body without header begins with the empty line.
    private static bool EndsInEmptyLine(ReadOnlySpan<byte> octets, int length)
    {
        if (length >= octets.Length) return true;
        var text = octets[..length];
        return text.EndsWith("\r\n"u8) && (length is 2 || text.EndsWith("\r\n\r\n"u8));
    }

    private static bool HasEmptyFold(ReadOnlySpan<byte> value)
    {
        for (var at = value.IndexOf("\r\n"u8); at >= 0;)
        {
            value = value[(at + 2)..];
            at = value.IndexOf("\r\n"u8);
            if (!(at < 0 ? value : value[..at]).ContainsAnyExcept((byte)' ', (byte)'\t')) return true;
        }

        return false;
    }

    private static PartEncoding EncodingOf(ReadOnlySpan<byte> word)
    {
        if (Is(word, "7bit"u8)) return PartEncoding.SevenBit;
        if (Is(word, "8bit"u8)) return PartEncoding.EightBit;
        if (Is(word, "binary"u8)) return PartEncoding.Binary;
        if (Is(word, "base64"u8)) return PartEncoding.Base64;
        return Is(word, "quoted-printable"u8) ? PartEncoding.QuotedPrintable : PartEncoding.Unknown;
    }

    private static PartFaults TypeFaults(string mediaType, string? charset) => mediaType switch
    {
        "message/partial" => PartFaults.Partial,
        "message/external-body" => PartFaults.ExternalBody,
        "application/ms-tnef" or "application/vnd.ms-tnef" => PartFaults.Tnef,
        _ when charset is not null && HidesText(charset) => PartFaults.Charset,
        _ => PartFaults.None,
    };

    private static bool HidesText(string charset) =>
        charset.Contains("utf-7", StringComparison.OrdinalIgnoreCase) || charset.Contains("utf7", StringComparison.OrdinalIgnoreCase)
        || charset.StartsWith("hz", StringComparison.OrdinalIgnoreCase) || charset.Contains("ebcdic", StringComparison.OrdinalIgnoreCase)
        || charset.StartsWith("IBM037", StringComparison.OrdinalIgnoreCase) || charset.StartsWith("cp037", StringComparison.OrdinalIgnoreCase)
        || charset.Contains("cp930", StringComparison.OrdinalIgnoreCase) || charset.StartsWith("utf-16", StringComparison.OrdinalIgnoreCase)
        || charset.StartsWith("utf-32", StringComparison.OrdinalIgnoreCase);

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> other) => text.Length == other.Length && Ascii.EqualsIgnoreCase(text, other);
}
