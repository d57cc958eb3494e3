namespace MilSwitch.Smime.Headers;

/// <summary>A message taken apart for protection.</summary>
/// <param name="Payload">The MIME entity to sign and encrypt.</param>
/// <param name="OuterFields">What stands before the fields of the protected entity: whole fields with their line ends, no empty line.</param>
public sealed record ProtectedMessage(ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> OuterFields);
