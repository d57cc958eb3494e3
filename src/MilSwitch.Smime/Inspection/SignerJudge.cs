using System.Collections.Immutable;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Inspection;

/// <summary>
/// Judges the signers of one SignedData: each by itself, with the certificates, revocation lists and anchors at hand. A
/// certificate in the message only helps to find a path (threat C5).
/// </summary>
internal sealed class SignerJudge
{
    private readonly SignedData signed;
    private readonly ContentDigests? content;
    private readonly InspectionOptions options;
    private readonly VerificationOptions verification;
    private readonly IReadOnlyList<Certificate> carried;
    private readonly PathOptions path;

    public SignerJudge(SignedData signed, ContentDigests? content, InspectionOptions options)
    {
        this.signed = signed;
        this.content = content;
        this.options = options;
        verification = new VerificationOptions { Suite = options.Suite, WithoutAttributes = options.Suite == AlgorithmSuite.Legacy };
        carried = [.. Parse(signed.Certificates, c => CertificateTable.Shared.Read(c, options.Bounds))];
        path = new PathOptions
        {
            Trust = options.Trust,
            At = options.At,
            MessageCertificates = carried,
            // Copies: verdicts on them may be kept for longer than the message.
            MessageRevocationLists = [.. Parse(signed.RevocationLists, l => RevocationList.Read(l.ToArray()))],
            Purpose = PathPurpose.Sign,
            Revocation = options.Revocation,
            Suite = options.Suite,
        };
    }

    public ImmutableArray<SignerFinding> Judge() => [.. signed.Signers.Select(s => Judge(s, null))];

    // Recursion ends at CmsBounds.Countersignatures.
    private SignerFinding Judge(SignerInfo signer, SignerInfo? countersigned)
    {
        SignerFinding? first = null;
        // Two certificates may bear one name and number: the one with which the signature is good is meant.
        foreach (var certificate in Candidates(signer))
        {
            var finding = Judge(signer, countersigned, certificate);
            if (finding.Signature!.IsGood) return finding;
            first ??= finding;
        }

        return first ?? new SignerFinding(signer, null, null, [Reason.ChainIncomplete], Countersigners(signer));
    }

    private SignerFinding Judge(SignerInfo signer, SignerInfo? countersigned, Certificate certificate)
    {
        var key = KeyOf(certificate);
        var verdict = countersigned is null
            // Without the content nothing can be compared: the digest is wrong.
            ? SignerVerifier.Verify(signer, signed.ContentType, content ?? new ContentDigests(0), certificate.Encoded, key, verification)
            : SignerVerifier.VerifyCountersignature(countersigned, signer, certificate.Encoded, key, verification);
        var reasons = new List<Reason>(verdict.Reasons);
        // RFC 5752 §4.6: a signature that names companions is good in their company only.
        if (countersigned is null && !MultipleSignatures.AreAllPresent(signed, signer)) reasons.Add(Reason.SignedAttributesInvalid);
        reasons.AddRange(options.Judge(certificate, path).Reasons);
        return new SignerFinding(signer, certificate, verdict, reasons.Count is 0 ? [] : [.. reasons.Distinct()], Countersigners(signer));
    }

    private ImmutableArray<SignerFinding> Countersigners(SignerInfo signer) => signer.Countersignatures.Count is 0 ? [] : [.. signer.Countersignatures.Select(c => Judge(c, signer))];

    private IEnumerable<Certificate> Candidates(SignerInfo signer)
    {
        List<Certificate>? before = null;
        foreach (var some in new[] { carried, options.Trust.Intermediates, options.Trust.Anchors })
        {
            for (var i = 0; i < some.Count; i++)
            {
                if (!IsNamed(signer, some[i]) || before?.Contains(some[i]) is true) continue;
                yield return some[i];
                (before ??= []).Add(some[i]);
            }
        }
    }

    private static bool IsNamed(SignerInfo signer, Certificate certificate)
    {
        try
        {
            return signer.Identifier.Names(certificate.Frame);
        }
        catch (CmsFormatException)
        {
            return false;
        }
    }

    // RFC 3279 §2.3.2: DSA parameters may stand with the issuer.
    private VerificationKey? KeyOf(Certificate certificate) => Kept(certificate) ?? carried.Concat(options.Trust.Intermediates).Concat(options.Trust.Anchors)
        .Where(c => c.Subject.Equals(certificate.Issuer)).Select(issuer => certificate.ReadKey(issuer.ReadKey())).FirstOrDefault(k => k is not null);

    private static VerificationKey? Kept(Certificate certificate)
    {
        try
        {
            return VerificationKeys.Shared.Get(certificate.Encoded);
        }
        catch (CmsFormatException)
        {
            return null;
        }
    }

    // One that is none helps nobody, and the others count.
    private static IEnumerable<T> Parse<T>(IReadOnlyList<ReadOnlyMemory<byte>> encoded, Func<ReadOnlyMemory<byte>, T> read)
    {
        foreach (var octets in encoded)
        {
            T one;
            try
            {
                one = read(octets);
            }
            catch (CmsFormatException)
            {
                continue;
            }

            yield return one;
        }
    }
}
