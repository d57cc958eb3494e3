namespace MilSwitch.Smime.Tokens;

/// <summary>A certificate that is stored on a token.</summary>
/// <param name="Label"><c>CKA_LABEL</c>.</param>
/// <param name="Id"><c>CKA_ID</c> of its key.</param>
/// <param name="Encoded">DER.</param>
public sealed record TokenCertificate(string Label, ReadOnlyMemory<byte> Id, ReadOnlyMemory<byte> Encoded);
