using System.Collections.Immutable;
using System.Text;

namespace MilSwitch.Mime;

/// <summary>
/// The messages in a message that stand in clear: forwarded ones, those of a digest, and what a report returns, whole or the header alone.
/// Bounded in depth and parts, without recursion; never throws for any octets.
/// </summary>
public static class EmbeddedMessages
{
    private const int LongestHeader = 256 << 10;
    private const int MostFields = 10_000;
    private const int MostParts = 10_000;
    private const int MostDepth = 64;

    /// <summary>Decoded, with those in them. Where a header names two types nobody knows what follows, and nothing of it is read.</summary>
    /// <param name="message">A message or MIME entity with CRLF line ends.</param>
    /// <returns>Also whether all were found: false beyond 10,000 parts or 64 levels.</returns>
    public static (ImmutableArray<ReadOnlyMemory<byte>> Messages, bool IsWhole) Read(ReadOnlyMemory<byte> message)
    {
        var found = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        var waiting = new Stack<(ReadOnlyMemory<byte> Entity, int Depth, bool InDigest)>();
        waiting.Push((message, 0, false));
        for (var parts = 0; waiting.TryPop(out var next); parts++)
        {
            if (parts == MostParts || next.Depth > MostDepth) return (found.ToImmutable(), false);
            var header = HeaderBlock.Scan(next.Entity, LongestHeader, MostFields);
            if (header.CountOf("Content-Type"u8) > 1 || header.CountOf("Content-Transfer-Encoding"u8) > 1) continue;
            header.TryGetSingle("Content-Type"u8, out var value);
            var type = ContentTypeField.Read(Encoding.UTF8.GetBytes(value));
            var body = next.Entity[header.Length..];
            if (type.Boundary is { } boundary)
            {
                var inside = TextLines.Split(body, boundary, MostParts);
                if (inside.Count == MostParts) return (found.ToImmutable(), false);
                for (var i = inside.Count - 1; i >= 0; i--) waiting.Push((inside[i], next.Depth + 1, type.Kind is ContentKind.Digest));
            }
            else if (type.Kind is ContentKind.Message || (next.InDigest && value.Length is 0) || IsHeader(value))
            {
                header.TryGetSingle("Content-Transfer-Encoding"u8, out var encoding);
                ReadOnlyMemory<byte> embedded = TransferEncoding.Decode(body, encoding);
                found.Add(embedded);
                waiting.Push((embedded, next.Depth + 1, false));
            }
        }

        return (found.ToImmutable(), true);
    }

    // RFC 6522 §4, RFC 6533 §4.
    private static bool IsHeader(string contentType)
    {
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        var type = (end < 0 ? contentType : contentType[..end]).Trim();
        return type.Equals("text/rfc822-headers", StringComparison.OrdinalIgnoreCase) || type.Equals("message/global-headers", StringComparison.OrdinalIgnoreCase);
    }
}
