namespace MilSwitch.Smime.Certificates;

/// <summary>Extension (RFC 5280 §4.1.2.9). Immutable.</summary>
/// <param name="Type">Object identifier.</param>
/// <param name="IsCritical">Who does not know it must not go on.</param>
/// <param name="Value">The encoded value.</param>
public readonly record struct CertificateExtension(string Type, bool IsCritical, ReadOnlyMemory<byte> Value);
