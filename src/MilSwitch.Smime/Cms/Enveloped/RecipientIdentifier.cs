using System.Formats.Asn1;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>Which certificate a recipient is named by: issuer and serial number, or subject key identifier (RFC 5652 §6.2.1). Immutable.</summary>
/// <param name="Issuer">The encoded name; empty when named by key identifier.</param>
/// <param name="Serial">Octets of the serial number, as encoded; empty when named by key identifier.</param>
/// <param name="KeyIdentifier">Empty when named by issuer and serial number.</param>
public sealed record RecipientIdentifier(ReadOnlyMemory<byte> Issuer, ReadOnlyMemory<byte> Serial, ReadOnlyMemory<byte> KeyIdentifier)
{
    private static readonly Asn1Tag KeyTag = new(TagClass.ContextSpecific, 0);

    public bool IsKeyIdentifier => Issuer.IsEmpty;

    /// <summary>Serial number or key identifier in hexadecimal digits, for people.</summary>
    public override string ToString() => Convert.ToHexStringLower((IsKeyIdentifier ? KeyIdentifier : Serial).Span);

    public bool Equals(RecipientIdentifier? other) =>
        other is not null && Issuer.Span.SequenceEqual(other.Issuer.Span) && Serial.Span.SequenceEqual(other.Serial.Span)
        && KeyIdentifier.Span.SequenceEqual(other.KeyIdentifier.Span);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Serial.Span);
        hash.AddBytes(KeyIdentifier.Span);
        return hash.ToHashCode();
    }

    /// <summary><c>RecipientIdentifier</c>.</summary>
    internal static RecipientIdentifier Read(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(KeyTag) ? new RecipientIdentifier(default, default, reader.ReadOctetString(KeyTag)) : ReadIssuerAndSerial(reader);

    /// <summary><c>KeyAgreeRecipientIdentifier</c>: the key identifier comes with a date and another attribute, which name nothing by themselves.</summary>
    internal static RecipientIdentifier ReadKeyAgreement(AsnReader reader)
    {
        if (!reader.PeekTag().HasSameClassAndValue(KeyTag)) return ReadIssuerAndSerial(reader);
        return new RecipientIdentifier(default, default, reader.ReadSequence(KeyTag).ReadOctetString());
    }

    internal void Write(AsnWriter writer)
    {
        if (IsKeyIdentifier) writer.WriteOctetString(KeyIdentifier.Span, KeyTag);
        else WriteIssuerAndSerial(writer);
    }

    internal void WriteKeyAgreement(AsnWriter writer)
    {
        if (!IsKeyIdentifier) WriteIssuerAndSerial(writer);
        else using (writer.PushSequence(KeyTag)) writer.WriteOctetString(KeyIdentifier.Span);
    }

    private static RecipientIdentifier ReadIssuerAndSerial(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        var issuer = sequence.ReadEncodedValue();
        if (issuer.Span[0] is not 0x30) throw new AsnContentException();
        var serial = sequence.ReadIntegerBytes();
        sequence.ThrowIfNotEmpty();
        return new RecipientIdentifier(issuer, serial, default);
    }

    private void WriteIssuerAndSerial(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(Issuer.Span);
            writer.WriteInteger(Serial.Span);
        }
    }
}
