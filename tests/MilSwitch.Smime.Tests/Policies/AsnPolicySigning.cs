using System.Formats.Asn1;
using System.Runtime.Versioning;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Smime.Tests.Policies;

/// <summary>Makes and signs a small policy in ASN.1 (X.841).</summary>
[SupportedOSPlatform("linux")]
internal static class AsnPolicySigning
{
    /// <param name="signer">Whose name it has as that of its originator.</param>
    /// <param name="key">keyIdentifier; null: that of the certificate.</param>
    /// <param name="name">Of the policy.</param>
    public static byte[] Spif(Certificate signer, byte[]? key = null, string name = "NORTH")
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteInteger(1);
                writer.WriteGeneralizedTime(SignedPki.Now);
                writer.WriteEncodedValue(signer.Subject.Encoded.Span);
                writer.WriteOctetString(key ?? signer.SubjectKeyIdentifier!.Value.ToArray());
            }

            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.3.6.1.4.1.99999.4.5");
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, name);
            }

            writer.WriteObjectIdentifier("2.16.840.1.101.2.1.8.3");
            writer.WriteObjectIdentifier("2.16.840.1.101.2.1.8.3");
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            using (writer.PushSequence())
            {
                writer.WriteInteger(1);
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, "LOW");
                writer.WriteInteger(1);
            }
        }

        return writer.Encode();
    }

    public static byte[] Wrap(byte[] spif, string algorithm, byte[] signature, bool hasNull = false)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(spif);
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(algorithm);
                if (hasNull) writer.WriteNull();
            }

            writer.WriteBitString(signature);
        }

        return writer.Encode();
    }
}
