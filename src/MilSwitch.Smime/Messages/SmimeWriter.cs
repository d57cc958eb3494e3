using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Mime;

namespace MilSwitch.Smime.Messages;

/// <summary>
/// Puts CMS objects into MIME (RFC 8551 §3). What is protected is copied to the octet and never encoded anew; large objects
/// may come in pieces. Each method writes an entity that begins with <c>Content-Type</c>; for a message its outer fields and
/// <c>MIME-Version</c> come before it (<see cref="WriteMessage"/>).
/// </summary>
public static class SmimeWriter
{
    /// <summary>multipart/signed around existing octets (RFC 8551 §3.5.3).</summary>
    /// <param name="to">Where to write.</param>
    /// <param name="content">The signed entity, header and body, in canonical form.</param>
    /// <param name="signature">The detached CMS object.</param>
    /// <param name="digests">Names for micalg, one for each digest algorithm of the signers (RFC 8551 §3.5.3.2).</param>
    /// <exception cref="FormatException">The content has a line end other than CRLF, so that transport would change it.</exception>
    public static void WriteClearSigned(IBufferWriter<byte> to, ReadOnlySpan<byte> content, ReadOnlySequence<byte> signature, params IEnumerable<string> digests)
    {
        // RFC 8551 §3.1.1.
        if (MimeEntityReader.HasBareLineEnd(content)) throw new FormatException("the content is not in canonical form");
        var boundary = Boundary(content);
        to.Write(ClearSignedHead(boundary, digests));
        to.Write(content);
        WriteSignaturePart(to, boundary, signature);
    }

    /// <summary>As <see cref="WriteClearSigned"/>, without copying the content: what is returned refers to it. Whether it is in canonical form is the caller's to know.</summary>
    internal static ReadOnlySequence<byte> ClearSigned(ReadOnlySequence<byte> content, ReadOnlySequence<byte> signature, IEnumerable<string> digests)
    {
        // Drawn after the content was there: who wrote it can't have known these 128 bits.
        var boundary = NewBoundary();
        var last = new ArrayBufferWriter<byte>(PartEncoding.Base64Length(signature.Length) + 512);
        WriteSignaturePart(last, boundary, signature);
        return new OctetPieces().Add(ClearSignedHead(boundary, digests)).Add(content).Add(last.WrittenMemory).ToSequence();
    }

    /// <summary>As <see cref="WriteOpaque"/>; a binary object is not copied.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="cms">The CMS object, also in pieces.</param>
    /// <param name="binary">Without transfer encoding.</param>
    /// <param name="fields">Whole fields that stand before Content-Type, of a header that is protected with the object.</param>
    internal static ReadOnlySequence<byte> Opaque(SmimeClaim type, ReadOnlySequence<byte> cms, bool binary, ReadOnlyMemory<byte> fields = default)
    {
        var pieces = new OctetPieces().Add(fields).Add(OpaqueHead(type, binary, isMarked: !fields.IsEmpty));
        if (binary) return pieces.Add(cms).ToSequence();
        var text = new ArrayBufferWriter<byte>(PartEncoding.Base64Length(cms.Length) + 128);
        PartEncoding.WriteBase64(text, cms);
        return pieces.Add(text.WrittenMemory).ToSequence();
    }

    private static byte[] ClearSignedHead(string boundary, IEnumerable<string> digests) => Encoding.ASCII.GetBytes(
        $"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n micalg=\"{string.Join(',', digests)}\"; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n");

    private static void WriteSignaturePart(IBufferWriter<byte> to, string boundary, ReadOnlySequence<byte> signature)
    {
        to.Write(Encoding.ASCII.GetBytes($"\r\n--{boundary}\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n"));
        PartEncoding.WriteBase64(to, signature);
        to.Write(Encoding.ASCII.GetBytes($"--{boundary}--\r\n"));
    }

    /// <summary>application/pkcs7-mime (RFC 8551 §3.2).</summary>
    /// <param name="to">Where to write.</param>
    /// <param name="type">What it is.</param>
    /// <param name="cms">The CMS object, also in pieces.</param>
    /// <param name="binary">Without transfer encoding: for what other layers will hold (RFC 8551 §3.1.2); base64 for the outermost.</param>
    public static void WriteOpaque(IBufferWriter<byte> to, SmimeClaim type, ReadOnlySequence<byte> cms, bool binary)
    {
        to.Write(OpaqueHead(type, binary, isMarked: false));
        if (!binary)
        {
            PartEncoding.WriteBase64(to, cms);
            return;
        }

        foreach (var piece in cms) to.Write(piece.Span);
    }

