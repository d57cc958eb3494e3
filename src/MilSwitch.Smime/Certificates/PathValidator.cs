using System.Globalization;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Certificates;

/// <summary>Judges one path (RFC 5280 §6.1), naming all that is wrong with it and not only the first. Not thread-safe.</summary>
internal sealed class PathValidator(PathOptions options, PathBudget budget)
{
    private const string DsaKey = "1.2.840.10040.4.1";
    private readonly List<PathFinding> findings = [];
    private readonly List<string> notes = [];
    private readonly List<NameConstraints> constraints = [];

    /// <summary>What is wrong, the valid policies, and what else there is to say.</summary>
    public readonly record struct Outcome(IReadOnlyList<PathFinding> Findings, IReadOnlyList<string> Policies, IReadOnlyList<string> Notes);

    /// <summary>A DSA key that has to be completed with its issuer's parameters (RFC 3279 §2.3.2).</summary>
    public static bool InheritsParameters(Certificate certificate) => certificate.KeyAlgorithm is { Algorithm: DsaKey, HasNoParameters: true };

    /// <summary>An anchor that is asked about itself.</summary>
    public Outcome ValidateAnchor(Certificate anchor)
    {
        CheckItself(anchor);
        CheckPurpose(anchor);
        return new Outcome(findings, options.InitialPolicies.Count > 0 ? options.InitialPolicies : [CertificateOids.AnyPolicy], notes);
    }

    /// <summary>A certificate without a path: what can be said of it by itself.</summary>
    public Outcome ValidateAlone(Certificate certificate)
    {
        CheckItself(certificate);
        CheckPurpose(certificate);
        return new Outcome(findings, [], notes);
    }

    /// <summary>A whole path.</summary>
    /// <param name="anchor">Where it begins.</param>
    /// <param name="fromTarget">The certificate that is judged first, the one that the anchor issued last.</param>
    public Outcome Validate(Certificate anchor, IReadOnlyList<Certificate> fromTarget)
    {
        // §6.1.2.
        Certificate[] path = [.. fromTarget.Reverse()];
        var count = path.Length;
        var policies = new PolicyGraph();
        var explicitPolicy = options.ExplicitPolicy ? 0 : count + 1;
        var inhibitAny = options.InhibitAny ? 0 : count + 1;
        var policyMapping = options.InhibitMapping ? 0 : count + 1;
        var issuer = anchor;
        var key = budget.KeyOf(anchor);

        // An anchor need not be a certificate, so §6.1 does not judge it; ours are, and what its own says limits what it vouches for (RFC 5937 §3).
        var pathLength = anchor.PathLength ?? count;
        CheckItself(anchor);
        if (anchor.NameConstraints is { } limits) constraints.Add(limits);
        if (anchor.Version is 3 && !anchor.IsAuthority) Add(Reason.BasicConstraints, anchor, "the anchor is no certification authority");

        var revocation = options.Revocation is RevocationMode.Off ? null : new RevocationCheck(options, budget, anchor, path);
        for (var i = 0; i < count; i++)
        {
            var certificate = path[i];
            var isLast = i == count - 1;

            // §6.1.3 a: signature, validity, revocation, name.
            CheckItself(certificate);
            CheckSignature(certificate, key);
            if (!certificate.Issuer.Equals(issuer.Subject)) Add(Reason.ChainIncomplete, certificate, "its issuer has another name than the certificate above it");
            if (revocation is not null) CheckRevocation(revocation, certificate, issuer, key);

            // §6.1.3 b and c.
            if (isLast || !certificate.IsSelfIssued) CheckNames(certificate);

            // §6.1.3 d to f.
            policies.Add(certificate.Policies, inhibitAny > 0 || (!isLast && certificate.IsSelfIssued));
            if (explicitPolicy is 0 && policies.IsEmpty) Add(Reason.CertPolicy, certificate, "no policy is valid that far, and one is required");
            var ownKey = certificate.ReadKey(key);
            if (isLast)
            {
                // §6.1.5 a and b.
                if (explicitPolicy > 0) explicitPolicy--;
                if (certificate.RequireExplicitPolicy is 0) explicitPolicy = 0;
                break;
            }

            // §6.1.4 a and b.
            if (certificate.PolicyMappings.Any(m => m.IssuerPolicy == CertificateOids.AnyPolicy || m.SubjectPolicy == CertificateOids.AnyPolicy))
                Add(Reason.CertPolicy, certificate, "it maps anyPolicy");
            policies.Map(certificate.PolicyMappings, policyMapping > 0);

            // §6.1.4 g to j.
            if (certificate.NameConstraints is { } subtrees) constraints.Add(subtrees);
            if (!certificate.IsSelfIssued)
            {
                if (explicitPolicy > 0) explicitPolicy--;
                if (policyMapping > 0) policyMapping--;
                if (inhibitAny > 0) inhibitAny--;
            }

            explicitPolicy = Math.Min(explicitPolicy, certificate.RequireExplicitPolicy ?? int.MaxValue);
            policyMapping = Math.Min(policyMapping, certificate.InhibitPolicyMapping ?? int.MaxValue);
            inhibitAny = Math.Min(inhibitAny, certificate.InhibitAnyPolicy ?? int.MaxValue);

            // §6.1.4 k to n. A certificate before version 3 can't say that it is an authority, so it is none.
            if (!certificate.IsAuthority) Add(Reason.BasicConstraints, certificate, "it is no certification authority");
            if (!certificate.IsSelfIssued)
            {
                if (pathLength <= 0) Add(Reason.PathLength, certificate, "more authorities stand below one than it allows");
                else pathLength--;
            }

            pathLength = Math.Min(pathLength, certificate.PathLength ?? int.MaxValue);
            if (certificate.KeyUsage is { } uses && !uses.HasFlag(KeyUses.KeyCertSign)) Add(Reason.KeyUsage, certificate, "its key may not sign certificates");
            if (options.Purpose is PathPurpose.Sign or PathPurpose.Encrypt && !IsForMail(certificate)) Add(Reason.ExtendedKeyUsage, certificate, "it is not for mail, so what it issues is not");
            (issuer, key) = (certificate, ownKey);
        }

        CheckPurpose(path[^1]);

        // §6.1.5 g.
        var valid = policies.Result(options.InitialPolicies);
        if (explicitPolicy is 0 && valid.Length is 0 && !findings.Exists(f => f.Reason is Reason.CertPolicy))
            Add(Reason.CertPolicy, path[^1], "none of the policies that are wanted is valid for the whole path");
        return new Outcome(findings, valid, notes);
    }

