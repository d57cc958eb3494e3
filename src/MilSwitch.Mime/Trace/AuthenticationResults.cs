using System.Buffers;
using System.Text;

namespace MilSwitch.Mime;

/// <summary>The Authentication-Results field (RFC 8601) as far as this switch writes and removes it. Pure; never throws for any octets.</summary>
public static class AuthenticationResults
{
    public const string Name = "Authentication-Results";

    // RFC 5322 §2.1.1.
    private const int LineLength = 78;

    // RFC 2045 §5.1: token, without specials and controls.
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>Writes a field with one result, ending in CRLF.</summary>
    /// <param name="authservId">Who says so.</param>
    /// <param name="method">The method, such as <c>smime</c>.</param>
    /// <param name="result">One of the method's words.</param>
    /// <param name="reason">For people (RFC 8601 §2.2, reasonspec); empty: none.</param>
    /// <param name="properties">Names such as <c>body.smime-identifier</c> with their values.</param>
    public static byte[] Write(string authservId, string method, string result, string reason, params ReadOnlySpan<(string Name, string Value)> properties)
    {
        var field = new StringBuilder($"{Name}: {Value(authservId)};");
        var line = field.Length;
        Add($"{method}={result}");
        if (reason.Length > 0) Add($"reason={Value(reason)}");
        foreach (var (name, value) in properties) Add($"{name}={Property(value)}");
        return Encoding.UTF8.GetBytes(field.Append("\r\n").ToString());

        void Add(string item)
        {
            var folds = line + 1 + item.Length > LineLength;
            field.Append(folds ? "\r\n\t" : " ").Append(item);
            line = folds ? 1 + item.Length : line + 1 + item.Length;
        }
    }

    /// <summary>
    /// The message without the fields that claim to be from <paramref name="authservId"/> (RFC 8601 §5), or that are of a
    /// version nobody knows, or that say no name at all; null when there is nothing to remove.
    /// </summary>
    /// <param name="message">A message; only its header is looked at.</param>
    /// <param name="header">Its scanned header.</param>
    /// <param name="authservId">The name of ours.</param>
    public static byte[]? Remove(ReadOnlyMemory<byte> message, HeaderBlock header, string authservId)
    {
        ArrayBufferWriter<byte>? kept = null;
        var from = 0;
        for (var i = 0; i < header.Count; i++)
        {
            var field = header[i];
            if (!Ascii.EqualsIgnoreCase(field.Name.Span, "Authentication-Results"u8) || !Claims(field.RawValue.Span, authservId)) continue;
            kept ??= new ArrayBufferWriter<byte>(message.Length);
            kept.Write(message.Span[from..field.Start]);
            from = field.Start + field.Length;
        }

        if (kept is null) return null;
        kept.Write(message.Span[from..]);
        return kept.WrittenSpan.ToArray();
    }

    /// <summary>Whether a field's value is one that nobody but us may have written.</summary>
    internal static bool Claims(ReadOnlySpan<byte> value, string authservId)
    {
        var position = 0;
        if (!CommentedText.TrySkip(value, ref position) || !TryReadValue(value, ref position, out var named)) return true;
        if (Same(named, authservId) || !CommentedText.TrySkip(value, ref position)) return true;
        // RFC 8601 §2.2: authres-version, 1 when it is absent. What follows it is said in a way of which nothing is known here.
        if (position == value.Length || value[position] == (byte)';') return false;
        return !TryReadValue(value, ref position, out var version) || version.TrimStart('0') is not "1";
    }

    // The same name in another spelling of the domain name system is the same.
    private static bool Same(string named, string authservId) =>
        named.Equals(authservId, StringComparison.OrdinalIgnoreCase) || named.TrimEnd('.').Equals(authservId.TrimEnd('.'), StringComparison.OrdinalIgnoreCase);

    private static bool TryReadValue(ReadOnlySpan<byte> text, ref int position, out string value)
    {
        value = "";
        if (position >= text.Length) return false;
        if (text[position] != (byte)'"')
        {
            var end = text[position..].IndexOfAny(" \t\r\n;("u8);
            var token = end < 0 ? text[position..] : text.Slice(position, end);
            position += token.Length;
            value = Encoding.UTF8.GetString(token);
            return token.Length > 0;
        }

        var read = new StringBuilder();
        for (position++; position < text.Length; position++)
        {
            var octet = text[position];
            if (octet == (byte)'"')
            {
                position++;
                value = read.ToString();
                return true;
            }

            if (octet == (byte)'\\' && ++position == text.Length) return false;
            if (text[position] is not ((byte)'\r' or (byte)'\n')) read.Append((char)text[position]);
        }

        return false;
    }

    // RFC 8601 §2.2: an address stands as it is, without quotes; anything else as token or quoted-string.
    private static string Property(string value)
    {
        var at = value.LastIndexOf('@');
        return at > 0 && IsToken(value.AsSpan(0, at)) && IsToken(value.AsSpan(at + 1)) ? value : Value(value);
    }

    private static string Value(string text) => IsToken(text) ? text : "\"" + Quoted(text) + "\"";

    private static bool IsToken(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExcept(TokenCharacters);

    // What is hostile here can't end the string, the line or the field.
    private static string Quoted(string text)
    {
        var quoted = new StringBuilder(text.Length + 8);
        foreach (var c in text.Length > 400 ? text[..400] : text)
        {
            if (c is '"' or '\\') quoted.Append('\\');
            quoted.Append(c is >= ' ' and <= '~' ? c : '?');
        }

        return quoted.ToString();
    }
}
