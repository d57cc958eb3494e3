using System.Text;

namespace MilSwitch.Mime;

/// <summary>What nesting depends on in a Content-Type value (RFC 2045 §5.1): the type and, of a multipart, its boundary.</summary>
internal readonly ref struct ContentTypeField
{
    /// <summary>RFC 2046 §5.1.1 names 70; longer ones are followed all the same, up to this.</summary>
    public const int LongestBoundary = 250;

    private ContentTypeField(ContentKind kind, byte[]? boundary, bool malformed)
    {
        Kind = kind;
        Boundary = boundary;
        IsMalformed = malformed;
    }

    public ContentKind Kind { get; }

    /// <summary>Null when there is none: the parts can't be found then, by anybody.</summary>
    public byte[]? Boundary { get; }

    /// <summary>A boundary beyond all measure.</summary>
    public bool IsMalformed { get; }

    public static ContentTypeField Read(ReadOnlySpan<byte> value)
    {
        var position = 0;
        CommentedText.TrySkip(value, ref position);
        var type = value[position..];
        var kind = KindOf(type);
        if (kind is not (ContentKind.Multipart or ContentKind.Digest)) return new ContentTypeField(kind, null, malformed: false);
        Span<byte> boundary = stackalloc byte[LongestBoundary + 1];
        var length = 0;
        while (TryNextParameter(value, ref position, out var name, out var start)) ReadBoundary(value, name, start, ref position, boundary, ref length);
        var malformed = length > LongestBoundary;
        // RFC 2046 §5.1.1: a boundary does not end in white space.
        var found = boundary[..Math.Min(length, LongestBoundary)].TrimEnd(" \t"u8);
        return new ContentTypeField(kind, found.Length is 0 ? null : found.ToArray(), malformed);
    }

    private static ContentKind KindOf(ReadOnlySpan<byte> type)
    {
        if (StartsWith(type, "multipart/"u8)) return StartsWith(type, "multipart/digest"u8) ? ContentKind.Digest : ContentKind.Multipart;
        // RFC 2046 §5.2.1, RFC 6532 §3.7, RFC 5537 (message/news is the obsolete twin of message/rfc822).
        return StartsWith(type, "message/rfc822"u8) || StartsWith(type, "message/news"u8) || IsGlobal(type) ? ContentKind.Message : ContentKind.Leaf;
    }

    // message/global, but not message/global-headers and message/global-delivery-status.
    private static bool IsGlobal(ReadOnlySpan<byte> type) =>
        StartsWith(type, "message/global"u8) && (type.Length is 14 || type[14] != (byte)'-');

    // Steps to the next ';' outside quotes and comments and reads the name that follows.
    private static bool TryNextParameter(ReadOnlySpan<byte> value, ref int position, out ReadOnlySpan<byte> name, out int start)
    {
        name = default;
        start = 0;
        while (position < value.Length && value[position] != (byte)';')
        {
            switch (value[position])
            {
                case (byte)'"':
                    SkipQuoted(value, ref position);
                    break;
                case (byte)'(':
                    CommentedText.TrySkip(value, ref position);
                    break;
                default:
                    position++;
                    break;
            }
        }

        position++;
        if (position >= value.Length || !CommentedText.TrySkip(value, ref position)) return false;
        var from = position;
        while (position < value.Length && value[position] is not ((byte)'=' or (byte)';' or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'(' or (byte)'"'))
            position++;
        name = value[from..position];
        if (!CommentedText.TrySkip(value, ref position)) return false;
        if (position < value.Length && value[position] == (byte)'=')
        {
            position++;
            if (!CommentedText.TrySkip(value, ref position)) return false;
        }
        else name = default;

        start = position;
        return true;
    }

    // "boundary", or the pieces and encoded forms of RFC 2231, in the order in which they stand.
    private static void ReadBoundary(ReadOnlySpan<byte> value, ReadOnlySpan<byte> name, int start, ref int position, Span<byte> boundary, ref int length)
    {
        const int Plain = 8;
        if (!StartsWith(name, "boundary"u8) || (name.Length > Plain && name[Plain] != (byte)'*')) return;
        // The first plain one counts; pieces are joined.
        if (name.Length is Plain && length > 0) return;
        var encoded = name.Length > Plain && name[^1] == (byte)'*';
        position = start;
        if (position < value.Length && value[position] == (byte)'"')
        {
            position++;
            while (position < value.Length && value[position] != (byte)'"')
            {
                if (value[position] == (byte)'\\' && position + 1 < value.Length) position++;
                Append(value[position++], boundary, ref length);
            }

            position++;
            return;
        }

        var quotes = encoded && length is 0 ? 2 : 0;
        for (; position < value.Length && value[position] is not ((byte)';' or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'); position++)
        {
            if (quotes > 0)
            {
                // RFC 2231 §4: charset'language'text.
                if (value[position] == (byte)'\'') quotes--;
                continue;
            }

            if (encoded && value[position] == (byte)'%' && position + 2 < value.Length && TryHex(value[position + 1], value[position + 2], out var octet))
            {
                Append(octet, boundary, ref length);
                position += 2;
            }
            else Append(value[position], boundary, ref length);
        }
    }

    private static void Append(byte octet, Span<byte> boundary, ref int length)
    {
        if (octet is (byte)'\r' or (byte)'\n' || length == boundary.Length) return;
        boundary[length++] = octet;
    }

    private static bool TryHex(byte high, byte low, out byte octet)
    {
        octet = 0;
        if (!char.IsAsciiHexDigit((char)high) || !char.IsAsciiHexDigit((char)low)) return false;
        octet = (byte)((Digit(high) << 4) | Digit(low));
        return true;

        static int Digit(byte c) => c <= (byte)'9' ? c - '0' : (c | 0x20) - 'a' + 10;
    }

    private static void SkipQuoted(ReadOnlySpan<byte> value, ref int position)
    {
        for (position++; position < value.Length && value[position] != (byte)'"'; position++)
        {
            if (value[position] == (byte)'\\') position++;
        }

        position++;
    }

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) =>
        text.Length >= word.Length && Ascii.EqualsIgnoreCase(text[..word.Length], word);
}

internal enum ContentKind : byte
{
    Leaf,
    Multipart,

    /// <summary>A multipart whose parts are messages when they don't say otherwise (RFC 2046 §5.1.5).</summary>
    Digest,

    /// <summary>A message in a message.</summary>
    Message,
}