    private void CheckItself(Certificate certificate)
    {
        if (options.At < certificate.NotBefore) Add(Reason.CertNotYetValid, certificate, $"valid from {Time(certificate.NotBefore)}");
        if (options.At > certificate.NotAfter) Add(Reason.CertExpired, certificate, $"expired {Time(certificate.NotAfter)}");
        if (certificate.UnknownCriticalExtension is { } unknown) Add(Reason.UnknownCriticalExtension, certificate, $"critical extension {unknown} is not known");
        if (certificate.HasRepeatedConstraint) Add(Reason.Malformed, certificate, "its clearance constraints have the same policy twice");
        if (budget.KeyOf(certificate) is not { } key) return;
        if (!options.Suite.Accepting.Signatures.TryGetValue(key.Family, out var least) || key.Size < least) Add(Reason.WeakKey, certificate, $"a key {key.Name} is not accepted by the suite {options.Suite.Name}");
    }

    private void CheckSignature(Certificate certificate, VerificationKey? key)
    {
        if (SignatureScheme.Find(certificate.SignatureAlgorithm) is not { } scheme)
        {
            Add(Reason.Unsupported, certificate, $"signature algorithm {certificate.SignatureAlgorithm.Algorithm} is not known");
            return;
        }

        if (key is null) Add(Reason.Unsupported, certificate, "its issuer's key is of a kind that is not known");
        else if (!budget.Verify(certificate, certificate.Signed, certificate.SignatureAlgorithm, certificate.Signature, key)) Add(Reason.SignatureInvalid, certificate, "its signature is not that of its issuer");
        if (scheme.Digest is { } digest && !options.Suite.Accepting.Digests.Contains(digest.Name)) Add(Reason.WeakAlgorithm, certificate, $"signed with {digest.Name}, which the suite {options.Suite.Name} does not accept");
        if (!options.Suite.Accepting.Signatures.ContainsKey(scheme.Family)) Add(Reason.WeakAlgorithm, certificate, $"signed in a way that the suite {options.Suite.Name} does not accept");
    }

    private void CheckRevocation(RevocationCheck revocation, Certificate certificate, Certificate issuer, VerificationKey? issuerKey)
    {
        var status = revocation.Judge(certificate, issuer, issuerKey);
        if (status.IsRevoked) Add(Reason.CertRevoked, certificate, status.Detail);
        else if (!status.IsGood && options.Revocation is RevocationMode.Require) Add(Reason.RevocationUnknown, certificate, status.Detail);
        else if (!status.IsGood) notes.Add($"{certificate.Subject}: whether it is revoked is not known: {status.Detail}");
    }

