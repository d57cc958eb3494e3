using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Enveloped;

namespace MilSwitch.Lookup.Service.Opening;

/// <summary>
/// What decryption needs of a certificate (issuer, serial number, key, key identifier) in the form of one. It is signed by
/// nobody, is good for nothing else, and never leaves the process.
/// </summary>
internal static class ProxyStandIn
{
    // id-alg-unsigned (RFC 9925 §3).
    private static readonly AlgorithmIdentifier Unsigned = new("1.3.6.1.5.5.7.6.36");

    // Any: nobody looks at the serial number where the key identifier names the recipient.
    private static readonly byte[] AnySerial = [1];

    public static byte[] Write(Certificate authority, GatewayKey key, RecipientIdentifier identifier)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, 512 + key.SubjectPublicKeyInfo.Length);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) writer.WriteInteger(2);
                writer.WriteInteger(identifier.IsKeyIdentifier ? AnySerial : identifier.Serial.Span);
                Unsigned.Write(writer);
                writer.WriteEncodedValue(authority.Subject.Encoded.Span);
                using (writer.PushSequence())
                {
                    writer.WriteUtcTime(DateTimeOffset.UnixEpoch);
                    writer.WriteUtcTime(DateTimeOffset.UnixEpoch);
                }

                using (writer.PushSequence())
                {
                }

                writer.WriteEncodedValue(key.SubjectPublicKeyInfo.Span);
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3)))
                using (writer.PushSequence())
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(ProxyOids.SubjectKeyIdentifier);
                    using (writer.PushOctetString()) writer.WriteOctetString(key.Identifier.Span);
                }
            }

            Unsigned.Write(writer);
            writer.WriteBitString([]);
        }

        return writer.Encode();
    }
}
