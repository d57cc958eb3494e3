using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary><c>PasswordRecipientInfo</c> (RFC 5652 §6.2.4).</summary>
/// <param name="Derivation">Null: the key-encryption key comes from elsewhere.</param>
/// <param name="Wrap">How it wraps.</param>
/// <param name="EncryptedKey">The wrapped content-encryption key.</param>
public sealed record PasswordRecipient(AlgorithmIdentifier? Derivation, AlgorithmIdentifier Wrap, ReadOnlyMemory<byte> EncryptedKey) : RecipientInfo
{
    public override string Kind => "pwri";

    public override string Id => "";

    public override AlgorithmIdentifier Algorithm => Wrap;
}
