using System.Collections.Immutable;

namespace MilSwitch.Mime;

/// <summary>Finds the two or three parts of a multipart/report (RFC 6522 §3) in the one way in which everybody finds them.</summary>
internal static class ReportParts
{
    /// <param name="body">Behind the header.</param>
    /// <param name="boundary">Of the multipart.</param>
    /// <param name="parts">Each with its header, when the result is true.</param>
    /// <returns>False when a delimiter is missing or could be read as none (RFC 2046 §5.1.1).</returns>
    public static bool TrySplit(ReadOnlyMemory<byte> body, byte[] boundary, out ImmutableArray<ReadOnlyMemory<byte>> parts)
    {
        var found = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(3);
        parts = [];
        var text = body.Span;
        var start = -1;
        var isClosed = false;
        for (var position = 0; position < text.Length;)
        {
            var line = text[position..];
            var end = line.IndexOf("\r\n"u8);
            line = end < 0 ? line : line[..end];
            var next = position + (end < 0 ? line.Length : end + 2);
            if (line.StartsWith("--"u8) && line[2..].StartsWith(boundary))
            {
                var rest = line[(2 + boundary.Length)..].TrimEnd(" \t"u8);
                if (isClosed || rest.Length is not 0 && !rest.SequenceEqual("--"u8)) return false;
                // The line end before a delimiter is the delimiter's.
                if (start >= 0) found.Add(body[start..Math.Max(start, position - 2)]);
                isClosed = rest.Length > 0;
                start = next;
                if (found.Count > 3) return false;
            }

            position = next;
        }

        if (!isClosed || found.Count is not (2 or 3)) return false;
        parts = found.ToImmutable();
        return true;
    }
}