    private void CheckNames(Certificate certificate)
    {
        if (constraints.Count is 0) return;
        IEnumerable<GeneralName> names = certificate.AlternativeNames;
        if (!certificate.Subject.IsEmpty) names = names.Append(new GeneralName(GeneralNameKind.DirectoryName, "", certificate.Subject, default));
        // RFC 5280 §4.2.1.10: an address in the subject is bound as one in an alternative name is, wherever it would be believed.
        if (!certificate.AlternativeNames.Any(n => n.Kind is GeneralNameKind.Rfc822Name or GeneralNameKind.SmtpUtf8Mailbox))
            names = names.Concat(certificate.Subject.EmailAddresses.Select(a => new GeneralName(GeneralNameKind.Rfc822Name, a, null, default)));
        foreach (var name in names)
        {
            foreach (var subtrees in constraints)
            {
                if (budget.TakeNames(Math.Max(1, subtrees.Count)) && subtrees.Allows(name)) continue;
                Add(Reason.NameConstraints, certificate, $"the name {(name.Directory is { } directory ? directory.ToString() : name.Text)} is not one that an authority above it may vouch for");
                return;
            }
        }
    }

    private void CheckPurpose(Certificate certificate)
    {
        switch (options.Purpose)
        {
            case PathPurpose.Sign:
                if (certificate.KeyUsage is { } signing && (signing & (KeyUses.DigitalSignature | KeyUses.NonRepudiation)) is 0) Add(Reason.KeyUsage, certificate, "its key may not sign");
                else if (IsAgreementKey(certificate)) Add(Reason.KeyUsage, certificate, "its key can't sign");
                if (!IsForMail(certificate)) Add(Reason.ExtendedKeyUsage, certificate, "it is not for mail");
                break;
            case PathPurpose.Encrypt:
                if (!MayEncrypt(certificate)) Add(Reason.KeyUsage, certificate, "its key may not be encrypted for");
                if (!IsForMail(certificate)) Add(Reason.ExtendedKeyUsage, certificate, "it is not for mail");
                break;
            case PathPurpose.Authority:
                if (!certificate.IsAuthority) Add(Reason.BasicConstraints, certificate, "it is no certification authority");
                if (certificate.KeyUsage is { } authority && !authority.HasFlag(KeyUses.KeyCertSign)) Add(Reason.KeyUsage, certificate, "its key may not sign certificates");
                break;
            case PathPurpose.RevocationLists:
                if (certificate.KeyUsage is { } lists && !lists.HasFlag(KeyUses.CrlSign)) Add(Reason.KeyUsage, certificate, "its key may not sign revocation lists");
                break;
        }
    }

    private static bool IsAgreementKey(Certificate certificate) => certificate.KeyAlgorithm.Algorithm is CertificateOids.X25519 or CertificateOids.X448
        || certificate.KeyAlgorithm.Algorithm.StartsWith(CertificateOids.MlKemPrefix, StringComparison.Ordinal);

    // RFC 8550 §4.4.2 with RFC 5280 §4.2.1.3, RFC 8410 §5, RFC 9935 §5: which bit depends on how the key is used.
    private static bool MayEncrypt(Certificate certificate)
    {
        var algorithm = certificate.KeyAlgorithm.Algorithm;
        if (algorithm is CertificateOids.Ed25519 or CertificateOids.Ed448 or DsaKey || algorithm.StartsWith(CertificateOids.MlDsaPrefix, StringComparison.Ordinal)) return false;
        if (certificate.KeyUsage is not { } uses) return true;
        return algorithm is CertificateOids.EcPublicKey or CertificateOids.X25519 or CertificateOids.X448
            ? uses.HasFlag(KeyUses.KeyAgreement) && !uses.HasFlag(KeyUses.EncipherOnly)
            : uses.HasFlag(KeyUses.KeyEncipherment);
    }

    private static bool IsForMail(Certificate certificate) =>
        certificate.ExtendedKeyUsage is not { } purposes || purposes.Contains(CertificateOids.EmailProtection) || purposes.Contains(CertificateOids.AnyExtendedKeyUsage);

    private void Add(Reason reason, Certificate certificate, string detail)
    {
        if (!findings.Exists(f => f.Reason == reason && f.Certificate.Equals(certificate))) findings.Add(new PathFinding(reason, certificate, detail));
    }

    internal static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
