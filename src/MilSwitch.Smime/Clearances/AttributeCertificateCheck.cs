using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Smime.Clearances;

/// <summary>Whether an attribute certificate is believed (RFC 5755 §5).</summary>
internal static class AttributeCertificateCheck
{
    /// <param name="path">Of the authority that issued it; null: it was not come to.</param>
    /// <returns>What is wrong; null: nothing.</returns>
    public static ClearanceFinding? Check(AttributeCertificate attributes, Certificate holder, ClearanceOptions options, out PathVerdict? path)
    {
        path = null;
        if (!attributes.Holder.Is(holder, options.Path.Suite)) return new(ClearanceFault.Holder, "the attribute certificate is not that of the certificate's holder");
        if (options.Path.At < attributes.NotBefore || options.Path.At > attributes.NotAfter) return new(ClearanceFault.Validity, "the attribute certificate is not valid at this time");
        if (attributes.UnknownCriticalExtension is { } unknown) return new(ClearanceFault.CriticalExtension, $"critical extension {unknown} of the attribute certificate is not known");
        if (attributes.Targets is { } targets && !targets.Any(options.Targets.Contains)) return new(ClearanceFault.Target, "the attribute certificate is for other servers");
        if (!IsAccepted(attributes, options.Path.Suite)) return new(ClearanceFault.Signature, $"the attribute certificate is signed in a way that the suite {options.Path.Suite.Name} does not accept");

        var named = options.AttributeAuthorities.Where(authority => authority.Subject.Equals(attributes.Issuer)).ToArray();
        if (named.Length is 0) return new(ClearanceFault.Issuer, $"{attributes.Issuer} is not one whose attribute certificates are taken");
        var budget = new PathBudget(options.Path.Bounds);
        var signer = named.FirstOrDefault(authority => budget.KeyOf(authority) is { } key && Verifies(attributes, key, budget));
        if (signer is null) return new(ClearanceFault.Signature, "the signature of the attribute certificate is not that of its issuer");
        if (MayNotIssue(signer) is { } reason) return new(ClearanceFault.Issuer, reason);
        path = PathJudge.Judge(signer, options.Path with { Purpose = PathPurpose.Any });
        return path.IsValid ? CheckRevocation(attributes, signer, path, options, budget) : ClearanceJudge.PathFault("the certificate of the attribute authority", path);
    }

    private static bool Verifies(AttributeCertificate attributes, VerificationKey key, PathBudget budget) =>
        budget.Verify(attributes, attributes.Signed, attributes.SignatureAlgorithm, attributes.Signature, key);

    private static bool IsAccepted(AttributeCertificate attributes, AlgorithmSuite suite) => IsAccepted(attributes.SignatureAlgorithm, suite);

    private static bool IsAccepted(Asn1.AlgorithmIdentifier algorithm, AlgorithmSuite suite) => SignatureScheme.Find(algorithm) is { } scheme
        && suite.Accepting.Signatures.ContainsKey(scheme.Family) && (scheme.Digest is null || suite.Accepting.Digests.Contains(scheme.Digest.Name));

    // §4.5: a key that may sign, of nobody who issues certificates.
    private static string? MayNotIssue(Certificate authority) => authority switch
    {
        { IsAuthority: true } => "the attribute authority is a certification authority, too",
        { KeyUsage: { } uses } when !uses.HasFlag(KeyUses.DigitalSignature) => "the key of the attribute authority may not sign",
        _ => null,
    };

    // §6. noRevAvail is the issuer's word that he will never say: where an answer is required, that is none.
    private static ClearanceFinding? CheckRevocation(AttributeCertificate attributes, Certificate signer, PathVerdict path, ClearanceOptions options, PathBudget budget)
    {
        if (options.Path.Revocation is RevocationMode.Off) return null;
        var isCovered = false;
        // By the authority itself, or by one above it on the path that says so for it; others' lists are not followed.
        foreach (var list in options.Path.Trust.RevocationLists.Concat(options.Path.MessageRevocationLists))
        {
            if (list.BaseNumber is not null || list.OnlyUserCertificates || list.OnlyAuthorityCertificates || !IsAccepted(list.SignatureAlgorithm, options.Path.Suite)) continue;
            var lister = list.Issuer.Equals(attributes.Issuer) ? signer : list.IsIndirect ? path.Path.FirstOrDefault(c => c.Subject.Equals(list.Issuer)) : null;
            if (lister is null || lister.KeyUsage is { } uses && !uses.HasFlag(KeyUses.CrlSign)) continue;
            if (budget.KeyOf(lister) is not { } key || !budget.Verify(list, list.Signed, list.SignatureAlgorithm, list.Signature, key)) continue;
            if (list.Find(attributes.Issuer, attributes.SerialNumber) is { IsRemoved: false } entry && entry.At <= options.Path.At)
                return new(ClearanceFault.Revocation, $"the attribute certificate was revoked: {entry.ReasonText}");
            isCovered |= !list.HasUnknownCritical && list.OnlySomeReasons is null && list.ThisUpdate <= options.Path.At && options.Path.At <= list.NextUpdate;
        }

        return isCovered || options.Path.Revocation is not RevocationMode.Require ? null
            : new(ClearanceFault.Revocation, "whether the attribute certificate is revoked is not known");
    }
}
