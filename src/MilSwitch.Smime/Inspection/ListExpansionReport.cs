namespace MilSwitch.Smime.Inspection;

/// <summary>A mail list that passed the message on (RFC 2634 §4.4).</summary>
/// <param name="List">Issuer and serial number, or key identifier, of the list's agent.</param>
/// <param name="ExpansionTime">When it did, as it says.</param>
/// <param name="ReceiptPolicy">One of <c>none instead-of in-addition-to</c>, or null.</param>
public sealed record ListExpansionReport(string List, DateTimeOffset ExpansionTime, string? ReceiptPolicy);
