using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary><c>RecipientInfos ::= SET SIZE (1..MAX) OF RecipientInfo</c> (RFC 5652 §6.1). Each recipient of a key agreement counts. Pure.</summary>
internal static class RecipientInfoReader
{
    private static readonly Asn1Tag Zero = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag One = new(TagClass.ContextSpecific, 1);

    public static IReadOnlyList<RecipientInfo> Read(AsnReader reader, CmsBounds bounds)
    {
        var set = reader.ReadSetOf(skipSortOrderValidation: true);
        var recipients = new List<RecipientInfo>();
        while (set.HasData)
        {
            var tag = set.PeekTag();
            if (tag.HasSameClassAndValue(Asn1Tag.Sequence)) recipients.Add(ReadTransport(set.ReadSequence()));
            else if (tag.TagClass is not TagClass.ContextSpecific) throw new AsnContentException();
            else
            {
                var one = set.ReadSequence(tag);
                switch (tag.TagValue)
                {
                    case 1:
                        ReadAgreement(one, recipients, bounds);
                        break;
                    case 2:
                        recipients.Add(ReadKek(one));
                        break;
                    case 3:
                        recipients.Add(ReadPassword(one));
                        break;
                    case 4:
                        recipients.Add(ReadOther(one));
                        break;
                    default:
                        throw new AsnContentException();
                }
            }

            Bound(recipients, bounds);
        }

        return recipients;
    }

    private static void Bound(List<RecipientInfo> recipients, CmsBounds bounds)
    {
        if (recipients.Count > bounds.Recipients) throw new CmsFormatException("too many recipients", CmsFault.TooLarge);
    }

    private static KeyTransportRecipient ReadTransport(AsnReader reader)
    {
        reader.ReadIntegerBytes();
        var recipient = RecipientIdentifier.Read(reader);
        var algorithm = AlgorithmIdentifier.Read(reader);
        var key = reader.ReadOctetString();
        reader.ThrowIfNotEmpty();
        return new KeyTransportRecipient(recipient, algorithm, key);
    }

    private static void ReadAgreement(AsnReader reader, List<RecipientInfo> recipients, CmsBounds bounds)
    {
        reader.ReadIntegerBytes();
        var wrapper = reader.ReadSequence(Zero);
        RecipientIdentifier? originator = null;
        AlgorithmIdentifier keyAlgorithm = default;
        ReadOnlyMemory<byte> key = default;
        if (wrapper.PeekTag().HasSameClassAndValue(One))
        {
            var originatorKey = wrapper.ReadSequence(One);
            keyAlgorithm = AlgorithmIdentifier.Read(originatorKey);
            key = originatorKey.ReadBitString(out var unused);
            if (unused is not 0) throw new AsnContentException();
            originatorKey.ThrowIfNotEmpty();
        }
        else
        {
            originator = RecipientIdentifier.Read(wrapper);
        }

        wrapper.ThrowIfNotEmpty();
        var material = ReadMaterial(reader, One);
        var algorithm = AlgorithmIdentifier.Read(reader);
        var keys = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        while (keys.HasData)
        {
            var one = keys.ReadSequence();
            var recipient = RecipientIdentifier.ReadKeyAgreement(one);
            var encrypted = one.ReadOctetString();
            one.ThrowIfNotEmpty();
            recipients.Add(new KeyAgreementRecipient(recipient, algorithm, originator, keyAlgorithm, key, material, encrypted));
            Bound(recipients, bounds);
        }
    }

    private static KekRecipient ReadKek(AsnReader reader)
    {
        reader.ReadIntegerBytes();
        var identifier = reader.ReadSequence().ReadOctetString();
        var algorithm = AlgorithmIdentifier.Read(reader);
        var key = reader.ReadOctetString();
        reader.ThrowIfNotEmpty();
        return new KekRecipient(identifier, algorithm, key);
    }

    private static PasswordRecipient ReadPassword(AsnReader reader)
    {
        reader.ReadIntegerBytes();
        // IMPLICIT: the tag stands in place of the SEQUENCE's.
        AlgorithmIdentifier? derivation = null;
        if (reader.PeekTag().HasSameClassAndValue(Zero))
        {
            var sequence = reader.ReadSequence(Zero);
            var oid = sequence.ReadObjectIdentifier();
            derivation = new AlgorithmIdentifier(oid, sequence.HasData ? sequence.ReadEncodedValue() : default);
            sequence.ThrowIfNotEmpty();
        }

        var algorithm = AlgorithmIdentifier.Read(reader);
        var key = reader.ReadOctetString();
        reader.ThrowIfNotEmpty();
        return new PasswordRecipient(derivation, algorithm, key);
    }

    private static RecipientInfo ReadOther(AsnReader reader)
    {
        var type = reader.ReadObjectIdentifier();
        var value = reader.ReadEncodedValue();
        reader.ThrowIfNotEmpty();
        return type == EnvelopedOids.KemRecipient ? ReadKem(new AsnReader(value, AsnEncodingRules.BER).ReadSequence()) : new UnknownRecipient(type, value);
    }

    private static KemRecipient ReadKem(AsnReader reader)
    {
        reader.ReadIntegerBytes();
        var recipient = RecipientIdentifier.Read(reader);
        var kem = AlgorithmIdentifier.Read(reader);
        var ciphertext = reader.ReadOctetString();
        var derivation = AlgorithmIdentifier.Read(reader);
        if (!reader.TryReadInt32(out var length) || length is < 1 or > 65_535) throw new AsnContentException();
        var material = ReadMaterial(reader, Zero);
        var wrap = AlgorithmIdentifier.Read(reader);
        var key = reader.ReadOctetString();
        reader.ThrowIfNotEmpty();
        return new KemRecipient(recipient, kem, ciphertext, derivation, length, material, wrap, key);
    }

    private static ReadOnlyMemory<byte>? ReadMaterial(AsnReader reader, Asn1Tag tag)
    {
        if (!reader.PeekTag().HasSameClassAndValue(tag)) return null;
        var wrapper = reader.ReadSequence(tag);
        var material = wrapper.ReadOctetString();
        wrapper.ThrowIfNotEmpty();
        return material;
    }
}
