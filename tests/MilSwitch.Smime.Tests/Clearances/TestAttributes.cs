using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Labels.Decisions;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Tests.Certificates;

namespace MilSwitch.Smime.Tests.Clearances;

/// <summary>Makes subject directory attributes, constraints and attribute certificates, sound ones and others.</summary>
internal sealed record TestAttributes
{
    public required ECDsa Key { get; init; }

    public required string Issuer { get; init; }

    public required Certificate Holder { get; init; }

    public IReadOnlyList<(string Type, byte[][] Values)> Attributes { get; init; } = [];

    public IReadOnlyList<X509Extension> Extensions { get; init; } = [];

    public DateTimeOffset From { get; init; } = TestAuthority.Start;

    public DateTimeOffset Until { get; init; } = TestAuthority.End;

    public int Version { get; init; } = 1;

    public int Serial { get; init; } = 4711;

    /// <summary>0: by issuer and serial number, 1: by name, 2: by digest of its key.</summary>
    public int HolderForm { get; init; }

    public static X509Extension Directory(params (string Type, byte[][] Values)[] attributes) => TestAuthority.Raw("2.5.29.9", false, w => Write(w, attributes));

    public static X509Extension Constraints(bool isCritical, params Clearance[] clearances) => TestAuthority.Raw("1.3.6.1.5.5.7.1.21", isCritical, w => w.WriteEncodedValue(ClearanceCodec.EncodeConstraints(clearances)));

    public byte[] Encode()
    {
        var body = new AsnWriter(AsnEncodingRules.DER);
        using (body.PushSequence())
        {
            body.WriteInteger(Version);
            using (body.PushSequence()) WriteHolder(body);
            using (body.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) TestAuthority.WriteNames(body, (4, Issuer));
            Algorithm(body);
            body.WriteInteger(Serial);
            using (body.PushSequence())
            {
                body.WriteGeneralizedTime(From, omitFractionalSeconds: true);
                body.WriteGeneralizedTime(Until, omitFractionalSeconds: true);
            }

            Write(body, Attributes);
            if (Extensions.Count > 0)
            {
                using var list = body.PushSequence();
                foreach (var extension in Extensions)
                {
                    using var one = body.PushSequence();
                    body.WriteObjectIdentifier(extension.Oid!.Value!);
                    if (extension.Critical) body.WriteBoolean(true);
                    body.WriteOctetString(extension.RawData);
                }
            }
        }

        var octets = body.Encode();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(octets);
            Algorithm(writer);
            writer.WriteBitString(Key.SignData(octets, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }

        return writer.Encode();
    }

    private void WriteHolder(AsnWriter writer)
    {
        using var form = writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, HolderForm));
        switch (HolderForm)
        {
            case 0:
                TestAuthority.WriteNames(writer, (4, Holder.Issuer.ToString()));
                writer.WriteInteger(Holder.SerialNumber);
                break;
            case 1:
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4))) writer.WriteEncodedValue(Holder.Subject.Encoded.Span);
                break;
            default:
                writer.WriteEncodedValue([0x0A, 1, 0]);
                using (writer.PushSequence()) writer.WriteObjectIdentifier("2.16.840.1.101.3.4.2.1");
                writer.WriteBitString(SHA256.HashData(Holder.SubjectPublicKeyInfo.Span));
                break;
        }
    }

    private static void Write(AsnWriter writer, IEnumerable<(string Type, byte[][] Values)> attributes)
    {
        using var list = writer.PushSequence();
        foreach (var (type, values) in attributes)
        {
            using var attribute = writer.PushSequence();
            writer.WriteObjectIdentifier(type);
            using var set = writer.PushSetOf();
            foreach (var value in values) writer.WriteEncodedValue(value);
        }
    }

    private static void Algorithm(AsnWriter writer)
    {
        using var sequence = writer.PushSequence();
        writer.WriteObjectIdentifier("1.2.840.10045.4.3.2");
    }
}
