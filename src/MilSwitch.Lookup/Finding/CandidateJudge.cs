using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Lookup.Status;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Lookup.Finding;

/// <summary>Whether a certificate that was found may be used to encrypt for a recipient. Thread-safe.</summary>
internal sealed class CandidateJudge(FinderSettings settings, IStatusSource? status, TimeProvider time)
{
    private const int MostOctets = 64 << 10;
    private readonly PathVerdictCache verdicts = new(4_096, TimeSpan.FromMinutes(1));

    /// <summary>Judges one.</summary>
    /// <param name="found">The candidate.</param>
    /// <param name="recipient">For whom.</param>
    /// <param name="associations">What the recipient's domain published; none: nothing.</param>
    /// <param name="authorities">Help to find a path.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<Judgement> JudgeAsync(
        FoundCertificate found, Mailbox recipient, ImmutableArray<CertificateAssociation> associations, IReadOnlyList<Certificate> authorities, CancellationToken cancellationToken)
    {
        if (Read(found) is not { } certificate) return Judgement.No(found, "", Rejection.Unreadable, "it is no certificate that can be read, or too large");
        var isOwn = CandidateNames.IsFor(certificate, recipient, settings.IgnoreCase);
        var domain = isOwn ? null : DomainAuthorityName.Covering(certificate, recipient.Domain);
        if (!isOwn && domain is null) return Judgement.No(found, Subject(certificate), Rejection.OtherName, $"it names {Names(certificate)}, which is neither the recipient nor an authority that decrypts for its domain");

        var options = new PathOptions
        {
            Trust = settings.Trust, At = time.GetUtcNow(), MessageCertificates = authorities, Purpose = PathPurpose.Encrypt, Revocation = RevocationMode.Off,
            Suite = settings.Suite, InitialPolicies = settings.Policies, ExplicitPolicy = settings.Policies.Length > 0,
        };
        // First without revocation: nothing is fetched for the sake of a certificate that leads nowhere (threat C15).
        var verdict = verdicts.Judge(certificate, options);
        var because = "an anchor of the security domain vouches for it";
        if (verdict.IsValid) return await StatusAsync(found, certificate, domain, options, associations, because, cancellationToken).ConfigureAwait(false);

        if (Alone(found, certificate, associations, authorities) is var (anchor, why) && anchor is not null)
        {
            options = options with { Trust = new TrustMaterial([anchor], settings.Trust.Intermediates, settings.Trust.RevocationLists, settings.Trust.OcspResponses), InitialPolicies = [], ExplicitPolicy = false };
            verdict = verdicts.Judge(certificate, options);
            if (verdict.IsValid) return await StatusAsync(found, certificate, domain, options, associations, why, cancellationToken).ConfigureAwait(false);
        }

        var isStranger = found is { IsHarvested: true, IsApproved: false } && verdict.Reasons.All(r => r is Reason.ChainIncomplete or Reason.UntrustedRoot);
        return isStranger
            ? Judgement.No(found, Subject(certificate), Rejection.Quarantined, "it came with mail, its issuer is not trusted here, and nobody has allowed it") with { Path = verdict }
            : Refused(found, certificate, Rejection.Path, verdict);
    }

    // Who is believed without an anchor of the security domain: whom a person allowed, and what a domain's own DNS says where that is enough.
    private static (Certificate? Anchor, string Why) Alone(FoundCertificate found, Certificate certificate, ImmutableArray<CertificateAssociation> associations, IReadOnlyList<Certificate> authorities)
    {
        if (found.IsApproved) return (certificate, "a person allowed it");
        const string Published = "its domain published it, and that is enough here";
        foreach (var association in associations.Where(a => a.StandsAlone))
        {
            if (!association.IsAboutAuthority && association.Matches(certificate)) return (certificate, Published);
            if (association.IsAboutAuthority && authorities.FirstOrDefault(a => association.Matches(a)) is { } authority) return (authority, Published);
        }

        return (null, "");
    }

    private async ValueTask<Judgement> StatusAsync(
        FoundCertificate found, Certificate certificate, string? domain, PathOptions options, ImmutableArray<CertificateAssociation> associations, string because, CancellationToken cancellationToken)
    {
        var verdict = verdicts.Judge(certificate, options);
        // RFC 6698 §2.1: one that allows it is enough.
        if (associations.Length > 0 && !associations.Any(a => a.Allows(verdict.Path)))
            return Judgement.No(found, Subject(certificate), Rejection.Association, "its domain published which certificates are right, and this is none of them");

        var notes = ImmutableArray<string>.Empty;
        // An anchor alone has nobody above it who could revoke it.
        if (settings.Revocation is not RevocationMode.Off && verdict.Path.Count > 1)
        {
            var material = status is null ? StatusMaterial.Empty : await status.AboutAsync(verdict.Path, cancellationToken).ConfigureAwait(false);
            notes = [.. material.Failures.Select(f => $"{f.Place}: {f.Reason}")];
            var trust = new TrustMaterial(
                options.Trust.Anchors, options.Trust.Intermediates, options.Trust.RevocationLists.Concat(material.Lists), options.Trust.OcspResponses.Concat(material.Responses));
            verdict = verdicts.Judge(certificate, options with { Trust = trust, Revocation = settings.Revocation });
            if (!verdict.IsValid) return Refused(found, certificate, Rejection.Revocation, verdict) with { Notes = notes };
        }

        return Key(certificate)
            ? new Judgement(new AcceptedCertificate(certificate, found.Source, domain, because), null) { Notes = [.. notes, .. verdict.Notes] }
            : Judgement.No(found, Subject(certificate), Rejection.Path, "its key is of a kind that nobody here can encrypt to");
    }

    private static Judgement Refused(FoundCertificate found, Certificate certificate, Rejection why, PathVerdict verdict) =>
        Judgement.No(found, Subject(certificate), why, string.Join("; ", verdict.Findings.Select(f => $"{f.Certificate.Subject}: {f.Detail}"))) with { Path = verdict };

    private static Certificate? Read(FoundCertificate found)
    {
        try
        {
            return found.Der.Length > MostOctets ? null : Certificate.Read(found.Der);
        }
        catch (CmsFormatException)
        {
            return null;
        }
    }

    private static bool Key(Certificate certificate)
    {
        try
        {
            RecipientCertificate.Read(certificate.Encoded);
            return true;
        }
        catch (CmsFormatException)
        {
            return false;
        }
    }

    private static string Subject(Certificate certificate) => certificate.Subject.ToString();

    private static string Names(Certificate certificate) => certificate.MailAddresses.Count is 0 ? "no address" : string.Join(", ", certificate.MailAddresses.Take(8));
}

/// <summary>What became of one candidate: exactly one of the two.</summary>
internal sealed record Judgement(AcceptedCertificate? Accepted, RejectedCertificate? Rejected)
{
    public ImmutableArray<string> Notes { get; init; } = [];

    public PathVerdict? Path
    {
        init => Rejected = value is null ? Rejected : Rejected! with { Reasons = [.. value.Reasons] };
    }

    /// <summary>Later it may be accepted: only its status was not to be had.</summary>
    public bool IsForNow => Rejected is { Reasons.IsEmpty: false } rejected && rejected.Reasons.All(r => r is Reason.RevocationUnknown);

    public static Judgement No(FoundCertificate found, string subject, Rejection why, string detail) => new(null, new RejectedCertificate(found, subject, why, [], detail));
}
