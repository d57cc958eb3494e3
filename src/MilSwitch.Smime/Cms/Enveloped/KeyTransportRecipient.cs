using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary><c>KeyTransRecipientInfo</c> (RFC 5652 §6.2.1).</summary>
public sealed record KeyTransportRecipient(RecipientIdentifier Recipient, AlgorithmIdentifier Transport, ReadOnlyMemory<byte> EncryptedKey) : RecipientInfo
{
    public override string Kind => "ktri";

    public override string Id => Recipient.ToString();

    public override AlgorithmIdentifier Algorithm => Transport;
}
