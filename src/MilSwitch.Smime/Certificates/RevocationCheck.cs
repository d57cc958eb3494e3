using MilSwitch.Smime.Algorithms;

namespace MilSwitch.Smime.Certificates;

/// <summary>
/// Whether a certificate of a path is revoked: OCSP responses (RFC 6960) and revocation lists (RFC 5280 §6.3) that are at hand;
/// nothing is fetched. Not thread-safe.
/// </summary>
/// <param name="options">How the path is judged.</param>
/// <param name="budget">Shared with it.</param>
/// <param name="anchor">Where the path begins: who signs a list must lead there, too (§6.3.3 f).</param>
/// <param name="path">From the one that the anchor issued down.</param>
internal sealed class RevocationCheck(PathOptions options, PathBudget budget, Certificate anchor, Certificate[] path)
{
    private const int DeepestSigner = 3;
    private readonly Dictionary<Certificate, bool> judgedSigners = [];
    private readonly RevocationList[] lists = [.. options.Trust.RevocationLists, .. options.MessageRevocationLists];

    /// <summary>Judges one certificate of the path.</summary>
    public RevocationStatus Judge(Certificate certificate, Certificate issuer, VerificationKey? issuerKey)
    {
        if (issuerKey is null) return RevocationStatus.Unknown("its issuer's key is of a kind that is not known");
        return ByResponses(certificate, issuer, issuerKey) ?? ByLists(certificate, issuer, issuerKey);
    }

    private RevocationStatus? ByResponses(Certificate certificate, Certificate issuer, VerificationKey issuerKey)
    {
        RevocationStatus? status = null;
        foreach (var response in options.Trust.OcspResponses)
        {
            foreach (var answer in response.Answers)
            {
                if (!answer.IsAbout(certificate, issuer) || answer.Status is OcspStatus.Unknown || !answer.IsCurrent(options.At)) continue;
                if (answer.HasUnknownCritical || response.HasUnknownCritical || !IsAuthorised(response, issuer, issuerKey)) continue;
                if (answer.Status is OcspStatus.Revoked) return RevocationStatus.Revoked("a responder says that it is revoked");
                status = RevocationStatus.Good;
            }
        }

        return status;
    }

    // RFC 6960 §4.2.2.2: the issuer itself, or one that the issuer has directly given the right.
    private bool IsAuthorised(OcspResponse response, Certificate issuer, VerificationKey issuerKey)
    {
        if (!IsAccepted(response.SignatureAlgorithm)) return false;
        if (response.Names(issuer) && budget.Verify(response, response.Signed, response.SignatureAlgorithm, response.Signature, issuerKey)) return true;
        foreach (var responder in response.Certificates.Concat(options.Trust.IntermediatesNamed(issuer.Subject)))
        {
            if (!response.Names(responder) || !responder.Issuer.Equals(issuer.Subject)) continue;
            if (responder.ExtendedKeyUsage?.Contains(CertificateOids.OcspSigning) is not true || responder.UnknownCriticalExtension is not null) continue;
            if (responder.KeyUsage is { } uses && !uses.HasFlag(KeyUses.DigitalSignature)) continue;
            if (options.At < responder.NotBefore || options.At > responder.NotAfter || !IsAccepted(responder.SignatureAlgorithm)) continue;
            if (budget.KeyOf(responder) is not { } key) continue;
            if (!budget.Verify(responder, responder.Signed, responder.SignatureAlgorithm, responder.Signature, issuerKey)) continue;
            if (!budget.Verify(response, response.Signed, response.SignatureAlgorithm, response.Signature, key)) continue;
            // §4.2.2.2.1: id-pkix-ocsp-nocheck, or its own status by lists.
            if (responder.Extensions.Any(e => e.Type == CertificateOids.OcspNoCheck)) return true;
            var own = ByLists(responder, issuer, issuerKey);
            if (own.IsGood || (!own.IsRevoked && options.Revocation is RevocationMode.IfKnown)) return true;
        }

        return false;
    }

    private RevocationStatus ByLists(Certificate certificate, Certificate issuer, VerificationKey issuerKey)
    {
        var covered = RevocationReasons.None;
        RevokedEntry? listedInBad = null;
        var why = "no revocation list and no response is at hand that covers it";
        // §6.3.3: the points that the certificate names, then its issuer's own list.
        foreach (var point in certificate.DistributionPoints.Append(DistributionPoint.OfIssuer(certificate.Issuer)))
        {
            foreach (var list in lists)
            {
                if (list.BaseNumber is not null || !Covers(list, point, certificate)) continue;
                var reasons = (list.OnlySomeReasons ?? RevocationReasons.All) & point.Reasons & RevocationReasons.All;
                if ((reasons & ~covered) is 0) continue;
                if (SignerOf(list, issuer, issuerKey) is not { } signer)
                {
                    why = $"the revocation list of {list.Issuer} is not signed by one who may";
                    continue;
                }

                var delta = DeltaOf(list, signer);
                var isCurrent = IsCurrent(list) || (delta is not null && list.ThisUpdate <= options.At);
                if (!isCurrent || list.HasUnknownCritical)
                {
                    // It can't call a certificate good; that it lists one is known all the same.
                    if (list.Find(certificate) is { IsRemoved: false } old && old.At <= options.At) listedInBad ??= old;
                    why = list.HasUnknownCritical ? $"the revocation list of {list.Issuer} has a critical extension that is not known" : $"the revocation list of {list.Issuer} is not current";
                    continue;
                }

                if ((delta?.Find(certificate) ?? list.Find(certificate)) is { IsRemoved: false } entry)
                    return RevocationStatus.Revoked($"revoked {PathValidator.Time(entry.At)}: {entry.ReasonText}");
                covered |= reasons;
            }

            if (covered == RevocationReasons.All) break;
        }

        if (listedInBad is { } listed) return RevocationStatus.Revoked($"revoked {PathValidator.Time(listed.At)}: {listed.ReasonText}");
        return covered == RevocationReasons.All ? RevocationStatus.Good : RevocationStatus.Unknown(why);
    }

