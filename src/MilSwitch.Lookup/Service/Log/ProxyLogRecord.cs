namespace MilSwitch.Lookup.Service.Log;

/// <summary>One certificate that was issued. Immutable.</summary>
/// <param name="At">When; told to the second.</param>
/// <param name="Recipient">The address in it.</param>
/// <param name="Serial">Its serial number in lower-case hexadecimal digits.</param>
/// <param name="Certificate">Its SHA-256 in lower-case hexadecimal digits.</param>
/// <param name="NotAfter">The end of its life.</param>
/// <param name="Requester">Who asked for it first.</param>
public sealed record ProxyLogRecord(DateTimeOffset At, string Recipient, string Serial, string Certificate, DateTimeOffset NotAfter, string Requester);
