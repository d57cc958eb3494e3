using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using MilSwitch.Mime;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Headers;

/// <summary>
/// Builds the Cryptographic Payload and the outer header of a message (RFC 9788 §5.2). Fields and bodies are copied to the
/// octet; what is added is a parameter, HP-Outer fields and, when asked, Legacy Display Elements. Trace fields stay outside:
/// they were added in transit (RFC 9788 §7). Pure.
/// </summary>
public static partial class HeaderProtectionWriter
{
    /// <summary>Takes a message apart.</summary>
    /// <param name="message">The whole message, from <see cref="MimeEntity.Read"/>.</param>
    /// <param name="scheme">RFC 9788, RFC 8551 (which RFC 9788 §4.10 forbids to write to anybody who does not need it), or none.</param>
    /// <param name="encrypts">A layer around the payload will encrypt it; only then is anything hidden.</param>
    /// <param name="policy">What is hidden.</param>
    /// <param name="legacyDisplay">Repeat hidden fields in the text, for readers that know no header protection.</param>
    /// <exception cref="FormatException">The header can be read in more than one way, or the policy can't be kept.</exception>
    public static ProtectedMessage Write(MimeEntity message, ProtectionScheme scheme, bool encrypts, HeaderConfidentialityPolicy policy, bool legacyDisplay = false)
    {
        const MimeAmbiguity Unusable = MimeAmbiguity.RepeatedField | MimeAmbiguity.RepeatedParameter | MimeAmbiguity.MalformedField | MimeAmbiguity.FieldFrame | MimeAmbiguity.HeaderEnd;
        if ((message.Ambiguity & Unusable) is not 0 || message.Fault is not MimeFault.None) throw new FormatException("the header can be read in more than one way");
        var outer = new ArrayBufferWriter<byte>();
        var composed = new ArrayBufferWriter<byte>();
        var hpOuter = new ArrayBufferWriter<byte>();
        var hidden = new List<HeaderText>();
        var isHidden = encrypts && scheme is not ProtectionScheme.None;
        foreach (var field in message.Header)
        {
            var text = HeaderText.Of(field);
            // An HP-Outer of others would become believable inside.
            if (FieldNames.IsStructural(text.Name) || text.IsNamed(FieldNames.HpOuter)) continue;
            var isTransit = FieldNames.IsTransit(text.Name);
            var value = isHidden && !isTransit ? policy.Apply(text.Name, text.Value) : text.Value;
            if (value != text.Value && FieldNames.IsUserFacing(text.Name)) hidden.Add(text);
            if (value is null) continue;
            var raw = value == text.Value ? field.RawValue.Span.TrimStart(" \t\r\n"u8) : Fold(value);
            // What need not change stays to the octet.
            if (value == text.Value) CopyField(outer, message, field);
            else WriteField(outer, field.Name.Span, raw);
            if (isTransit) continue;
            if (value == text.Value) CopyField(composed, message, field);
            else WriteField(composed, field.Name.Span, raw);
            hpOuter.Write("HP-Outer: "u8);
            WriteField(hpOuter, field.Name.Span, raw);
        }

        var (head, body) = scheme switch
        {
            ProtectionScheme.None => Payload(message, [], f => FieldNames.IsStructural(f), hp: null, [], []),
            ProtectionScheme.Rfc9788 => Payload(message, [], f => !FieldNames.IsTransit(f), encrypts ? "cipher" : "clear", encrypts ? hpOuter.WrittenSpan : [], legacyDisplay ? hidden : []),
            ProtectionScheme.Rfc8551 => Payload(message, "Content-Type: message/rfc822\r\n\r\n"u8, f => !FieldNames.IsTransit(f), hp: null, [], []),
            _ => throw new ArgumentOutOfRangeException(nameof(scheme), scheme, "this scheme is read only"),
        };
        return new ProtectedMessage(head, body, outer.WrittenMemory) { ComposedFields = composed.WrittenMemory };
    }

    /// <summary>The structural fields of a payload whose protection is off, with their empty line: no mark of header protection stays on it.</summary>
    internal static ReadOnlyMemory<byte> UnmarkedHead(MimeEntity payload) =>
        Payload(payload, [], f => FieldNames.IsStructural(f) && !f.Equals("MIME-Version", StringComparison.OrdinalIgnoreCase), hp: null, [], []).Head;