    // §6.3.3 b.
    private static bool Covers(RevocationList list, DistributionPoint point, Certificate certificate)
    {
        if (point.CrlIssuer.Count > 0)
        {
            if (!list.IsIndirect || !point.CrlIssuer.Any(n => n.Directory?.Equals(list.Issuer) is true)) return false;
        }
        else if (!list.Issuer.Equals(certificate.Issuer))
        {
            return false;
        }

        if (list.OnlyAttributeCertificates || (list.OnlyUserCertificates && certificate.IsAuthority) || (list.OnlyAuthorityCertificates && !certificate.IsAuthority)) return false;
        if (list.Point is not { HasName: true } issued) return true;
        var names = issued.Names(list.Issuer);
        return point.HasName ? names.Intersect(point.Names(certificate.Issuer)).Any() : names.Intersect(point.CrlIssuer).Any();
    }

    // §6.3.3 c and e, §5.2.4: of the same issuer, scope and key, on a base no newer than the complete list, which is no newer than it.
    private RevocationList? DeltaOf(RevocationList complete, VerificationKey signer) => lists
        .Where(d => d.BaseNumber is not null && !d.HasUnknownCritical && IsCurrent(d) && IsAccepted(d.SignatureAlgorithm) && d.Issuer.Equals(complete.Issuer)
            && d.Scope.Span.SequenceEqual(complete.Scope.Span) && complete.Number >= d.BaseNumber && complete.Number < d.Number
            && (d.AuthorityKeyIdentifier is not { } key || complete.AuthorityKeyIdentifier is not { } other || key.Span.SequenceEqual(other.Span)))
        .OrderByDescending(d => d.Number)
        .FirstOrDefault(d => budget.Verify(d, d.Signed, d.SignatureAlgorithm, d.Signature, signer));

    private bool IsCurrent(RevocationList list) => list.ThisUpdate <= options.At && options.At <= list.NextUpdate;

    private bool IsAccepted(Asn1.AlgorithmIdentifier algorithm) =>
        SignatureScheme.Find(algorithm) is { } scheme && options.Suite.Accepting.Signatures.ContainsKey(scheme.Family) && (scheme.Digest is null || options.Suite.Accepting.Digests.Contains(scheme.Digest.Name));

    // §6.3.3 f and g: one of the list's name, that may sign lists, whose path leads to the same anchor.
    private VerificationKey? SignerOf(RevocationList list, Certificate issuer, VerificationKey issuerKey)
    {
        if (!IsAccepted(list.SignatureAlgorithm)) return null;
        if (list.Issuer.Equals(issuer.Subject) && MaySignLists(issuer) && Verifies(list, issuerKey)) return issuerKey;
        if (list.Issuer.Equals(anchor.Subject) && MaySignLists(anchor) && budget.KeyOf(anchor) is { } anchorKey && Verifies(list, anchorKey)) return anchorKey;
        var candidates = path.Where(c => c.Subject.Equals(list.Issuer))
            .Concat(options.MessageCertificates.Take(options.Bounds.MessageCertificates).Where(c => c.Subject.Equals(list.Issuer)))
            .Concat(options.Trust.IntermediatesNamed(list.Issuer)).Distinct();
        foreach (var candidate in candidates)
        {
            if (!MaySignLists(candidate) || budget.KeyOf(candidate) is not { } key || !Verifies(list, key)) continue;
            if (IsBelieved(candidate)) return key;
        }

        return null;
    }

    private bool Verifies(RevocationList list, VerificationKey key) => budget.Verify(list, list.Signed, list.SignatureAlgorithm, list.Signature, key);

    private static bool MaySignLists(Certificate certificate) => certificate.KeyUsage is not { } uses || uses.HasFlag(KeyUses.CrlSign);

    private bool IsBelieved(Certificate signer)
    {
        if (judgedSigners.TryGetValue(signer, out var known)) return known;
        if (budget.Signers.Count == DeepestSigner || !budget.Signers.Add(signer)) return false;
        var judged = options with
        {
            // One that stands on the path is judged with what led to it.
            Trust = options.Trust.WithAnchor(anchor), MessageCertificates = [.. path, .. options.MessageCertificates],
            Purpose = PathPurpose.RevocationLists, InitialPolicies = [], ExplicitPolicy = false, InhibitAny = false, InhibitMapping = false,
        };
        var isBelieved = new PathSearch(judged, budget).Find(signer).IsValid;
        budget.Signers.Remove(signer);
        return judgedSigners[signer] = isBelieved;
    }
}
