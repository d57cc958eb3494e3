using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Status;

/// <summary>
/// Whether something that was fetched takes the place of what was there. Whether it is believed is judged with the path; here
/// nobody on the way shall put out a good list with a bad one. Pure.
/// </summary>
internal static class StatusEvidence
{
    /// <summary>Why a list is not taken; null: it is.</summary>
    public static string? Fault(RevocationList list, Certificate signer, RevocationList? before, DateTimeOffset now)
    {
        if (!list.Issuer.Equals(signer.Subject)) return "the list is of another issuer";
        if (signer.ReadKey() is not { } key || SignatureScheme.Find(list.SignatureAlgorithm) is not { } scheme || !key.Fits(scheme) || (!scheme.SignsOctets && scheme.Digest is null)
            || !key.Verify(scheme, scheme.Digest!, list.Signed.Span, list.Signature.Span)) return "the list is not signed by its issuer";
        if (list.ThisUpdate > now) return "the list is of a time to come";
        if (list.NextUpdate is not { } next || next < now) return "the list has ended, or does not say when it ends";
        // An older one would bring back who was revoked since.
        return before is not null && list.ThisUpdate < before.ThisUpdate ? "the list is older than the one at hand" : null;
    }

    /// <summary>The response answers the question at this time.</summary>
    public static bool IsCurrent(OcspResponse response, Certificate certificate, Certificate issuer, DateTimeOffset now) =>
        response.Answers.Any(a => a.IsAbout(certificate, issuer) && a.IsCurrent(now) && a.Status is not OcspStatus.Unknown);

    /// <summary>Why a response is not taken; null: it is.</summary>
    public static string? Fault(OcspResponse response, Certificate certificate, Certificate issuer, OcspResponse? before, DateTimeOffset now)
    {
        if (!IsCurrent(response, certificate, issuer, now)) return "the response does not answer the question";
        if (before is not null && AsOf(response) < AsOf(before)) return "the response is older than the one at hand";
        var verdict = PathJudge.Judge(certificate, new PathOptions
        {
            Trust = new TrustMaterial([issuer], ocspResponses: [response]), At = now, Revocation = RevocationMode.IfKnown,
            // Which algorithms count is judged with the path.
            Suite = AlgorithmSuite.Legacy,
        });
        // A status that is not known is the one thing that gives a note.
        return verdict.Notes.Count is 0 ? null : "the response is not by one who may give it";

        DateTimeOffset AsOf(OcspResponse one) => one.Answers.Where(a => a.IsAbout(certificate, issuer)).Select(a => a.ThisUpdate).DefaultIfEmpty().Max();
    }
}
