using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>An <c>OtherRecipientInfo</c> of a type that is not known here (RFC 5652 §6.2.5).</summary>
/// <param name="Type">Its object identifier.</param>
/// <param name="Value">As it was read.</param>
public sealed record UnknownRecipient(string Type, ReadOnlyMemory<byte> Value) : RecipientInfo
{
    public override string Kind => "ori";

    public override string Id => Type;

    public override AlgorithmIdentifier Algorithm => new(Type);
}
