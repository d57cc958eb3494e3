using System.Buffers;
using System.Globalization;
using System.Text;

namespace MilSwitch.Mime;

/// <summary>
/// Leaves parts of multiparts (RFC 2046 §5.1) out of a message; the rest stays octet by octet. Only what every reader sees alike
/// is taken apart: one Content-Type, no signed or encrypted multipart on the way, delimiters up to the last one. Bounded,
/// without recursion; stateless and thread-safe.
/// </summary>
public static class PartRemoval
{
    private const int MostDepth = 16;
    private const int MostParts = 1_000;
    private const int LongestHeader = 256 << 10;
    private const int MostFields = 1_000;

    private static readonly string[] Simple = ["multipart/mixed", "multipart/alternative", "multipart/related", "multipart/digest", "multipart/parallel"];

    /// <summary>The message without these parts.</summary>
    /// <param name="message">All of it, with CRLF line ends.</param>
    /// <param name="parts">Numbers: the message is <c>1</c>, its parts <c>1.1</c>, <c>1.2</c> and so on.</param>
    /// <exception cref="FormatException">There is no such part, it can't be left out, or nothing would be left; with a text for the operator.</exception>
    public static ReadOnlyMemory<byte> Remove(ReadOnlyMemory<byte> message, IReadOnlyCollection<string> parts)
    {
        var cuts = new SortedDictionary<int, int>();
        var left = new Dictionary<int, int>();
        foreach (var number in parts.Distinct(StringComparer.Ordinal))
        {
            var (start, end, place, siblings) = Find(message, Read(number), number);
            if (!cuts.TryAdd(start, end)) throw new FormatException($"part {number} is named twice");
            left[place] = left.GetValueOrDefault(place, siblings) - 1;
            if (left[place] is 0) throw new FormatException($"without part {number} nothing would be left around it; name what is around it instead");
        }

        var kept = new ArrayBufferWriter<byte>(Math.Max(message.Length, 1));
        var from = 0;
        foreach (var (start, end) in cuts)
        {
            if (start < from) throw new FormatException("a part and one inside of it are named");
            kept.Write(message.Span[from..start]);
            from = end;
        }

        kept.Write(message.Span[from..]);
        return kept.WrittenMemory;
    }

    private static int[] Read(string number)
    {
        var levels = number.Split('.');
        if (levels.Length is < 2 or > MostDepth || levels[0] != "1") throw new FormatException($"'{number}' is no part; write 1.1, 1.2 and so on");
        var path = new int[levels.Length - 1];
        for (var i = 0; i < path.Length; i++)
        {
            if (!int.TryParse(levels[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out path[i]) || path[i] is < 1 or > MostParts)
                throw new FormatException($"'{number}' is no part; write 1.1, 1.2 and so on");
        }

        return path;
    }

    // From the beginning of its delimiter to that of the next one; where the multipart around it begins, and how many parts that has.
    private static (int Start, int End, int Place, int Siblings) Find(ReadOnlyMemory<byte> message, int[] path, string number)
    {
        var (start, end) = (0, message.Length);
        for (var level = 0; ; level++)
        {
            var entity = message[start..end];
            var header = HeaderBlock.Scan(entity, LongestHeader, MostFields);
            header.TryGetSingle("Content-Type"u8, out var value);
            if (header.Fault is not HeaderFault.None || header.CountOf("Content-Type"u8) is not 1) throw new FormatException($"there is no part {number}");
            var type = ContentTypeField.Read(Encoding.UTF8.GetBytes(value));
            if (type.Boundary is not { } boundary) throw new FormatException($"there is no part {number}");
            if (!Array.Exists(Simple, s => value.StartsWith(s, StringComparison.OrdinalIgnoreCase))) throw new FormatException($"part {number} is inside of what can't be changed");
            var delimiters = Delimiters(entity.Span[header.Length..], boundary);
            var index = path[level] - 1;
            // One more than there are parts: the last one closes.
            if (index >= delimiters.Count - 1) throw new FormatException($"there is no part {number}");
            var body = start + header.Length;
            if (level == path.Length - 1) return (body + delimiters[index].Start, body + delimiters[index + 1].Start, start, delimiters.Count - 1);
            var inner = body + delimiters[index].Next;
            end = body + delimiters[index + 1].Start;
            // The line end before a delimiter belongs to it.
            if (end - 2 >= inner && message.Span[(end - 2)..end].SequenceEqual("\r\n"u8)) end -= 2;
            start = inner;
        }
    }

    private static List<(int Start, int Next)> Delimiters(ReadOnlySpan<byte> body, byte[] boundary)
    {
        var found = new List<(int Start, int Next)>();
        for (var position = 0; position < body.Length && found.Count <= MostParts;)
        {
            var end = body[position..].IndexOf((byte)'\n');
            var next = end < 0 ? body.Length : position + end + 1;
            var line = body[position..next].TrimEnd(" \t\r\n"u8);
            if (line.StartsWith("--"u8) && line[2..].StartsWith(boundary) && line[(2 + boundary.Length)..] is var after && (after.IsEmpty || after.SequenceEqual("--"u8)))
            {
                found.Add((position, next));
                if (!after.IsEmpty) return found;
            }

            position = next;
        }

        throw new FormatException("the message does not end as it should");
    }
}
