namespace MilSwitch.Checks.Parts;

/// <summary>
/// Where two readers may see two messages in the same octets (threat M2), and where reading stopped (threat M1). Each has one
/// sentence for people in <see cref="PartFaultTexts"/>.
/// </summary>
[Flags]
public enum PartFaults
{
    None = 0,

    /// <summary>NUL, CR alone or LF alone in a header (RFC 5322 §2.2).</summary>
    HeaderLineEnd = 1 << 0,

    /// <summary>A header ends in a line that is no field instead of an empty one.</summary>
    HeaderEnd = 1 << 1,

    /// <summary>White space before a colon, or a continuation line without text (RFC 5322 §4.2, §4.5).</summary>
    FieldFrame = 1 << 2,

    /// <summary>MIME-Version or a Content-* field stands twice.</summary>
    RepeatedField = 1 << 3,

    /// <summary>A parameter stands twice, or in its plain form and in one of RFC 2231.</summary>
    RepeatedParameter = 1 << 4,

    /// <summary>MIME-Version, Content-Type or Content-Disposition does not follow its grammar (RFC 2045 §4, §5.1, RFC 2183 §2), or pieces of a parameter are missing or not in their order (RFC 2231 §3).</summary>
    MalformedField = 1 << 5,

    /// <summary>A comment or a quoted pair in one of these fields, which many readers take for text.</summary>
    Comment = 1 << 6,

    /// <summary>MIME fields without MIME-Version (RFC 2045 §4): for some readers this is plain text.</summary>
    NoVersion = 1 << 7,

    /// <summary>A boundary in an RFC 2231 form, as an encoded word, empty, longer than 70, or with characters that it must not have (RFC 2046 §5.1.1).</summary>
    BoundaryForm = 1 << 8,

    /// <summary>A multipart without boundary, or without any delimiter.</summary>
    BoundaryMissing = 1 << 9,

    /// <summary>A line that begins like a delimiter and goes on, or boundaries inside each other of which one begins like the other.</summary>
    BoundaryPrefix = 1 << 10,

    /// <summary>The last part of a multipart is not closed.</summary>
    Unclosed = 1 << 11,

    /// <summary>Text or delimiters behind the close delimiter.</summary>
    Epilogue = 1 << 12,

    /// <summary>What stands before the first delimiter looks like a part, or is longer than a kilobyte.</summary>
    Preamble = 1 << 13,

    /// <summary>CR or LF alone in a body that is not binary.</summary>
    LineEnd = 1 << 14,

    /// <summary>A Content-Transfer-Encoding that is none of the five words of RFC 2045 §6.1.</summary>
    TransferEncoding = 1 << 15,

    /// <summary>base64 or quoted-printable around parts (RFC 2045 §6.4).</summary>
    EncodedComposite = 1 << 16,

    /// <summary>base64 with other characters, with text behind its padding, or cut short (RFC 2045 §6.8).</summary>
    Base64 = 1 << 17,

    /// <summary>An equals sign that begins neither an octet nor a soft line end, or octets that must be encoded (RFC 2045 §6.7).</summary>
    QuotedPrintable = 1 << 18,

    /// <summary>A character set in which ASCII octets mean something else.</summary>
    Charset = 1 << 19,

    /// <summary>message/partial (RFC 2046 §5.2.2): the rest is in other messages.</summary>
    Partial = 1 << 20,

    /// <summary>message/external-body (RFC 2046 §5.2.3): the content is elsewhere.</summary>
    ExternalBody = 1 << 21,

    /// <summary>A winmail.dat, which holds a message of its own that no MIME reader sees.</summary>
    Tnef = 1 << 22,

    /// <summary>Octets above 127 in a part that says it has none.</summary>
    EightBit = 1 << 23,

    /// <summary>uuencode, yEnc or BinHex inside a text: some readers show a file there.</summary>
    FileInText = 1 << 24,

    /// <summary>Composites inside each other beyond the limit; reading stopped.</summary>
    TooDeep = 1 << 25,

    /// <summary>Parts beyond the limit; reading stopped.</summary>
    TooManyParts = 1 << 26,

    /// <summary>A header or the decoded octets beyond the limit; reading stopped.</summary>
    TooLarge = 1 << 27,
}
