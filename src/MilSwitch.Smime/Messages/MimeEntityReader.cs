using System.Collections.Immutable;
using System.Text;
using MilSwitch.Mime;

namespace MilSwitch.Smime.Messages;

/// <summary>
/// Reads one entity with its parts: a list of what is still to be opened instead of recursion, and each level of nesting
/// passes over its octets once (RFC 2046 §5.1).
/// </summary>
internal sealed class MimeEntityReader(MimeBudget budget)
{
    // RFC 2046 §5.1.1.
    private const int LongestBoundary = 70;

    private readonly Queue<Work> waiting = new();
    private readonly List<MimeEntity> all = [];
    private MimeFault fault;

    public MimeEntity Read(ReadOnlyMemory<byte> octets, string number, int depth)
    {
        var local = HasLocalLineEnds(octets.Span);
        if (local) octets = WithMailLineEnds(octets.Span);
        var root = Begin(octets, number, depth, MediaType.Default, enclosing: null);
        if (budget.Parts-- <= 0) fault = MimeFault.TooLarge;
        while (fault is MimeFault.None && waiting.TryDequeue(out var work)) Open(work);
        root.Fault = fault;
        root.HadLocalLineEnds = local;
        // Parts come after what holds them in the list.
        for (var i = all.Count - 1; i >= 0; i--)
        {
            all[i].TreeAmbiguity = all[i].Ambiguity;
            foreach (var part in all[i].Parts) all[i].TreeAmbiguity |= part.TreeAmbiguity;
        }

        return root;
    }

    // A file of this machine: its lines end in LF. Where its header is of that kind, what it holds may have CRLF already:
    // OpenSSL writes signed content so, and all around it with LF. Anything else that is mixed stays as it is and is ambiguous.
    private static bool HasLocalLineEnds(ReadOnlySpan<byte> octets)
    {
        if (!octets.Contains((byte)'\n')) return false;
        var first = octets.IndexOf((byte)'\r');
        if (first < 0) return true;
        var header = octets.IndexOf("\n\n"u8);
        return header >= 0 && first > header && !HasLoneReturn(octets);
    }

    private static bool HasLoneReturn(ReadOnlySpan<byte> octets)
    {
        for (var at = octets.IndexOf((byte)'\r'); at >= 0; at = octets.IndexOf((byte)'\r'))
        {
            octets = octets[(at + 1)..];
            if (octets.IsEmpty || octets[0] is not (byte)'\n') return true;
        }

        return false;
    }

    private static byte[] WithMailLineEnds(ReadOnlySpan<byte> octets)
    {
        var mail = new byte[octets.Length + octets.Count((byte)'\n') - octets.Count((byte)'\r')];
        var length = 0;
        byte before = 0;
        foreach (var octet in octets)
        {
            if (octet is (byte)'\n' && before is not (byte)'\r') mail[length++] = (byte)'\r';
            mail[length++] = before = octet;
        }

        return mail;
    }

    private MimeEntity Begin(ReadOnlyMemory<byte> octets, string number, int depth, MediaType otherwise, Enclosing? enclosing)
    {
        var header = HeaderBlock.Scan(octets, budget.HeaderOctets, budget.HeaderFields);
        if (header.Fault is HeaderFault.TooLarge or HeaderFault.TooManyFields) fault = MimeFault.TooLarge;
        var entity = new MimeEntity(number, octets, header, Math.Min(header.Length, octets.Length)) { Depth = depth, MediaType = otherwise };
        ReadHeader(entity);
        all.Add(entity);
        waiting.Enqueue(new Work(entity, enclosing));
        return entity;
    }

