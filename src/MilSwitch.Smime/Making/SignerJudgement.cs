using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Making;

/// <summary>What one signature comes to by the certificate it names. Whether that is believed is judged elsewhere. Immutable.</summary>
/// <param name="Signer">As received.</param>
/// <param name="Certificate">DER; empty: nobody has it.</param>
/// <param name="Verdict">Of the signature.</param>
public sealed record SignerJudgement(SignerInfo Signer, ReadOnlyMemory<byte> Certificate, SignerVerdict Verdict)
{
    internal static SignerJudgement Of(SignedData signed, SignerInfo signer, ContentDigests content, IReadOnlyList<ReadOnlyMemory<byte>> certificates, VerificationOptions options)
    {
        var certificate = CertificateOf(signed, signer, certificates);
        return certificate.IsEmpty
            ? new SignerJudgement(signer, certificate, new SignerVerdict { Reasons = [Reason.ChainIncomplete] })
            : new SignerJudgement(signer, certificate, SignerVerifier.Verify(signer, signed.ContentType, content, certificate, KeyOf(certificate), options));
    }

    internal static VerificationKey? KeyOf(ReadOnlyMemory<byte> certificate)
    {
        try
        {
            return VerificationKeys.Shared.Get(certificate);
        }
        catch (CmsFormatException)
        {
            return null;
        }
    }

    internal static ReadOnlyMemory<byte> CertificateOf(SignedData signed, SignerInfo signer, IReadOnlyList<ReadOnlyMemory<byte>> certificates)
    {
        if (signed.CertificateOf(signer) is { IsEmpty: false } sent) return sent;
        foreach (var certificate in certificates)
        {
            try
            {
                if (signer.Identifier.Names(certificate)) return certificate;
            }
            catch (CmsFormatException)
            {
                // One that is none is not the signer's.
            }
        }

        return default;
    }
}
