namespace MilSwitch.Smime.Messages;

/// <summary>
/// Where two readers may see two different messages in the same octets (threat M2). The entity is read in one way all the
/// same, but nothing that carries one of these may be believed.
/// </summary>
[Flags]
public enum MimeAmbiguity
{
    None = 0,

    /// <summary>MIME-Version or a Content-* field is there twice: readers take the first, the last, or join them.</summary>
    RepeatedField = 1 << 0,

    /// <summary>A parameter is there twice.</summary>
    RepeatedParameter = 1 << 1,

    /// <summary>A structural field does not follow its grammar (RFC 2045 §5.1, RFC 2183 §2).</summary>
    MalformedField = 1 << 2,

    /// <summary>A comment or a quoted pair inside a structural field, which many readers take for text.</summary>
    Comment = 1 << 3,

    /// <summary>White space before a field's colon, or a continuation line without text: for some readers no field, or the header's end.</summary>
    FieldFrame = 1 << 4,

    /// <summary>The header ends in a line that is no field instead of an empty one, or has NUL or an odd line end in it.</summary>
    HeaderEnd = 1 << 5,

    /// <summary>The boundary is in an RFC 2231 form, an encoded word, longer than 70, empty, or has characters that it must not have (RFC 2046 §5.1.1).</summary>
    Boundary = 1 << 6,

    /// <summary>A multipart without boundary, or none of whose delimiters is found.</summary>
    BoundaryMissing = 1 << 7,

    /// <summary>A line begins like a delimiter and goes on, or two open multiparts have boundaries of which one begins like the other.</summary>
    BoundaryPrefix = 1 << 8,

    /// <summary>The last part is not closed.</summary>
    Unclosed = 1 << 9,

    /// <summary>Text or delimiters after the close delimiter.</summary>
    Epilogue = 1 << 10,

    /// <summary>The preamble looks like a part.</summary>
    Preamble = 1 << 11,

    /// <summary>CR or LF alone outside of binary parts.</summary>
    LineEnd = 1 << 12,

    /// <summary>A Content-Transfer-Encoding that is none of the five (RFC 2045 §6.1) to the letter.</summary>
    TransferEncoding = 1 << 13,

    /// <summary>base64 or quoted-printable on what holds parts (RFC 2045 §6.4).</summary>
    EncodedComposite = 1 << 14,

    /// <summary>base64 with other characters, with text after its padding, or cut short (RFC 2045 §6.8).</summary>
    Base64 = 1 << 15,

    /// <summary>An equals sign that begins neither an octet nor a soft line end, or 8-bit octets (RFC 2045 §6.7).</summary>
    QuotedPrintable = 1 << 16,

    /// <summary>A character set in which ASCII octets mean something else.</summary>
    Charset = 1 << 17,

    /// <summary>message/partial, message/external-body or TNEF: what is shown is not, or not readably, in the message.</summary>
    ElsewhereContent = 1 << 18,
}