    private static void ReadHeader(MimeEntity entity)
    {
        var header = entity.Header;
        if (header.Fault is HeaderFault.Malformed || !EndsInEmptyLine(entity)) entity.Ambiguity |= MimeAmbiguity.HeaderEnd;
        HeaderField? type = null, encoding = null, disposition = null;
        var versions = 0;
        foreach (var field in header)
        {
            var name = field.Name.Span;
            if (entity.Octets.Span[field.Start + name.Length] is not (byte)':' || HasEmptyFold(field.RawValue.Span)) entity.Ambiguity |= MimeAmbiguity.FieldFrame;
            if (Is(name, "Content-Type"u8)) entity.Ambiguity |= Only(ref type, field);
            else if (Is(name, "Content-Transfer-Encoding"u8)) entity.Ambiguity |= Only(ref encoding, field);
            else if (Is(name, "Content-Disposition"u8)) entity.Ambiguity |= Only(ref disposition, field);
            else if (Is(name, "MIME-Version"u8) && ++versions > 1) entity.Ambiguity |= MimeAmbiguity.RepeatedField;
        }

        if (type is { } t)
        {
            entity.MediaType = MediaType.Read(t.RawValue.Span);
            entity.Ambiguity |= entity.MediaType.Ambiguity;
        }

        if (disposition is { } d)
        {
            entity.Disposition = MediaType.ReadDisposition(d.RawValue.Span);
            entity.Ambiguity |= entity.Disposition.Ambiguity;
        }

        if (encoding is { } e) entity.Encoding = EncodingOf(e.RawValue.Span.Trim(" \t\r\n"u8));
        if (entity.Encoding is ContentEncoding.Unknown) entity.Ambiguity |= MimeAmbiguity.TransferEncoding;
        if (IsUnsafeCharset(entity.MediaType)) entity.Ambiguity |= MimeAmbiguity.Charset;
        if (IsElsewhere(entity.MediaType)) entity.Ambiguity |= MimeAmbiguity.ElsewhereContent;
    }

    private static MimeAmbiguity Only(ref HeaderField? seen, HeaderField field)
    {
        if (seen is not null) return MimeAmbiguity.RepeatedField;
        seen = field;
        return MimeAmbiguity.None;
    }

    // A header may also end where its part does; a body without header begins with the empty line.
    private static bool EndsInEmptyLine(MimeEntity entity)
    {
        if (entity.Header.Length >= entity.Octets.Length) return true;
        var text = entity.Octets.Span[..entity.Header.Length];
        return text.EndsWith("\r\n"u8) && (text.Length is 2 || text.EndsWith("\r\n\r\n"u8));
    }

    private static bool HasEmptyFold(ReadOnlySpan<byte> value)
    {
        for (var at = value.IndexOf("\r\n"u8); at >= 0;)
        {
            var line = value[(at + 2)..];
            var next = line.IndexOf("\r\n"u8);
            if (!(next < 0 ? line : line[..next]).ContainsAnyExcept((byte)' ', (byte)'\t')) return true;
            at = next < 0 ? -1 : at + 2 + next;
        }

        return false;
    }

    private static ContentEncoding EncodingOf(ReadOnlySpan<byte> word)
    {
        if (Is(word, "7bit"u8)) return ContentEncoding.SevenBit;
        if (Is(word, "8bit"u8)) return ContentEncoding.EightBit;
        if (Is(word, "binary"u8)) return ContentEncoding.Binary;
        if (Is(word, "base64"u8)) return ContentEncoding.Base64;
        return Is(word, "quoted-printable"u8) ? ContentEncoding.QuotedPrintable : ContentEncoding.Unknown;
    }

    private static bool IsUnsafeCharset(MediaType type) =>
        type.Type is "text" && type.Parameter("charset") is { } charset
        && (charset.Contains("utf-7", StringComparison.OrdinalIgnoreCase) || charset.Equals("hz-gb-2312", StringComparison.OrdinalIgnoreCase) || charset.Contains("ebcdic", StringComparison.OrdinalIgnoreCase));

    private static bool IsElsewhere(MediaType type) =>
        (type.Type is "message" && type.Subtype is "partial" or "external-body") || (type.Type is "application" && type.Subtype is "ms-tnef" or "vnd.ms-tnef");

