namespace MilSwitch.Smime.Inspection;

/// <summary>A signed receipt (RFC 2634 §2.8); all values hexadecimal.</summary>
public sealed record ReceiptReport(string ContentIdentifier, string OriginatorSignature, string? MsgSigDigest);
