using System.Formats.Asn1;
using MilSwitch.Domain.Addressing;
using MilSwitch.Labels.Decisions;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Ess;

namespace MilSwitch.Lookup.Service;

/// <summary>
/// Writes <c>TBSCertificate</c> (RFC 5280 §4.1) of proxy certificates: .NET's own writer signs at once, and a key on a token
/// can't. Immutable and thread-safe.
/// </summary>
internal sealed class ProxyCertificateWriter(Certificate authority, ProxyAuthoritySettings settings)
{
    // X.520: ub-common-name.
    private const int LongestCommonName = 64;

    // GeneralizedTime from 2050 on (RFC 5280 §4.1.2.5).
    private const int FirstYearOfGeneralizedTime = 2050;

    private readonly byte[]? clearance = settings.Ceiling is { } ceiling ? ClearanceCodec.Encode(ceiling) : null;
    private readonly byte[] capabilities = SmimeCapabilities.Encode(settings.Capabilities);

    /// <summary>What is to be signed.</summary>
    /// <param name="serial">Octets of a positive number, without a leading zero.</param>
    /// <param name="notBefore">Whole seconds.</param>
    /// <param name="notAfter">Whole seconds.</param>
    public byte[] Write(Mailbox recipient, GatewayKey key, ReadOnlySpan<byte> serial, AlgorithmIdentifier algorithm, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        var address = ProxyAddress.Write(recipient);
        var writer = new AsnWriter(AsnEncodingRules.DER, 1_024);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(Context(0))) writer.WriteInteger(2);
            writer.WriteIntegerUnsigned(serial);
            algorithm.Write(writer);
            writer.WriteEncodedValue(authority.Subject.Encoded.Span);
            using (writer.PushSequence())
            {
                WriteTime(writer, notBefore);
                WriteTime(writer, notAfter);
            }

            WriteSubject(writer, address);
            writer.WriteEncodedValue(key.SubjectPublicKeyInfo.Span);
            using (writer.PushSequence(Context(3)))
            using (writer.PushSequence()) WriteExtensions(writer, recipient, address, key);
        }

        return writer.Encode();
    }

    /// <summary>The whole certificate.</summary>
    public static byte[] Finish(ReadOnlySpan<byte> signed, AlgorithmIdentifier algorithm, ReadOnlySpan<byte> signature)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, 1_536);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(signed);
            algorithm.Write(writer);
            writer.WriteBitString(signature);
        }

        return writer.Encode();
    }

    private void WriteExtensions(AsnWriter writer, Mailbox recipient, string address, GatewayKey key)
    {
        // RFC 8550 §4.4.2: for encryption alone, so that nothing is ever signed in the recipient's name.
        Extension(writer, ProxyOids.KeyUsage, critical: true, w => w.WriteNamedBitList(key.Agrees ? KeyUses.KeyAgreement : KeyUses.KeyEncipherment));
        Extension(writer, ProxyOids.ExtendedKeyUsage, critical: false, w =>
        {
            using (w.PushSequence()) w.WriteObjectIdentifier(ProxyOids.EmailProtection);
        });
        Extension(writer, ProxyOids.SubjectAlternativeName, critical: false, w => WriteNames(w, recipient, address));
        Extension(writer, ProxyOids.CertificatePolicies, critical: false, w =>
        {
            using (w.PushSequence())
            using (w.PushSequence()) w.WriteObjectIdentifier(settings.Policy);
        });
        if (clearance is not null) Extension(writer, ProxyOids.SubjectDirectoryAttributes, critical: false, WriteClearance);
        Extension(writer, ProxyOids.SmimeCapabilities, critical: false, w => w.WriteEncodedValue(capabilities));
        Extension(writer, ProxyOids.SubjectKeyIdentifier, critical: false, w => w.WriteOctetString(key.Identifier.Span));
        Extension(writer, ProxyOids.AuthorityKeyIdentifier, critical: false, w =>
        {
            using (w.PushSequence()) w.WriteOctetString(authority.SubjectKeyIdentifier!.Value.Span, Context(0));
        });
        // RFC 9608: it is short-lived instead of revoked.
        Extension(writer, ProxyOids.NoRevocationAvailable, critical: false, w => w.WriteNull());
    }

    // The organization is the disclosure that clients without any idea of boundaries show.
    private void WriteSubject(AsnWriter writer, string address)
    {
        using (writer.PushSequence())
        {
            WriteAttribute(writer, ProxyOids.Organization, settings.BoundaryName);
            if (address.Length <= LongestCommonName) WriteAttribute(writer, ProxyOids.CommonName, address);
        }
    }

    private void WriteNames(AsnWriter writer, Mailbox recipient, string address)
    {
        using (writer.PushSequence())
        {
            if (ProxyAddress.IsAscii(recipient))
            {
                writer.WriteCharacterString(UniversalTagNumber.IA5String, address, Context(1));
            }
            else
            {
                using (writer.PushSequence(Context(0)))
                {
                    writer.WriteObjectIdentifier(ProxyOids.SmtpUtf8Mailbox);
                    using (writer.PushSequence(Context(0))) writer.WriteCharacterString(UniversalTagNumber.UTF8String, address);
                }
            }

            writer.WriteCharacterString(UniversalTagNumber.IA5String, settings.GatewayUri, Context(6));
        }
    }

    // RFC 5913 §2: the attribute with exactly one value.
    private void WriteClearance(AsnWriter writer)
    {
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(ProxyOids.Clearance);
            using (writer.PushSetOf()) writer.WriteEncodedValue(clearance);
        }
    }

    private static void WriteAttribute(AsnWriter writer, string type, string value)
    {
        using (writer.PushSetOf())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(type);
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, value);
        }
    }

    private static void Extension(AsnWriter writer, string type, bool critical, Action<AsnWriter> value)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(type);
            if (critical) writer.WriteBoolean(true);
            using (writer.PushOctetString()) value(writer);
        }
    }

    private static void WriteTime(AsnWriter writer, DateTimeOffset time)
    {
        if (time.UtcDateTime.Year >= FirstYearOfGeneralizedTime) writer.WriteGeneralizedTime(time, omitFractionalSeconds: true);
        else writer.WriteUtcTime(time);
    }

    private static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number);
}