    private void Open(Work work)
    {
        var entity = work.Entity;
        var isEncoded = entity.Encoding is ContentEncoding.Base64 or ContentEncoding.QuotedPrintable or ContentEncoding.Unknown;
        if (entity.MediaType.IsMultipart || entity.MediaType.IsMessage)
        {
            if (isEncoded) entity.Ambiguity |= MimeAmbiguity.EncodedComposite;
            else if (entity.Depth >= budget.Depth)
            {
                fault = MimeFault.TooDeep;
                return;
            }
            else if (entity.MediaType.IsMessage) entity.Parts = TryCount() ? [Begin(entity.RawBody, entity.Number + ".1", entity.Depth + 1, MediaType.Default, work.Enclosing)] : [];
            else OpenMultipart(entity, work.Enclosing);
        }

        if (entity.Parts.IsEmpty) ReadLeaf(entity);
    }

    private void ReadLeaf(MimeEntity entity)
    {
        var body = entity.RawBody.Span;
        // What can't be decoded costs what it is long.
        var length = body.Length;
        var isComposite = entity.MediaType.IsMultipart || entity.MediaType.IsMessage;
        if (!isComposite && entity.Encoding is ContentEncoding.Base64 && (length = PartDecoding.MeasureBase64(body)) < 0) entity.Ambiguity |= MimeAmbiguity.Base64;
        if (!isComposite && entity.Encoding is ContentEncoding.QuotedPrintable && (length = PartDecoding.MeasureQuotedPrintable(body)) < 0) entity.Ambiguity |= MimeAmbiguity.QuotedPrintable;
        // Behind a last CR there is nothing about which readers could differ; inside a multipart there is.
        var lines = entity == all[0] && body.EndsWith("\r"u8) ? body[..^1] : body;
        if (entity.Encoding is not ContentEncoding.Binary && HasBareLineEnd(lines)) entity.Ambiguity |= MimeAmbiguity.LineEnd;
        entity.DecodedLength = length < 0 ? body.Length : length;
        if (!budget.TryTake(entity.DecodedLength)) fault = MimeFault.TooLarge;
    }

    private void OpenMultipart(MimeEntity entity, Enclosing? enclosing)
    {
        if (!TryBoundary(entity, out var boundary)) return;
        for (var outer = enclosing; outer is not null; outer = outer.Around)
        {
            if (outer.Boundary.AsSpan().StartsWith(boundary) || boundary.AsSpan().StartsWith(outer.Boundary)) entity.Ambiguity |= MimeAmbiguity.BoundaryPrefix;
        }

        var ranges = FindParts(entity, boundary);
        if (ranges.Count is 0)
        {
            entity.Ambiguity |= MimeAmbiguity.BoundaryMissing;
            return;
        }

        var otherwise = entity.MediaType.Subtype is "digest" ? MediaType.Message : MediaType.Default;
        var parts = ImmutableArray.CreateBuilder<MimeEntity>(ranges.Count);
        foreach (var (start, end) in ranges)
        {
            if (!TryCount()) break;
            parts.Add(Begin(entity.RawBody[start..end], $"{entity.Number}.{parts.Count + 1}", entity.Depth + 1, otherwise, new Enclosing(boundary, enclosing)));
        }

        entity.Parts = parts.ToImmutable();
    }

    private bool TryCount()
    {
        if (budget.Parts <= 0) fault = MimeFault.TooLarge;
        else budget.Parts--;
        return fault is MimeFault.None;
    }

    private static bool TryBoundary(MimeEntity entity, out byte[] boundary)
    {
        boundary = [];
        var text = entity.MediaType.Parameter("boundary");
        if (text is null)
        {
            // RFC 2231 §3 and §4 forms: some readers follow them, others find no boundary.
            entity.Ambiguity |= entity.MediaType.ExtendedParameter("boundary") is null ? MimeAmbiguity.BoundaryMissing : MimeAmbiguity.Boundary;
            return false;
        }

        if (text.Length is 0)
        {
            entity.Ambiguity |= MimeAmbiguity.Boundary;
            return false;
        }

        if (text.Length > LongestBoundary || text[^1] is ' ' || text.StartsWith("=?", StringComparison.Ordinal) || !text.All(IsBoundaryCharacter)
            || entity.MediaType.Parameters.Any(p => p.Key.StartsWith("boundary*", StringComparison.Ordinal)))
            entity.Ambiguity |= MimeAmbiguity.Boundary;
        boundary = Encoding.UTF8.GetBytes(text);
        return true;
    }

