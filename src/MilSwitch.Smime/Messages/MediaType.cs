using System.Collections.Immutable;
using System.Text;

namespace MilSwitch.Smime.Messages;

/// <summary>
/// A Content-Type value (RFC 2045 §5.1), or a Content-Disposition value (RFC 2183 §2), which has no subtype. Read strictly
/// and in one way: the first of several parameters of a name counts. Immutable; reading never throws.
/// </summary>
public sealed record MediaType
{
    private static readonly ImmutableArray<KeyValuePair<string, string>> NoParameters = [];

    private MediaType(string type, string subtype, ImmutableArray<KeyValuePair<string, string>> parameters, MimeAmbiguity ambiguity)
    {
        Type = type;
        Subtype = subtype;
        Parameters = parameters;
        Ambiguity = ambiguity;
    }

    /// <summary>RFC 2045 §5.2: what counts when nothing is said.</summary>
    public static MediaType Default { get; } = new("text", "plain", [], MimeAmbiguity.None);

    /// <summary>RFC 2046 §5.1.5: what counts in a multipart/digest when nothing is said.</summary>
    public static MediaType Message { get; } = new("message", "rfc822", [], MimeAmbiguity.None);

    /// <summary>What a value that can't be read counts as.</summary>
    public static MediaType Unreadable { get; } = new("application", "octet-stream", [], MimeAmbiguity.MalformedField);

    /// <summary>Lower case.</summary>
    public string Type { get; }

    /// <summary>Lower case; empty for a disposition.</summary>
    public string Subtype { get; }

    /// <summary>In their order, names in lower case, as they stand: pieces and encoded forms of RFC 2231 keep their asterisks.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Parameters { get; }

    public MimeAmbiguity Ambiguity { get; }

    public bool IsMultipart => Type is "multipart";

    /// <summary>message/rfc822 and its kin, which hold a whole message (RFC 2046 §5.2.1, RFC 6532 §3.7, RFC 5537).</summary>
    public bool IsMessage => Type is "message" && Subtype is "rfc822" or "news" or "global";

    public bool Is(string type, string subtype) => Type == type && Subtype == subtype;

    /// <summary>The value of a parameter, null when it is not there in its plain form.</summary>
    public string? Parameter(string name)
    {
        foreach (var (key, value) in Parameters)
        {
            if (key == name) return value;
        }

        return null;
    }

    /// <summary>The value of a parameter, RFC 2231 pieces joined and decoded when there is no plain one. For names of files only.</summary>
    public string? ExtendedParameter(string name)
    {
        if (Parameter(name) is { } plain) return plain;
        var joined = new StringBuilder();
        var encoded = false;
        foreach (var (key, value) in Parameters)
        {
            if (!key.StartsWith(name, StringComparison.Ordinal) || key.Length == name.Length || key[name.Length] is not '*') continue;
            encoded |= key[^1] is '*';
            joined.Append(value);
        }

        if (joined.Length is 0) return null;
        var text = joined.ToString();
        if (!encoded) return text;
        // RFC 2231 §4: charset'language'text. Bad escapes stay as they are.
        var quote = text.IndexOf('\'', StringComparison.Ordinal);
        var second = quote < 0 ? -1 : text.IndexOf('\'', quote + 1);
        return Uri.UnescapeDataString(second < 0 ? text : text[(second + 1)..]);
    }

    public override string ToString() => Subtype.Length is 0 ? Type : $"{Type}/{Subtype}";

    /// <summary>Reads a Content-Type value, folds included.</summary>
    public static MediaType Read(ReadOnlySpan<byte> value) => Read(value, hasSubtype: true);

    /// <summary>Reads a Content-Disposition value, folds included.</summary>
    public static MediaType ReadDisposition(ReadOnlySpan<byte> value) => Read(value, hasSubtype: false);

