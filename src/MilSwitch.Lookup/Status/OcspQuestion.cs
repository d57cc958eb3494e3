using System.Formats.Asn1;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Status;

/// <summary>OCSPRequest for one certificate, not signed and without a nonce (RFC 6960 §4.1.1, RFC 5019 §2.1). Pure.</summary>
internal static class OcspQuestion
{
    public static byte[] Write(Certificate certificate, Certificate issuer)
    {
        // RFC 5019 §2.1.1: SHA-1, which every responder knows. It only names the issuer; nothing is believed because of it.
        var digest = DigestAlgorithm.Sha1;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(digest.Oid);
                writer.WriteNull();
            }

            writer.WriteOctetString(digest.Hash(issuer.Subject.Encoded.Span));
            writer.WriteOctetString(digest.Hash(issuer.PublicKey.Span));
            writer.WriteInteger(certificate.SerialNumber);
        }

        return writer.Encode();
    }
}
