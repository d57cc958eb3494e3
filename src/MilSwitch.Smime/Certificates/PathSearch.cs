using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Certificates;

/// <summary>One search for a path. Not thread-safe.</summary>
internal sealed class PathSearch(PathOptions options, PathBudget budget)
{
    private readonly Certificate[] fromMessage = [.. options.MessageCertificates.Take(options.Bounds.MessageCertificates)];
    private readonly List<Certificate> path = [];
    private PathVerdict? best;
    private bool bestIsComplete;

    public PathVerdict Find(Certificate target)
    {
        path.Add(target);
        if (options.Trust.Anchors.Contains(target))
        {
            // Believed by itself: an anchor is not judged by anybody above it.
            var alone = new PathValidator(options, budget).ValidateAnchor(target);
            return new PathVerdict(alone.Findings, [target], alone.Policies, alone.Notes);
        }

        if (Extend() is { } valid) return valid;
        var verdict = best!;
        return budget.IsExhausted
            ? verdict with { Findings = [.. verdict.Findings, new PathFinding(Reason.TooLarge, target, "the search was given up: too many certificates to try")] }
            : verdict;
    }

    // Recursion is bounded by the length of a path.
    private PathVerdict? Extend()
    {
        var tip = path[^1];
        var anchors = ByKey(options.Trust.AnchorsNamed(tip.Issuer), tip);
        var issuers = ByKey(fromMessage.Where(c => c.Subject.Equals(tip.Issuer)).Concat(options.Trust.IntermediatesNamed(tip.Issuer)).Distinct(), tip)
            .Where(c => !IsOnPath(c) && !anchors.Exists(a => IsSameAuthority(a, c))).ToList();
        var found = false;
        var forged = false;
        foreach (var anchor in anchors)
        {
            if (!budget.TakeStep()) break;
            if (!MayHaveIssued(anchor, tip))
            {
                forged |= !KeysDiffer(anchor, tip);
                continue;
            }

            found = true;
            if (!budget.TakePath()) break;
            var verdict = new PathValidator(options, budget).Validate(anchor, path);
            var whole = new PathVerdict(verdict.Findings, [.. path, anchor], verdict.Policies, verdict.Notes);
            if (whole.IsValid) return whole;
            Keep(whole, isComplete: true);
        }

        foreach (var issuer in issuers)
        {
            if (!budget.TakeStep()) break;
            if (!MayHaveIssued(issuer, tip))
            {
                forged |= !KeysDiffer(issuer, tip);
                continue;
            }

            found = true;
            if (path.Count + 1 >= options.Bounds.Length)
            {
                KeepIncomplete(Reason.PathLength, "the path is longer than is looked at");
                continue;
            }

            path.Add(issuer);
            var valid = Extend();
            path.RemoveAt(path.Count - 1);
            if (valid is not null) return valid;
        }

        if (found && best is not null) return null;
        if (tip.IsSelfIssued && MayHaveIssued(tip, tip)) KeepIncomplete(Reason.UntrustedRoot, "it vouches for itself and is no anchor");
        else if (forged) KeepIncomplete(Reason.SignatureInvalid, "its signature is not that of its issuer");
        else KeepIncomplete(Reason.ChainIncomplete, $"no certificate of its issuer {tip.Issuer} is at hand");
        return null;
    }

    // A key that can't be read without its issuer's parameters is left for the validation to judge.
    private bool MayHaveIssued(Certificate issuer, Certificate subject) => budget.KeyOf(issuer) is not { } key
        ? PathValidator.InheritsParameters(issuer)
        : budget.Verify(subject, subject.Signed, subject.SignatureAlgorithm, subject.Signature, key);

    private bool IsOnPath(Certificate certificate) => path.Exists(c => c.Equals(certificate) || IsSameAuthority(c, certificate));

    // RFC 4158 §2.4.2: the same name with the same key again leads nowhere new.
    private static bool IsSameAuthority(Certificate one, Certificate other) => one.Subject.Equals(other.Subject) && one.SubjectPublicKeyInfo.Span.SequenceEqual(other.SubjectPublicKeyInfo.Span);

    private static bool KeysDiffer(Certificate issuer, Certificate subject) =>
        issuer.SubjectKeyIdentifier is { } key && subject.AuthorityKeyIdentifier is { } wanted && !key.Span.SequenceEqual(wanted.Span);

    // RFC 5280 §4.2.1.1: key identifiers help to find the issuer, they decide nothing.
    private static List<Certificate> ByKey(IEnumerable<Certificate> certificates, Certificate subject) =>
        [.. certificates.OrderBy(c => subject.AuthorityKeyIdentifier is { } wanted && c.SubjectKeyIdentifier is { } key ? key.Span.SequenceEqual(wanted.Span) ? 0 : 2 : 1)];

    private void KeepIncomplete(Reason reason, string detail)
    {
        var alone = new PathValidator(options, budget).ValidateAlone(path[0]);
        Keep(new PathVerdict([new PathFinding(reason, path[^1], detail), .. alone.Findings], [.. path], [], alone.Notes), isComplete: false);
    }

    // To show: a whole path before a part, the one with the least wrong with it, then the longest.
    private void Keep(PathVerdict verdict, bool isComplete)
    {
        if (best is not null)
        {
            if (bestIsComplete && !isComplete) return;
            if (bestIsComplete == isComplete)
            {
                if (isComplete && verdict.Findings.Count >= best.Findings.Count) return;
                if (!isComplete && verdict.Path.Count <= best.Path.Count) return;
            }
        }

        (best, bestIsComplete) = (verdict, isComplete);
    }
}
