namespace MilSwitch.Checks.Parts;

/// <summary>Content-Transfer-Encoding (RFC 2045 §6.1).</summary>
public enum PartEncoding : byte
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
