using System.Text;

namespace MilSwitch.Mime;

/// <summary>Why the structure of a message is not taken.</summary>
public enum StructureFault : byte
{
    None,

    TooDeep,

    TooManyParts,

    /// <summary>A Content-Type field or a boundary beyond all measure: what it encloses can't be counted.</summary>
    Malformed,
}

/// <summary>
/// Follows the nesting of a message (RFC 2046 §5) while its octets stream by: multipart boundaries and messages within
/// messages. Memory is bounded by the limits, time by the octets; nothing is decoded and nothing recurses, so that no
/// message is too deep or too wide to be judged (the bombs of mail parsers). One message per scanner; not thread-safe.
/// </summary>
/// <param name="maximumDepth">Multiparts and messages that may be open inside each other.</param>
/// <param name="maximumParts">Parts of all multiparts together.</param>
public sealed class StructureScanner(int maximumDepth, int maximumParts)
{
    // Longer lines are never a boundary, and only a Content-Type that long is of interest: it is refused.
    private const int LongestLine = 8192;
    private const int FirstLineBuffer = 256;

    private readonly List<Level> open = [];
    private Phase phase = Phase.Header;
    private int parts;

    // The beginning of a line whose end has not come yet.
    private byte[] line = [];
    private int lineLength;
    private bool lineTooLong;

    // The Content-Type of the header that is being read: its value, with later lines joined.
    private byte[] contentType = [];
    private int contentTypeLength = -1;
    private bool inContentType;

    /// <summary>The first fault met; once there is one, nothing more is looked at.</summary>
    public StructureFault Fault { get; private set; }

    private enum Phase : byte
    {
        /// <summary>In the header of a message or a part: every line is looked at.</summary>
        Header,

        /// <summary>In a body, at the beginning of a line.</summary>
        LineStart,

        /// <summary>In a body, after the first hyphen of a line.</summary>
        Hyphen,

        /// <summary>In a body line that starts with two hyphens.</summary>
        Candidate,

        /// <summary>In a body line that can't be a boundary.</summary>
        Text,

        /// <summary>No boundary can follow: the rest is not looked at.</summary>
        Done,
    }

