namespace MilSwitch.Smime.Headers;

/// <summary>A field, outside and inside.</summary>
/// <param name="Name">As its protected copy writes it, else as the outer one.</param>
/// <param name="Outer">What the message shows to everybody; null when it is not there.</param>
/// <param name="Protected">What is protected; null when nothing is.</param>
/// <param name="Protection">What that means.</param>
/// <param name="Mismatch">Whether the outer value is another than its composer put there.</param>
public sealed record ProtectedField(string Name, string? Outer, string? Protected, FieldProtection Protection, HeaderMismatch Mismatch);
