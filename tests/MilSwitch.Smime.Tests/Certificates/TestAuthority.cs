using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Smime.Tests.Certificates;

/// <summary>A certification authority of the tests: issues certificates, revocation lists and OCSP responses, sound ones and others.</summary>
internal sealed class TestAuthority
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset Now = Start.AddDays(100);
    public static readonly DateTimeOffset End = Start.AddDays(1_000);

    private static int serials = 100;

    private TestAuthority(ECDsa key, X500DistinguishedName name, Certificate certificate) => (Key, Name, Certificate) = (key, name, certificate);

    public ECDsa Key { get; }

    public X500DistinguishedName Name { get; }

    public Certificate Certificate { get; }

    public static TestAuthority Root(string name = "CN=Root", Action<CertificateRequest>? shape = null) => Make(name, null, shape ?? (r => Authority(r)));

    public TestAuthority Below(string name, Action<CertificateRequest>? shape = null) => Make(name, this, shape ?? (r => Authority(r)));

    public static void Authority(CertificateRequest request, int? pathLength = null, X509KeyUsageFlags uses = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, pathLength is not null, pathLength ?? 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(uses, true));
    }

    /// <summary>An end-entity certificate that may sign mail.</summary>
    public Certificate Issue(Action<CertificateRequest>? shape = null, string name = "CN=Alice", DateTimeOffset? from = null, DateTimeOffset? until = null, ECDsa? key = null)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key ?? own, HashAlgorithmName.SHA256);
        if (shape is null) Sign(request);
        else shape(request);
        return Finish(request, Name, Key, from ?? Start, until ?? End);
    }

    public static void Sign(CertificateRequest request) => request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));

    public static X509Extension Raw(string oid, bool critical, Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return new X509Extension(oid, writer.Encode(), critical);
    }

    public static X509Extension Names(params (int Tag, string Text)[] names) => Raw("2.5.29.17", false, w => WriteNames(w, names));

    public static X509Extension Constraints((int Tag, string Text)[] permitted, (int Tag, string Text)[] excluded) => Raw("2.5.29.30", true, w =>
    {
        using var whole = w.PushSequence();
        Subtrees(0, permitted);
        Subtrees(1, excluded);

        void Subtrees(int tag, (int Tag, string Text)[] names)
        {
            if (names.Length is 0) return;
            using var list = w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, tag));
            foreach (var name in names)
            {
                using var subtree = w.PushSequence();
                WriteName(w, name);
            }
        }
    });

    public static X509Extension Policies(params string[] policies) => Raw("2.5.29.32", false, w =>
    {
        using var whole = w.PushSequence();
        foreach (var policy in policies)
        {
            using var one = w.PushSequence();
            w.WriteObjectIdentifier(policy);
        }
    });

    public static X509Extension Mappings(params (string From, string To)[] pairs) => Raw("2.5.29.33", true, w =>
    {
        using var whole = w.PushSequence();
        foreach (var (from, to) in pairs)
        {
            using var one = w.PushSequence();
            w.WriteObjectIdentifier(from);
            w.WriteObjectIdentifier(to);
        }
    });

    /// <summary>A revocation list. 8 takes a certificate off a delta list.</summary>
    public RevocationList List(
        IEnumerable<(Certificate Certificate, int Reason)>? revoked = null, DateTimeOffset? thisUpdate = null, DateTimeOffset? nextUpdate = null, int number = 1, int? baseNumber = null,
        Action<AsnWriter>? scope = null, X509Extension? further = null, bool namesIssuers = false) =>
        RevocationList.Read(ListOctets(revoked, thisUpdate, nextUpdate, number, baseNumber, scope, further, namesIssuers));

    /// <inheritdoc cref="List"/>
    public byte[] ListOctets(
        IEnumerable<(Certificate Certificate, int Reason)>? revoked = null, DateTimeOffset? thisUpdate = null, DateTimeOffset? nextUpdate = null, int number = 1, int? baseNumber = null,
        Action<AsnWriter>? scope = null, X509Extension? further = null, bool namesIssuers = false)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            Algorithm(writer);
            writer.WriteEncodedValue(Name.RawData);
            writer.WriteUtcTime(thisUpdate ?? Now.AddDays(-1));
            writer.WriteUtcTime(nextUpdate ?? Now.AddDays(7));
            if (revoked?.Any() is true)
            {
                using var entries = writer.PushSequence();
                foreach (var (certificate, reason) in revoked)
                {
                    using var entry = writer.PushSequence();
                    writer.WriteInteger(certificate.SerialNumber);
                    writer.WriteUtcTime(Now.AddDays(-2));
                    using var extensions = writer.PushSequence();
                    WriteExtension(writer, Raw("2.5.29.21", false, w => w.WriteEncodedValue([0x0A, 0x01, (byte)reason])));
                    if (namesIssuers)
                    {
                        WriteExtension(writer, Raw("2.5.29.29", true, w =>
                        {
                            using var names = w.PushSequence();
                            using var directory = w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4));
                            w.WriteEncodedValue(certificate.Issuer.Encoded.Span);
                        }));
                    }
                }
            }

            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            using (writer.PushSequence())
            {
                WriteExtension(writer, Raw("2.5.29.20", false, w => w.WriteInteger(number)));
                if (baseNumber is { } complete) WriteExtension(writer, Raw("2.5.29.27", true, w => w.WriteInteger(complete)));
                if (scope is not null) WriteExtension(writer, Raw("2.5.29.28", true, scope));
                if (further is not null) WriteExtension(writer, further);
            }
        }

        return Signed(writer.Encode(), Key);
    }

    /// <summary>An OCSP response about a certificate of this authority.</summary>
    public OcspResponse Answer(Certificate about, int status, DateTimeOffset? thisUpdate = null, DateTimeOffset? nextUpdate = null, Certificate? responder = null, ECDsa? responderKey = null) =>
        OcspResponse.Read(AnswerOctets(about, status, thisUpdate, nextUpdate, responder, responderKey));

    /// <inheritdoc cref="Answer"/>
    public byte[] AnswerOctets(Certificate about, int status, DateTimeOffset? thisUpdate = null, DateTimeOffset? nextUpdate = null, Certificate? responder = null, ECDsa? responderKey = null)
    {
        var data = new AsnWriter(AsnEncodingRules.DER);
        using (data.PushSequence())
        {
            using (data.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1))) data.WriteEncodedValue((responder ?? Certificate).Subject.Encoded.Span);
            data.WriteGeneralizedTime(thisUpdate ?? Now.AddHours(-1), omitFractionalSeconds: true);
            using (data.PushSequence())
            using (data.PushSequence())
            {
                using (data.PushSequence())
                {
                    using (data.PushSequence()) data.WriteObjectIdentifier("2.16.840.1.101.3.4.2.1");
                    data.WriteOctetString(SHA256.HashData(Certificate.Subject.Encoded.Span));
                    data.WriteOctetString(SHA256.HashData(Certificate.PublicKey.Span));
                    data.WriteInteger(about.SerialNumber);
                }

                if (status is 1)
                {
                    using var revoked = data.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1));
                    data.WriteGeneralizedTime(Now.AddDays(-2), omitFractionalSeconds: true);
                }
                else
                {
                    data.WriteNull(new Asn1Tag(TagClass.ContextSpecific, status));
                }

                data.WriteGeneralizedTime(thisUpdate ?? Now.AddHours(-1), omitFractionalSeconds: true);
                if (nextUpdate is { } next)
                {
                    using var wrapper = data.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
                    data.WriteGeneralizedTime(next, omitFractionalSeconds: true);
                }
            }
        }

        var basic = Signed(data.Encode(), responderKey ?? Key, responder);
        var response = new AsnWriter(AsnEncodingRules.DER);
        using (response.PushSequence())
        {
            response.WriteEncodedValue([0x0A, 0x01, 0x00]);
            using (response.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            using (response.PushSequence())
            {
                response.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1.1");
                response.WriteOctetString(basic);
            }
        }

        return response.Encode();
    }

    public static void WriteNames(AsnWriter writer, params (int Tag, string Text)[] names)
    {
        using var whole = writer.PushSequence();
        foreach (var name in names) WriteName(writer, name);
    }

    private static void WriteName(AsnWriter writer, (int Tag, string Text) name)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, name.Tag);
        switch (name.Tag)
        {
            // SmtpUTF8Mailbox, the one otherName of these tests.
            case 0:
                using (writer.PushSequence(tag))
                {
                    writer.WriteObjectIdentifier("1.3.6.1.5.5.7.8.9");
                    using (writer.PushSequence(tag)) writer.WriteCharacterString(UniversalTagNumber.UTF8String, name.Text);
                }

                break;
            case 4:
                using (writer.PushSequence(tag)) writer.WriteEncodedValue(new X500DistinguishedName(name.Text).RawData);
                break;
            case 7:
                writer.WriteOctetString(Convert.FromHexString(name.Text), tag);
                break;
            default:
                writer.WriteCharacterString(UniversalTagNumber.IA5String, name.Text, tag);
                break;
        }
    }

    private static TestAuthority Make(string name, TestAuthority? issuer, Action<CertificateRequest> shape)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        shape(request);
        return new TestAuthority(key, request.SubjectName, Finish(request, issuer?.Name ?? request.SubjectName, issuer?.Key ?? key, Start, End));
    }

    private static Certificate Finish(CertificateRequest request, X500DistinguishedName issuer, ECDsa key, DateTimeOffset from, DateTimeOffset until)
    {
        var serial = BitConverter.GetBytes(Interlocked.Increment(ref serials));
        Array.Reverse(serial);
        using var made = request.Create(issuer, X509SignatureGenerator.CreateForECDsa(key), from, until, serial);
        return Certificate.Read(made.RawData);
    }

    private static byte[] Signed(byte[] octets, ECDsa key, Certificate? responder = null)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(octets);
            Algorithm(writer);
            writer.WriteBitString(key.SignData(octets, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
            if (responder is not null)
            {
                using var certificates = writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
                using var list = writer.PushSequence();
                writer.WriteEncodedValue(responder.Encoded.Span);
            }
        }

        return writer.Encode();
    }

    private static void Algorithm(AsnWriter writer)
    {
        using var sequence = writer.PushSequence();
        writer.WriteObjectIdentifier("1.2.840.10045.4.3.2");
    }

    private static void WriteExtension(AsnWriter writer, X509Extension extension)
    {
        using var sequence = writer.PushSequence();
        writer.WriteObjectIdentifier(extension.Oid!.Value!);
        if (extension.Critical) writer.WriteBoolean(true);
        writer.WriteOctetString(extension.RawData);
    }
}
