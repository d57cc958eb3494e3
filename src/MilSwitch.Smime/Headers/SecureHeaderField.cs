namespace MilSwitch.Smime.Headers;

/// <summary>One field of the SecureHeaderFields attribute (RFC 7508 §4.1), of a signature.</summary>
public sealed record SecureHeaderField(string Name, string Value, SecureHeaderStatus Status);
