using System.Collections.Immutable;
using System.Text;

namespace MilSwitch.Mime;

/// <summary>
/// The parts of a message that are XML and stand in clear, as bindings of labels do. Bounded in depth and parts, without recursion; never
/// throws for any octets.
/// </summary>
public static class XmlParts
{
    private const int LongestHeader = 256 << 10;
    private const int MostFields = 1_000;
    private const int MostParts = 100;
    private const int MostDepth = 16;

    /// <summary>
    /// Decoded, in their order; those of a message in the message are another's. Where a header names two types nobody knows what follows,
    /// and nothing of it is read.
    /// </summary>
    /// <param name="message">A message or MIME entity with CRLF line ends.</param>
    /// <param name="longest">Octets of one part as it stands; longer ones are left out.</param>
    public static ImmutableArray<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> message, int longest)
    {
        var found = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        var waiting = new Stack<(ReadOnlyMemory<byte> Entity, int Depth)>();
        waiting.Push((message, 0));
        for (var parts = 0; parts < MostParts && waiting.TryPop(out var next); parts++)
        {
            var header = HeaderBlock.Scan(next.Entity, LongestHeader, MostFields);
            if (header.Fault is not HeaderFault.None || header.CountOf("Content-Type"u8) is not 1 || header.CountOf("Content-Transfer-Encoding"u8) > 1) continue;
            header.TryGetSingle("Content-Type"u8, out var value);
            var type = ContentTypeField.Read(Encoding.UTF8.GetBytes(value));
            var body = next.Entity[header.Length..];
            if (type is { Kind: ContentKind.Multipart, Boundary: { } boundary } && next.Depth < MostDepth)
            {
                var inside = TextLines.Split(body, boundary);
                for (var i = inside.Count - 1; i >= 0; i--) waiting.Push((inside[i], next.Depth + 1));
            }
            else if (type.Kind is ContentKind.Leaf && IsXml(value) && body.Length <= longest)
            {
                header.TryGetSingle("Content-Transfer-Encoding"u8, out var encoding);
                found.Add(TransferEncoding.Decode(body, encoding));
            }
        }

        return found.ToImmutable();
    }

    // RFC 7303: application/xml, text/xml, and what ends in +xml.
    private static bool IsXml(string contentType)
    {
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        var type = (end < 0 ? contentType : contentType[..end]).Trim();
        return type.Equals("application/xml", StringComparison.OrdinalIgnoreCase) || type.Equals("text/xml", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+xml", StringComparison.OrdinalIgnoreCase);
    }
}
