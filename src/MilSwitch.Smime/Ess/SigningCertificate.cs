using System.Formats.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Ess;

/// <summary>
/// <c>SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2, policies SEQUENCE OF PolicyInformation OPTIONAL }</c>
/// (RFC 5035 §3) and SigningCertificate, its first version (RFC 2634 §5.4). Immutable.
/// </summary>
/// <param name="IsSecondVersion">The form of <see cref="Certificates"/>.</param>
/// <param name="Certificates">The signer's first.</param>
/// <param name="Policies">Each PolicyInformation encoded.</param>
public sealed record SigningCertificate(bool IsSecondVersion, IReadOnlyList<EssCertId> Certificates, IReadOnlyList<ReadOnlyMemory<byte>> Policies)
{
    private const int Most = 64;

    /// <exception cref="CmsFormatException">It is none.</exception>
    public static SigningCertificate Read(ReadOnlyMemory<byte> octets, bool isSecondVersion) => EssValue.Decode(octets, "SigningCertificate", reader =>
    {
        var sequence = reader.ReadSequence();
        var certificates = EssValue.Many(sequence.ReadSequence(), 1, Most, r => EssCertId.Read(r, isSecondVersion));
        var policies = sequence.HasData ? EssValue.Many(sequence.ReadSequence(), 0, Most, r => r.ReadEncodedValue()) : [];
        sequence.ThrowIfNotEmpty();
        return new SigningCertificate(isSecondVersion, certificates, policies);
    });

    public byte[] Encode() => EssValue.Encode(w =>
    {
        using (w.PushSequence())
        {
            using (w.PushSequence())
            {
                foreach (var certificate in Certificates) certificate.Write(w, IsSecondVersion);
            }

            if (Policies.Count is 0) return;
            using (w.PushSequence())
            {
                foreach (var policy in Policies) w.WriteEncodedValue(policy.Span);
            }
        }
    });

    /// <summary>The signer's certificate is this one (RFC 5035 §3: the first).</summary>
    /// <exception cref="CmsFormatException">The octets are no certificate.</exception>
    public bool Names(ReadOnlyMemory<byte> certificate) => Certificates[0].Names(certificate);

    internal bool Names(KnownCertificate certificate) => Certificates[0].Names(certificate);

    public bool Equals(SigningCertificate? other) => other is not null && IsSecondVersion == other.IsSecondVersion && Certificates.SequenceEqual(other.Certificates)
        && Policies.Count == other.Policies.Count && Policies.Zip(other.Policies).All(p => p.First.Span.SequenceEqual(p.Second.Span));

    public override int GetHashCode() => HashCode.Combine(IsSecondVersion, Certificates.Count, Policies.Count);
}