    // Head and body; the body is the message's own where nothing is put into it.
    private static (ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Body) Payload(
        MimeEntity message, ReadOnlySpan<byte> before, Func<string, bool> keep, string? hp, ReadOnlySpan<byte> hpOuter, List<HeaderText> hidden)
    {
        var into = new ArrayBufferWriter<byte>(message.Octets.Length - message.RawBody.Length + before.Length + hpOuter.Length + 256);
        into.Write(before);
        var edits = new List<Edit>();
        var rootElement = false;
        if (hidden.Count > 0)
        {
            foreach (var part in LegacyDisplay.MainBodies(message))
            {
                if (LegacyDisplay.Element(part, hidden) is not var (at, octets)) continue;
                var start = Start(message, part);
                edits.Add(new Edit(start + part.Octets.Length - part.RawBody.Length + at, 0, octets));
                if (part == message) rootElement = true;
                else edits.Add(TypeEdit(part, start, [("hp-legacy-display", "1")]));
            }
        }

        // A mark of another protection says nothing here.
        var typed = hp is null && !IsMarked(message);
        foreach (var field in message.Header)
        {
            var name = Encoding.ASCII.GetString(field.Name.Span);
            if (!keep(name) || name.Equals(FieldNames.HpOuter, StringComparison.OrdinalIgnoreCase)) continue;
            if (typed || !name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            {
                WriteField(into, field.Name.Span, field.RawValue.Span);
                continue;
            }

            typed = true;
            into.Write(TypeField(message, field, Added(hp, rootElement)));
        }

        if (!typed) into.Write(TypeField(message, null, Added(hp, rootElement)));
        into.Write(hpOuter);
        into.Write("\r\n"u8);
        if (edits.Count is 0) return (into.WrittenMemory, message.RawBody);
        var body = new ArrayBufferWriter<byte>(message.RawBody.Length + edits.Sum(e => e.Octets.Length));
        var copied = 0;
        foreach (var edit in edits.OrderBy(e => e.At))
        {
            body.Write(message.RawBody.Span[copied..edit.At]);
            body.Write(edit.Octets);
            copied = edit.At + edit.Removed;
        }

        body.Write(message.RawBody.Span[copied..]);
        return (into.WrittenMemory, body.WrittenMemory);
    }

    private static (string, string)[] Added(string? hp, bool element) => hp is null ? [] : element ? [("hp-legacy-display", "1"), ("hp", hp)] : [("hp", hp)];

    private static bool IsMarked(MimeEntity entity) => entity.MediaType.Parameters.Any(p => p.Key is "hp" or "hp-legacy-display");

    private static Edit TypeEdit(MimeEntity part, int partStart, (string Name, string Value)[] added)
    {
        foreach (var field in part.Header)
        {
            if (field.Name.Length is 12 && Ascii.EqualsIgnoreCase(field.Name.Span, "Content-Type"u8)) return new Edit(partStart + field.Start, field.Length, TypeField(part, field, added));
        }

        return new Edit(partStart, 0, TypeField(part, null, added));
    }

    // The field as it stands with parameters at its end; written anew when it has one of these already.
    private static byte[] TypeField(MimeEntity entity, HeaderField? field, (string Name, string Value)[] added)
    {
        var value = field is { } f ? Encoding.UTF8.GetString(f.RawValue.Span).Trim(' ', '\t', '\r', '\n', ';') : "text/plain; charset=\"us-ascii\"";
        if (IsMarked(entity)) value = Unmarked(entity.MediaType, value);
        return Encoding.UTF8.GetBytes($"Content-Type: {value}{string.Concat(added.Select(p => $";\r\n {p.Name}=\"{p.Value}\""))}\r\n");
    }

    // As it stands without the marks, where taking them out leaves exactly that; else written anew.
    private static string Unmarked(MediaType type, string value)
    {
        var rest = type.Parameters.Where(p => p.Key is not ("hp" or "hp-legacy-display")).ToArray();
        // As it is mostly written: one mark at the end.
        var end = value.LastIndexOf(';');
        var cut = end > 0 && rest.Length == type.Parameters.Length - 1 && value.AsSpan(end + 1).TrimStart() is "hp=\"cipher\"" or "hp=\"clear\"" ? value[..end].TrimEnd() : Mark().Replace(value, "");
        var read = MediaType.Read(Encoding.UTF8.GetBytes(cut));
        if (read.Type == type.Type && read.Subtype == type.Subtype && read.Parameters.SequenceEqual(rest) && read.Ambiguity == type.Ambiguity) return cut;
        return type.ToString() + string.Concat(rest.Select(p => $";\r\n {p.Key}=\"{p.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""));
    }

    [GeneratedRegex("""\s*;\s*hp(-legacy-display)?\s*=\s*("[^"]*"|[^;\s"]*)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Mark();

    // Where a part begins in the message's body: both are ranges of the same octets.
    private static int Start(MimeEntity message, MimeEntity part)
    {
        if (part == message) return part.RawBody.Length - part.Octets.Length;
        message.RawBody.Span.Overlaps(part.Octets.Span, out var offset);
        return offset;
    }

    // A header that ends where its message does has no line end in its last field.
    private static void CopyField(ArrayBufferWriter<byte> into, MimeEntity message, HeaderField field)
    {
        var raw = message.Octets.Span.Slice(field.Start, field.Length);
        into.Write(raw);
        if (!raw.EndsWith("\r\n"u8)) into.Write("\r\n"u8);
    }

    private static void WriteField(ArrayBufferWriter<byte> into, ReadOnlySpan<byte> name, ReadOnlySpan<byte> rawValue)
    {
        into.Write(name);
        into.Write(rawValue.Length > 0 && rawValue[0] is (byte)' ' or (byte)'\t' or (byte)'\r' ? ":"u8 : ": "u8);
        into.Write(rawValue);
        into.Write("\r\n"u8);
    }

    // RFC 5322 §2.2.3: at white space; what the policies write has commas or nothing to fold.
    private static byte[] Fold(string value) => Encoding.UTF8.GetBytes(value.Length > 66 ? value.Replace(", ", ",\r\n ", StringComparison.Ordinal) : value);

    private readonly record struct Edit(int At, int Removed, byte[] Octets);
}
