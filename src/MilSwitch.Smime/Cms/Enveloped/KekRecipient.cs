using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary><c>KEKRecipientInfo</c>: a key that both sides already share (RFC 5652 §6.2.3).</summary>
public sealed record KekRecipient(ReadOnlyMemory<byte> KeyIdentifier, AlgorithmIdentifier Wrap, ReadOnlyMemory<byte> EncryptedKey) : RecipientInfo
{
    public override string Kind => "kekri";

    public override string Id => Convert.ToHexStringLower(KeyIdentifier.Span);

    public override AlgorithmIdentifier Algorithm => Wrap;
}
