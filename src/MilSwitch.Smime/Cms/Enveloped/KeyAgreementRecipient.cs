using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>One recipient of a <c>KeyAgreeRecipientInfo</c> (RFC 5652 §6.2.2), which may hold several.</summary>
/// <param name="Recipient">Whose key takes part.</param>
/// <param name="Agreement">Key agreement and derivation; its parameters name the key wrap.</param>
/// <param name="Originator">The sender's certificate when its key is static, else null.</param>
/// <param name="OriginatorAlgorithm">Of the sender's ephemeral key; parameters are often absent (RFC 5753 §3.1.1).</param>
/// <param name="OriginatorKey">Octets of the sender's ephemeral public key; empty when the key is static.</param>
/// <param name="UserKeyingMaterial">Null when absent.</param>
/// <param name="EncryptedKey">The wrapped content-encryption key.</param>
public sealed record KeyAgreementRecipient(
    RecipientIdentifier Recipient,
    AlgorithmIdentifier Agreement,
    RecipientIdentifier? Originator,
    AlgorithmIdentifier OriginatorAlgorithm,
    ReadOnlyMemory<byte> OriginatorKey,
    ReadOnlyMemory<byte>? UserKeyingMaterial,
    ReadOnlyMemory<byte> EncryptedKey) : RecipientInfo
{
    public override string Kind => "kari";

    public override string Id => Recipient.ToString();

    public override AlgorithmIdentifier Algorithm => Agreement;
}
