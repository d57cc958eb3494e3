namespace MilSwitch.Smime.Asn1;

/// <summary>Object identifiers of content types (RFC 5652 §3 and the documents that add to it).</summary>
public static class ContentTypes
{
    public const string Data = "1.2.840.113549.1.7.1";
    public const string SignedData = "1.2.840.113549.1.7.2";
    public const string EnvelopedData = "1.2.840.113549.1.7.3";
    public const string DigestedData = "1.2.840.113549.1.7.5";
    public const string EncryptedData = "1.2.840.113549.1.7.6";

    /// <summary>RFC 2634 §2.8.</summary>
    public const string Receipt = "1.2.840.113549.1.9.16.1.1";

    public const string AuthenticatedData = "1.2.840.113549.1.9.16.1.2";

    /// <summary>RFC 3274 §1.1.</summary>
    public const string CompressedData = "1.2.840.113549.1.9.16.1.9";

    /// <summary>RFC 5083 §2.1.</summary>
    public const string AuthEnvelopedData = "1.2.840.113549.1.9.16.1.23";
}
