namespace MilSwitch.Smime.Ess;

/// <summary>One field of <see cref="SecureHeaderFields"/> (RFC 7508 §4.1). Immutable.</summary>
/// <param name="Name">Without colon.</param>
/// <param name="Value">As canonicalized.</param>
/// <param name="Status">What became of the field outside.</param>
public readonly record struct SecureHeaderField(string Name, string Value, SecureHeaderFieldStatus Status = SecureHeaderFieldStatus.Duplicated);