    private static MediaType Read(ReadOnlySpan<byte> value, bool hasSubtype)
    {
        var ambiguity = MimeAmbiguity.None;
        var position = 0;
        if (!TrySkip(value, ref position, ref ambiguity) || !TryToken(value, ref position, out var type)) return Unreadable;
        var subtype = "";
        if (hasSubtype)
        {
            if (!TrySkip(value, ref position, ref ambiguity) || !TryPass(value, ref position, (byte)'/')) return Unreadable;
            if (!TrySkip(value, ref position, ref ambiguity) || !TryToken(value, ref position, out subtype)) return Unreadable;
        }

        var parameters = NoParameters.ToBuilder();
        while (true)
        {
            if (!TrySkip(value, ref position, ref ambiguity)) return Malformed(type, subtype, parameters, ambiguity);
            if (position == value.Length) break;
            if (!TryPass(value, ref position, (byte)';') || !TrySkip(value, ref position, ref ambiguity)) return Malformed(type, subtype, parameters, ambiguity);
            // A semicolon at the end is odd, but nobody takes it for anything.
            if (position == value.Length) break;
            if (!TryToken(value, ref position, out var name) || !TrySkip(value, ref position, ref ambiguity) || !TryPass(value, ref position, (byte)'=')
                || !TrySkip(value, ref position, ref ambiguity) || !TryValue(value, ref position, out var text, ref ambiguity))
                return Malformed(type, subtype, parameters, ambiguity);
            if (Has(parameters, name)) ambiguity |= MimeAmbiguity.RepeatedParameter;
            parameters.Add(new(name, text));
        }

        // The plain form and one of RFC 2231 of the same name are two values as well.
        foreach (var (name, _) in parameters)
        {
            if (name.IndexOf('*', StringComparison.Ordinal) is var star and > 0 && Has(parameters, name.AsSpan(0, star))) ambiguity |= MimeAmbiguity.RepeatedParameter;
        }

        return new MediaType(type, subtype, parameters.ToImmutable(), ambiguity);
    }

    private static bool Has(ImmutableArray<KeyValuePair<string, string>>.Builder parameters, ReadOnlySpan<char> name)
    {
        for (var i = 0; i < parameters.Count; i++)
        {
            if (name.SequenceEqual(parameters[i].Key)) return true;
        }

        return false;
    }

    private static MediaType Malformed(string type, string subtype, ImmutableArray<KeyValuePair<string, string>>.Builder parameters, MimeAmbiguity ambiguity) =>
        new(type, subtype, parameters.ToImmutable(), ambiguity | MimeAmbiguity.MalformedField);

    // White space, folds and comments; false when a comment is not closed.
    private static bool TrySkip(ReadOnlySpan<byte> text, ref int position, ref MimeAmbiguity ambiguity)
    {
        var depth = 0;
        for (; position < text.Length; position++)
        {
            switch (text[position])
            {
                case (byte)'(':
                    ambiguity |= MimeAmbiguity.Comment;
                    depth++;
                    break;
                case (byte)')' when depth > 0:
                    depth--;
                    break;
                case (byte)'\\' when depth > 0:
                    position++;
                    break;
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    break;
                default:
                    if (depth is 0) return true;
                    break;
            }
        }

        position = text.Length;
        return depth is 0;
    }

    private static bool TryPass(ReadOnlySpan<byte> text, ref int position, byte expected)
    {
        if (position >= text.Length || text[position] != expected) return false;
        position++;
        return true;
    }

    private static bool TryToken(ReadOnlySpan<byte> text, ref int position, out string token)
    {
        var from = position;
        while (position < text.Length && IsTokenCharacter(text[position])) position++;
        token = Encoding.ASCII.GetString(text[from..position]).ToLowerInvariant();
        return position > from;
    }

    // RFC 2045 §5.1: a token or a quoted string. Old writers leave quotes out around characters that need them; as long as
    // these end nothing, all readers agree.
    private static bool TryValue(ReadOnlySpan<byte> text, ref int position, out string value, ref MimeAmbiguity ambiguity)
    {
        value = "";
        if (position >= text.Length) return false;
        if (text[position] != (byte)'"')
        {
            var from = position;
            while (position < text.Length && text[position] is > (byte)' ' and < 0x7f and not ((byte)';' or (byte)'"' or (byte)'(' or (byte)')' or (byte)',' or (byte)'\\')) position++;
            value = Encoding.ASCII.GetString(text[from..position]);
            return position > from;
        }

        // Nothing in it that has to be taken out, as mostly.
        var rest = text[++position..];
        if (rest.IndexOfAny("\"\\\r\n"u8) is var plain and >= 0 && rest[plain] is (byte)'"')
        {
            value = Encoding.UTF8.GetString(rest[..plain]);
            position += plain + 1;
            return true;
        }

        var unquoted = new List<byte>();
        for (; position < text.Length; position++)
        {
            switch (text[position])
            {
                case (byte)'"':
                    position++;
                    value = Encoding.UTF8.GetString([.. unquoted]);
                    return true;
                case (byte)'\\':
                    ambiguity |= MimeAmbiguity.Comment;
                    if (++position >= text.Length) return false;
                    break;
                case (byte)'\r' or (byte)'\n':
                    continue;
            }

            unquoted.Add(text[position]);
        }

        return false;
    }

    private static bool IsTokenCharacter(byte c) =>
        c is > (byte)' ' and < 0x7f and not ((byte)'(' or (byte)')' or (byte)'<' or (byte)'>' or (byte)'@' or (byte)',' or (byte)';' or (byte)':' or (byte)'\\' or (byte)'"' or (byte)'/' or (byte)'[' or (byte)']' or (byte)'?' or (byte)'=');
}
