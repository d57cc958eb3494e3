using System.Text;

namespace MilSwitch.Checks.Parts;

/// <summary>Where the parts of a multipart lie in its body, and what is odd about their delimiters (RFC 2046 §5.1.1).</summary>
internal sealed class DelimiterScan
{
    private const int LongestPreamble = 1024;

    private readonly List<(int Start, int End)> parts = [];

    public IReadOnlyList<(int Start, int End)> Parts => parts;

    public int PreambleLength { get; private set; }

    public PartFaults Faults { get; private set; }

    /// <param name="body">Of the multipart.</param>
    /// <param name="boundary">Without hyphens before it.</param>
    /// <param name="most">Parts after which nothing more is looked for.</param>
    public static DelimiterScan Run(ReadOnlySpan<byte> body, byte[] boundary, int most)
    {
        var scan = new DelimiterScan();
        scan.Scan(body, [(byte)'-', (byte)'-', .. boundary], most);
        return scan;
    }

    public static bool HasBareLineEnd(ReadOnlySpan<byte> text)
    {
        while (text.IndexOfAny((byte)'\r', (byte)'\n') is var at and >= 0)
        {
            if (!text[at..].StartsWith("\r\n"u8)) return true;
            text = text[(at + 2)..];
        }

        return false;
    }

    private void Scan(ReadOnlySpan<byte> body, byte[] delimiter, int most)
    {
        var start = -1;
        var closed = false;
        for (var from = 0; parts.Count < most && body[from..].IndexOf(delimiter) is var offset and >= 0;)
        {
            var at = from + offset;
            from = at + delimiter.Length;
            if (at > 0 && !body[..at].EndsWith("\r\n"u8))
            {
                // Readers for which CR or LF alone ends a line find a delimiter here.
                if (body[at - 1] is (byte)'\n' or (byte)'\r') Faults |= PartFaults.LineEnd;
                continue;
            }

            var line = body[from..];
            var end = line.IndexOfAny((byte)'\r', (byte)'\n');
            if (end >= 0 && !line[end..].StartsWith("\r\n"u8)) Faults |= PartFaults.LineEnd;
            var rest = end < 0 ? line : line[..end];
            var closes = rest.StartsWith("--"u8);
            if ((closes ? rest[2..] : rest).ContainsAnyExcept((byte)' ', (byte)'\t'))
            {
                Faults |= PartFaults.BoundaryPrefix;
                continue;
            }

            if (closed)
            {
                Faults |= PartFaults.Epilogue;
                continue;
            }

            // The line end before a delimiter is part of it; two delimiters may share one around an empty part.
            if (start >= 0) parts.Add((start, Math.Max(at - 2, start)));
            else EndPreamble(body[..at]);
            from = end < 0 ? body.Length : Math.Min(from + end + 2, body.Length);
            start = from;
            closed = closes;
        }

        if (start < 0) return;
        if (!closed)
        {
            Faults |= PartFaults.Unclosed;
            parts.Add((start, body.Length));
        }
        else if (body[start..].ContainsAnyExcept(" \t\r\n"u8)) Faults |= PartFaults.Epilogue;
    }

    private void EndPreamble(ReadOnlySpan<byte> preamble)
    {
        PreambleLength = preamble.Length;
        if (preamble.Length > LongestPreamble || HasBareLineEnd(preamble) || LooksLikePart(preamble)) Faults |= PartFaults.Preamble;
    }

    // Fields or delimiters where no reader of MIME looks, and others do.
    private static bool LooksLikePart(ReadOnlySpan<byte> preamble)
    {
        foreach (var range in preamble.Split("\n"u8))
        {
            var line = preamble[range].TrimStart(" \t"u8);
            if (line.StartsWith("--"u8) || (line.Length > 8 && Ascii.EqualsIgnoreCase(line[..8], "Content-"u8))) return true;
        }

        return TextFiles.HoldsOne(preamble);
    }
}
