namespace MilSwitch.Smime.Messages;

/// <summary>Content-Transfer-Encoding (RFC 2045 §6.1).</summary>
public enum ContentEncoding : byte
{
    /// <summary>The default.</summary>
    SevenBit,

    EightBit,

    Binary,

    QuotedPrintable,

    Base64,

    /// <summary>Any other word: what the octets mean is not known.</summary>
    Unknown,
}
