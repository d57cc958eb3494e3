using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary><c>KEMRecipientInfo</c> (RFC 9629 §3).</summary>
/// <param name="Recipient">Whose key opens the ciphertext.</param>
/// <param name="Kem">The mechanism.</param>
/// <param name="Ciphertext">Octets of <c>kemct</c>.</param>
/// <param name="Derivation">From the shared secret to the key-encryption key.</param>
/// <param name="KekLength">Octets of the key-encryption key.</param>
/// <param name="UserKeyingMaterial">Null when absent.</param>
/// <param name="Wrap">How the key-encryption key wraps.</param>
/// <param name="EncryptedKey">The wrapped content-encryption key.</param>
public sealed record KemRecipient(
    RecipientIdentifier Recipient,
    AlgorithmIdentifier Kem,
    ReadOnlyMemory<byte> Ciphertext,
    AlgorithmIdentifier Derivation,
    int KekLength,
    ReadOnlyMemory<byte>? UserKeyingMaterial,
    AlgorithmIdentifier Wrap,
    ReadOnlyMemory<byte> EncryptedKey) : RecipientInfo
{
    public override string Kind => "kemri";

    public override string Id => Recipient.ToString();

    public override AlgorithmIdentifier Algorithm => Kem;
}