    /// <summary>Takes the next octets of the message, cut anywhere. Never throws.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0 && phase != Phase.Done)
        {
            data = phase switch
            {
                Phase.Header => ReadLine(data),
                Phase.Candidate => ReadLine(data),
                Phase.Text => SkipText(data),
                _ => BeginLine(data),
            };
        }
    }

    private ReadOnlySpan<byte> SkipText(ReadOnlySpan<byte> data)
    {
        var found = data.IndexOf("\n--"u8);
        if (found >= 0)
        {
            phase = Phase.Candidate;
            return data[(found + 3)..];
        }

        if (data[^1] == (byte)'\n') phase = Phase.LineStart;
        else if (data.EndsWith("\n-"u8)) phase = Phase.Hyphen;
        return default;
    }

    private ReadOnlySpan<byte> BeginLine(ReadOnlySpan<byte> data)
    {
        switch (data[0])
        {
            case (byte)'-':
                phase = phase == Phase.LineStart ? Phase.Hyphen : Phase.Candidate;
                return data[1..];
            case (byte)'\n':
                phase = Phase.LineStart;
                return data[1..];
            default:
                phase = Phase.Text;
                return data;
        }
    }

    // Collects up to the line's end; a line that lies in the data whole is not copied.
    private ReadOnlySpan<byte> ReadLine(ReadOnlySpan<byte> data)
    {
        var end = data.IndexOf((byte)'\n');
        if (end < 0)
        {
            Keep(data);
            return default;
        }

        if (lineLength is 0 && !lineTooLong) EndLine(data[..end]);
        else
        {
            Keep(data[..end]);
            var whole = line.AsSpan(0, lineLength);
            lineLength = 0;
            EndLine(whole);
            lineTooLong = false;
        }

        return data[(end + 1)..];
    }

    private void Keep(ReadOnlySpan<byte> piece)
    {
        var room = LongestLine - lineLength;
        if (piece.Length > room)
        {
            lineTooLong = true;
            piece = piece[..room];
        }

        Grow(ref line, lineLength + piece.Length);
        piece.CopyTo(line.AsSpan(lineLength));
        lineLength += piece.Length;
    }

    private void EndLine(ReadOnlySpan<byte> text)
    {
        if (text.Length > 0 && text[^1] == (byte)'\r') text = text[..^1];
        if (phase == Phase.Candidate)
        {
            phase = Phase.LineStart;
            if (!lineTooLong) TryBoundary(text);
            return;
        }

        if (text.Length is 0)
        {
            EndHeader();
            return;
        }

        // A part may end before its header does.
        if (text.StartsWith("--"u8) && open.Count > 0 && !lineTooLong && TryBoundary(text[2..])) return;
        ReadHeaderLine(text);
    }

    private void ReadHeaderLine(ReadOnlySpan<byte> text)
    {
        if (text[0] is (byte)' ' or (byte)'\t')
        {
            if (inContentType) AppendContentType(text);
            return;
        }

        // The first one counts, as for most readers.
        inContentType = contentTypeLength < 0 && IsContentType(text, out var value) && AppendContentType(text[value..]);
    }

    private static bool IsContentType(ReadOnlySpan<byte> text, out int value)
    {
        var name = "Content-Type"u8;
        value = name.Length;
        if ((text[0] | 0x20) != 'c' || text.Length <= name.Length || !Ascii.EqualsIgnoreCase(text[..name.Length], name)) return false;
        while (value < text.Length && text[value] is (byte)' ' or (byte)'\t') value++;
        return value < text.Length && text[value++] == (byte)':';
    }

    private bool AppendContentType(ReadOnlySpan<byte> piece)
    {
        contentTypeLength = Math.Max(contentTypeLength, 0);
        if (lineTooLong || contentTypeLength + piece.Length > LongestLine) return Fail(StructureFault.Malformed);
        Grow(ref contentType, contentTypeLength + piece.Length);
        piece.CopyTo(contentType.AsSpan(contentTypeLength));
        contentTypeLength += piece.Length;
        return true;
    }

    private void EndHeader()
    {
        var type = contentTypeLength < 0 ? default : ContentTypeField.Read(contentType.AsSpan(0, contentTypeLength));
        var kind = contentTypeLength < 0 && open.Count > 0 && open[^1].IsDigest ? ContentKind.Message : type.Kind;
        ForgetHeader();
        if (type.IsMalformed)
        {
            Fail(StructureFault.Malformed);
            return;
        }

        switch (kind)
        {
            case ContentKind.Message:
                if (Push(new Level(null, IsDigest: false))) phase = Phase.Header;
                break;
            case ContentKind.Multipart or ContentKind.Digest when type.Boundary is { } boundary:
                if (Push(new Level(boundary, kind == ContentKind.Digest))) phase = Phase.LineStart;
                break;
            default:
                BeginBody();
                break;
        }
    }

    private void BeginBody()
    {
        phase = Phase.Done;
        foreach (var level in open)
        {
            if (level.Boundary is not null) phase = Phase.LineStart;
        }
    }

    // RFC 2046 §5.1.1 and §5.1.2: the innermost boundary first; an outer one ends all that is inside it.
    private bool TryBoundary(ReadOnlySpan<byte> afterHyphens)
    {
        for (var i = open.Count - 1; i >= 0; i--)
        {
            if (open[i].Boundary is not { } boundary || !afterHyphens.StartsWith(boundary)) continue;
            var rest = afterHyphens[boundary.Length..];
            var closes = rest.StartsWith("--"u8);
            if ((closes ? rest[2..] : rest).ContainsAnyExcept((byte)' ', (byte)'\t')) continue;
            ForgetHeader();
            open.RemoveRange(i + 1, open.Count - i - 1);
            if (closes)
            {
                open.RemoveAt(i);
                BeginBody();
            }
            else if (CountPart()) phase = Phase.Header;
            return true;
        }

        return false;
    }

    private void ForgetHeader()
    {
        contentTypeLength = -1;
        inContentType = false;
    }

    private bool Push(Level level)
    {
        if (open.Count >= maximumDepth) return Fail(StructureFault.TooDeep);
        open.Add(level);
        return true;
    }

    private bool CountPart() => ++parts <= maximumParts || Fail(StructureFault.TooManyParts);

    private bool Fail(StructureFault fault)
    {
        Fault = fault;
        phase = Phase.Done;
        return false;
    }

    private static void Grow(ref byte[] buffer, int needed)
    {
        if (needed > buffer.Length) Array.Resize(ref buffer, Math.Max(Math.Max(FirstLineBuffer, buffer.Length * 2), needed));
    }

    private readonly record struct Level(byte[]? Boundary, bool IsDigest);
}
