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
        var fields = new ArrayBufferWriter<byte>();
        var source = header.Scheme is ProtectionScheme.None ? null : header.Scheme is ProtectionScheme.Rfc8551 ? payload!.Parts[0] : payload;
        if (source is null) Copy(fields, root, name => !FieldNames.IsStructural(name));
        else
        {
            var inside = HeaderText.Read(source.Header).Select(f => f.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
            // A field that only a composer writes, and which is not protected, was put there by somebody else.
            Copy(fields, root, name => !FieldNames.IsStructural(name) && (IsKept(name, header) || FieldNames.IsTransit(name) || (!inside.Contains(name) && !FieldNames.IsComposers(name))));
            Copy(fields, source, name => !FieldNames.IsStructural(name) && !FieldNames.IsTransit(name) && !IsHpOuter(name) && !IsKept(name, header));
        }

        if (under != payload) return ProtectionSource.Assemble(fields.WrittenMemory, Bare(under));
        var bare = source ?? under;
        return ProtectionSource.Assemble(
            fields.WrittenMemory, new OctetPieces().Add(HeaderProtectionWriter.UnmarkedHead(bare)).Add(WithoutLegacyElement(bare)).ToSequence());
    }

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