    private static byte[] OpaqueHead(SmimeClaim type, bool binary, bool isMarked)
    {
        var (word, name) = type switch
        {
            SmimeClaim.SignedData => ("signed-data", "smime.p7m"),
            SmimeClaim.EnvelopedData => ("enveloped-data", "smime.p7m"),
            SmimeClaim.AuthEnvelopedData => ("authEnveloped-data", "smime.p7m"),
            SmimeClaim.CompressedData => ("compressed-data", "smime.p7z"),
            SmimeClaim.CertsOnly => ("certs-only", "smime.p7c"),
            SmimeClaim.SignedReceipt => ("signed-receipt", "smime.p7m"),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no type to write"),
        };
        return Encoding.ASCII.GetBytes(
            $"Content-Type: application/pkcs7-mime; smime-type={word};\r\n name=\"{name}\"{(isMarked ? "; hp=\"clear\"" : "")}\r\nContent-Transfer-Encoding: {(binary ? "binary" : "base64")}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n");
    }

    /// <summary>A message: outer fields, MIME-Version, the entity.</summary>
    public static void WriteMessage(IBufferWriter<byte> to, ReadOnlySpan<byte> outerFields, ReadOnlySpan<byte> entity)
    {
        to.Write(outerFields);
        to.Write("MIME-Version: 1.0\r\n"u8);
        to.Write(entity);
    }

    /// <summary>
    /// The message with another entity at its root: its other fields stay to the octet and in their order. So the outer layer
    /// of a triple wrap is replaced or taken off, while what it holds is the same octets as before (RFC 2634 §1.1).
    /// </summary>
    public static void ReplaceRoot(IBufferWriter<byte> to, MimeEntity message, ReadOnlySpan<byte> entity)
    {
        foreach (var field in message.Header)
        {
            if (Headers.FieldNames.IsStructural(Encoding.ASCII.GetString(field.Name.Span))) continue;
            var raw = message.Octets.Span.Slice(field.Start, field.Length);
            to.Write(raw);
            if (!raw.EndsWith("\r\n"u8)) to.Write("\r\n"u8);
        }

        to.Write("MIME-Version: 1.0\r\n"u8);
        to.Write(entity);
    }

    /// <summary>
    /// The entity in 7 bits (RFC 8551 §3.1.3): leaves with other octets or too long lines are encoded, everything else stays
    /// as it is. Only for what nobody has signed yet.
    /// </summary>
    /// <exception cref="FormatException">A signed part would have to change, the entity is ambiguous, or its header is not ASCII.</exception>
    public static byte[] ToSevenBit(MimeEntity entity)
    {
        if (entity.TreeAmbiguity is not MimeAmbiguity.None || entity.Fault is not MimeFault.None) throw new FormatException("the entity is ambiguous");
        if (IsSevenBit(entity.Octets.Span)) return entity.Octets.ToArray();
        var into = new ArrayBufferWriter<byte>(entity.Octets.Length * 2);
        var copied = 0;
        foreach (var part in entity.Walk())
        {
            var start = Start(entity, part);
            if (IsSevenBit(part.Octets.Span)) continue;
            if (part.MediaType.Is("multipart", "signed")) throw new FormatException("a signed part is not in 7 bits");
            var header = part.Octets.Span[..^part.RawBody.Length];
            if (!IsSevenBit(header)) throw new FormatException("a header is not in 7 bits");
            into.Write(entity.Octets.Span[copied..start]);
            copied = start + header.Length;
            var asText = part.MediaType.Type is "text" && part.Encoding is not ContentEncoding.Binary;
            foreach (var field in part.Header)
            {
                if (!MimeEntityReader.Is(field.Name.Span, "Content-Transfer-Encoding"u8)) into.Write(part.Octets.Span.Slice(field.Start, field.Length));
            }

            if (part.IsLeaf) into.Write(asText ? "Content-Transfer-Encoding: quoted-printable\r\n"u8 : "Content-Transfer-Encoding: base64\r\n"u8);
            into.Write("\r\n"u8);
            if (!part.IsLeaf) continue;
            if (asText) into.Write(PartEncoding.QuotedPrintable(part.RawBody.Span));
            else PartEncoding.WriteBase64(into, new ReadOnlySequence<byte>(part.RawBody));
            copied += part.RawBody.Length;
        }

        into.Write(entity.Octets.Span[copied..]);
        return into.WrittenSpan.ToArray();
    }

    // RFC 2045 §2.7: ASCII without NUL, and no line over 998 octets.
    internal static bool IsSevenBit(ReadOnlySpan<byte> octets)
    {
        if (octets.ContainsAnyExceptInRange((byte)1, (byte)0x7f)) return false;
        while (octets.Length > 998)
        {
            var end = octets.IndexOf((byte)'\n');
            if (end is < 0 or > 999) return false;
            octets = octets[(end + 1)..];
        }

        return true;
    }

    private static int Start(MimeEntity whole, MimeEntity part)
    {
        if (part.Octets.Length is 0) return 0;
        whole.Octets.Span.Overlaps(part.Octets.Span, out var offset);
        return offset;
    }

    // RFC 2046 §5.1.1: must not occur in what it separates. 128 random bits never do, but who wrote the content may not choose either.
    private static string Boundary(ReadOnlySpan<byte> content)
    {
        while (true)
        {
            var boundary = NewBoundary();
            if (content.IndexOf(Encoding.ASCII.GetBytes(boundary)) < 0) return boundary;
        }
    }

    private static string NewBoundary() => "=_" + Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
}