    // bcharsnospace and the space of RFC 2046 §5.1.1; the rest is what writers use all the same and readers agree on.
    private static bool IsBoundaryCharacter(char c) => c is >= ' ' and < (char)0x7f and not ('"' or '\\' or '<' or '>' or '@' or ';' or '[' or ']');

    // Where the parts lie in the body.
    private static List<(int Start, int End)> FindParts(MimeEntity entity, byte[] boundary)
    {
        var body = entity.RawBody.Span;
        byte[] delimiter = [(byte)'-', (byte)'-', .. boundary];
        var ranges = new List<(int, int)>();
        var start = -1;
        var closed = false;
        for (var from = 0; body[from..].IndexOf(delimiter) is var offset and >= 0;)
        {
            var at = from + offset;
            from = at + delimiter.Length;
            if (at > 0 && !body[..at].EndsWith("\r\n"u8))
            {
                // Readers for which CR or LF alone ends a line find a delimiter here.
                if (body[at - 1] is (byte)'\n' or (byte)'\r') entity.Ambiguity |= MimeAmbiguity.LineEnd;
                continue;
            }

            var line = body[from..];
            var end = line.IndexOfAny((byte)'\r', (byte)'\n');
            if (end >= 0 && !line[end..].StartsWith("\r\n"u8)) entity.Ambiguity |= MimeAmbiguity.LineEnd;
            var rest = end < 0 ? line : line[..end];
            var closes = rest.StartsWith("--"u8);
            if ((closes ? rest[2..] : rest).ContainsAnyExcept((byte)' ', (byte)'\t'))
            {
                entity.Ambiguity |= MimeAmbiguity.BoundaryPrefix;
                continue;
            }

            if (closed)
            {
                entity.Ambiguity |= MimeAmbiguity.Epilogue;
                continue;
            }

            // The line end before a delimiter is part of it; two delimiters may share one around an empty part.
            if (start >= 0) ranges.Add((start, Math.Max(at - 2, start)));
            else if (LooksLikePart(body[..at])) entity.Ambiguity |= MimeAmbiguity.Preamble;
            from = end < 0 ? body.Length : Math.Min(from + end + 2, body.Length);
            start = from;
            closed = closes;
            // The line end after this delimiter may be the one before the next.
            if (from >= 2 && from < body.Length) from -= 2;
        }

        if (start < 0) return ranges;
        if (!closed)
        {
            entity.Ambiguity |= MimeAmbiguity.Unclosed;
            ranges.Add((start, body.Length));
        }
        else if (body[start..].ContainsAnyExcept(" \t\r\n"u8)) entity.Ambiguity |= MimeAmbiguity.Epilogue;
        return ranges;
    }

    // Fields, delimiters or uuencoded files where no reader of MIME looks, and others do.
    private static bool LooksLikePart(ReadOnlySpan<byte> preamble)
    {
        foreach (var range in preamble.Split("\n"u8))
        {
            var line = preamble[range].TrimStart(" \t"u8);
            if (line.StartsWith("--"u8) || line.StartsWith("begin "u8) || (line.Length > 8 && Is(line[..8], "Content-"u8))) return true;
        }

        return HasBareLineEnd(preamble);
    }

    internal static bool HasBareLineEnd(ReadOnlySpan<byte> text)
    {
        while (text.IndexOfAny((byte)'\r', (byte)'\n') is var at and >= 0)
        {
            if (!text[at..].StartsWith("\r\n"u8)) return true;
            text = text[(at + 2)..];
        }

        return false;
    }

    internal static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> other) => text.Length == other.Length && Ascii.EqualsIgnoreCase(text, other);

    private sealed record Enclosing(byte[] Boundary, Enclosing? Around);

    private readonly record struct Work(MimeEntity Entity, Enclosing? Enclosing);
}
