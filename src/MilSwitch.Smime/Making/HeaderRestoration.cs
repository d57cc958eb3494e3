using System.Buffers;
using MilSwitch.Mime;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Making;

/// <summary>
/// A message from which encryption is taken off, with its header as it would be rendered (RFC 9788 §4.5): the protected
/// fields, and of those outside only what was added in transit (§4.6, §7). Pure; nothing is copied but header fields.
/// </summary>
internal static class HeaderRestoration
{
    /// <param name="root">The message as it came.</param>
    /// <param name="under">The entity that the encryption held: signed, or the payload itself.</param>
    /// <param name="payload">The Cryptographic Payload; null: it can't be had.</param>
    /// <param name="header">How the header is protected.</param>
    public static ReadOnlySequence<byte> Restore(MimeEntity root, MimeEntity under, MimeEntity? payload, ProtectedHeaders header)
    {
        var source = header.Scheme is ProtectionScheme.None ? null : header.Scheme is ProtectionScheme.Rfc8551 ? payload!.Parts[0] : payload;
        return under == payload ? Bare(root, under, source, header) : Around(root, under, source, header);
    }

    /// <summary>The message without any protection.</summary>
    /// <param name="root">The message as it came.</param>
    /// <param name="payload">The Cryptographic Payload.</param>
    /// <param name="source">What carries the protected fields: the payload, the message in it, or a layer around it; null: none does.</param>
    /// <param name="header">How the header is protected.</param>
    public static ReadOnlySequence<byte> Bare(MimeEntity root, MimeEntity payload, MimeEntity? source, ProtectedHeaders header)
    {
        var bare = header.Scheme is ProtectionScheme.Rfc8551 ? source! : payload;
        return ProtectionSource.Assemble(
            Fields(root, source, header), new OctetPieces().Add(HeaderProtectionWriter.UnmarkedHead(bare)).Add(WithoutLegacyElement(bare)).ToSequence());
    }

    /// <summary>The message with a layer at its root that was inside.</summary>
    /// <param name="root">The message as it came.</param>
    /// <param name="layer">The layer, which stays to the octet but for fields that stand on it.</param>
    /// <param name="source">As above.</param>
    /// <param name="header">As above.</param>
    public static ReadOnlySequence<byte> Around(MimeEntity root, MimeEntity layer, MimeEntity? source, ProtectedHeaders header) =>
        ProtectionSource.Assemble(Fields(root, source, header), Layer(layer));

    /// <summary>A layer as an entity of its own: without fields that stand on it, and without marks that they would need.</summary>
    public static ReadOnlySequence<byte> Layer(MimeEntity layer) =>
        layer.MediaType.Parameter("hp") is null ? Bare(layer) : new OctetPieces().Add(HeaderProtectionWriter.UnmarkedHead(layer)).Add(layer.RawBody).ToSequence();

    private static ReadOnlyMemory<byte> Fields(MimeEntity root, MimeEntity? source, ProtectedHeaders header)
    {
        var fields = new ArrayBufferWriter<byte>();
        if (header.Scheme is ProtectionScheme.Rfc7508) CopyAttribute(fields, root, header);
        else if (source is null) Copy(fields, root, name => !FieldNames.IsStructural(name));
        else
        {
            var inside = source.Fields;
            // A field that only a composer writes, and which is not protected, was put there by somebody else.
            Copy(fields, root, name => !FieldNames.IsStructural(name) && (IsKept(name, header) || FieldNames.IsTransit(name) || (!FieldNames.IsComposers(name) && !Has(inside, name))));
            Copy(fields, source, name => !FieldNames.IsStructural(name) && !FieldNames.IsTransit(name) && !IsHpOuter(name) && !IsKept(name, header));
        }

        return fields.WrittenMemory;
    }

    private static bool Has(IReadOnlyList<HeaderText> fields, string name)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].IsNamed(name)) return true;
        }

        return false;
    }

    // RFC 7508 §4.5: only some fields are secured, and the others stay.
    private static void CopyAttribute(ArrayBufferWriter<byte> to, MimeEntity root, ProtectedHeaders header)
    {
        // What could end a field or the header stays in the attribute.
        var secured = header.Fields.Where(f => f.Protected is { } value && !IsKept(f.Name, header) && !FieldNames.IsStructural(f.Name) && IsToken(f.Name) && !value.Any(char.IsControl)).ToArray();
        Copy(to, root, name => !FieldNames.IsStructural(name) && !secured.Any(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)));
        foreach (var field in secured) to.Write(System.Text.Encoding.UTF8.GetBytes($"{field.Name}: {field.Protected}\r\n"));
    }

    private static bool IsToken(string name) => name.Length > 0 && name.All(c => c is > ' ' and < (char)0x7f and not ':');

    private static bool IsKept(string name, ProtectedHeaders header) => header.FromMismatch && name.Equals("From", StringComparison.OrdinalIgnoreCase);

    private static bool IsHpOuter(string name) => name.Equals(FieldNames.HpOuter, StringComparison.OrdinalIgnoreCase);

    // A layer with its own fields and no others: what else stands on it means nothing.
    private static ReadOnlySequence<byte> Bare(MimeEntity layer)
    {
        var head = new ArrayBufferWriter<byte>();
        Copy(head, layer, name => FieldNames.IsStructural(name) && !name.Equals("MIME-Version", StringComparison.OrdinalIgnoreCase));
        head.Write("\r\n"u8);
        return new OctetPieces().Add(head.WrittenMemory).Add(layer.RawBody).ToSequence();
    }

    // RFC 9788 §4.5.3.2, where the charset and the encoding leave lines what they are. The mark goes with the root's other marks.
    private static ReadOnlyMemory<byte> WithoutLegacyElement(MimeEntity payload)
    {
        if (!LegacyDisplay.Marks(payload) || payload.MediaType.Subtype is not "plain" || payload.Encoding is ContentEncoding.Base64 or ContentEncoding.Unknown) return payload.RawBody;
        var body = payload.RawBody.Span;
        if (body.StartsWith("\r\n"u8)) return payload.RawBody[2..];
        var end = body.IndexOf("\r\n\r\n"u8);
        return end < 0 ? default : payload.RawBody[(end + 4)..];
    }

    private static void Copy(ArrayBufferWriter<byte> to, MimeEntity from, Func<string, bool> takes)
    {
        foreach (HeaderField field in from.Header)
        {
            if (!takes(System.Text.Encoding.ASCII.GetString(field.Name.Span))) continue;
            var raw = from.Octets.Span.Slice(field.Start, field.Length);
            to.Write(raw);
            if (!raw.EndsWith("\r\n"u8)) to.Write("\r\n"u8);
        }
    }
}
