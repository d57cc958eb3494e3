using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Boundaries;

/// <summary>
/// Whether the signatures of a message are to be believed and on whose behalf they are (RFC 3183 §3): every layer has to hold, and
/// who signed has to be who may sign so. For one message and one thread.
/// </summary>
internal sealed class SignatureJudge(SenderFields sender, BoundaryOpening settings)
{
    /// <summary>Signed well, and not in a role that counts: not one of <see cref="Reason"/>, since nothing is wrong with the signature.</summary>
    public const string NotInRole = "SIGNER-ROLE";

    private readonly List<(LayerFinding Layer, SignatureJudgement Judgement)> known = [];
    private readonly Mailbox? originator = sender.From is [var only] && Mailbox.TryParse(only.Address, allowUtf8: true, out var mailbox, out _) ? mailbox : null;

    /// <summary>Whom the message shows as its sender.</summary>
    public SenderFields Sender => sender;

    /// <param name="layers">The signatures at the root, outermost first.</param>
    /// <param name="others">What else speaks against them.</param>
    public SignatureFacts Judge(IReadOnlyList<LayerFinding> layers, IReadOnlyCollection<Reason> others)
    {
        if (layers.Count is 0) return others.Count is 0 ? SignatureFacts.None : Bad(others.Select(r => r.Text()));
        SignatureJudgement[] judged = [.. layers.Select(Judge)];
        if (others.Count > 0 || judged.Any(j => !j.Reasons.IsEmpty)) return Bad(judged.SelectMany(j => j.Reasons).Concat(others).Distinct().Select(r => r.Text()));
        var roles = SignerRole.None;
        foreach (var one in judged) roles |= one.Role;
        return (roles & settings.Signers) is SignerRole.None
            ? Bad([NotInRole])
            : new SignatureFacts(SignatureState.Good, "", roles, [.. judged.Select(j => $"{Word(j)} {Name(j.Signer!)}")]) { Addresses = [.. layers.SelectMany(l => l.Signers).SelectMany(AddressesOf).Distinct(StringComparer.Ordinal)] };
    }

    /// <summary>Of good layers the one on whom it rests that a message is from whom it says: its originator's, else that of a domain, else the one nearest to the content.</summary>
    public SignatureJudgement? Speaker(IReadOnlyList<LayerFinding> layers)
    {
        SignatureJudgement? originator = null, domain = null, last = null;
        foreach (var layer in layers)
        {
            if (Judge(layer) is not { Signer: not null, Role: not SignerRole.None } judged) continue;
            last = judged;
            if (judged.Role is SignerRole.Originator) originator = judged;
            else if (judged.Role is SignerRole.Domain) domain = judged;
        }

        return originator ?? domain ?? last;
    }

    /// <summary>One layer: who of its signers is to be believed, in which role.</summary>
    public SignatureJudgement Judge(LayerFinding layer)
    {
        // Asked for the signature, for who speaks, and for the label.
        foreach (var one in known)
        {
            if (ReferenceEquals(one.Layer, layer)) return one.Judgement;
        }

        var judgement = JudgeAnew(layer);
        known.Add((layer, judgement));
        return judgement;
    }

    private SignatureJudgement JudgeAnew(LayerFinding layer)
    {
        if (layer.Verdict is not InspectionVerdict.Valid) return new SignatureJudgement(SignerRole.None, null, [.. layer.AllReasons]);
        var good = layer.Signers.Where(s => s.IsGood).ToArray();
        if (good.All(IsList)) return good.FirstOrDefault(IsAgreed) is { } agent ? new SignatureJudgement(SignerRole.None, agent, []) : Refused(Reason.SignerMismatch);
        // RFC 3183 §3.1.2: all of them say the same.
        if (Role(good[0].Info) is not { } role || good.Skip(1).Any(s => Role(s.Info) != role)) return Refused(Reason.SignedAttributesInvalid);
        if (role is SignerRole.Review or SignerRole.Originator && good.FirstOrDefault(s => IsReviewer(s, role)) is { } reviewer) return new SignatureJudgement(SignerRole.Review, reviewer, []);
        var signer = good.FirstOrDefault(s => AuthorityToSign.IsGiven(s.Certificate!, role, originator, settings.SignerNaming, settings.SignerDomains));
        // Who stands in From is told by the words of SignerIdentity: also what its display name pretends.
        if (role is SignerRole.Originator or SignerRole.Domain)
        {
            if (originator is null) return Refused(Reason.FromAmbiguous);
            if (SignerIdentity.Judge(good[0].Certificate!, sender.From, sender.Sender).Reasons.Contains(Reason.DisplayNameSpoof)) return Refused(Reason.DisplayNameSpoof);
        }

        if (signer is not null) return new SignatureJudgement(role, signer, []);
        return Refused(role is SignerRole.Originator && good.All(s => s.Certificate!.MailAddresses.Count is 0) ? Reason.NoAddress : Reason.SignerMismatch);

        static SignatureJudgement Refused(Reason reason) => new(SignerRole.None, null, [reason]);
    }

    // A mailing list agent signs on nobody's behalf, and says which lists a message went through (RFC 2634 §4).
    private static bool IsList(SignerFinding signer) =>
        signer.Info.SignedAttributes.CountOf(AttributeTypes.SignatureType) is 0 && signer.Info.SignedAttributes.CountOf(AttributeTypes.MlExpansionHistory) > 0;

    // RFC 7912 §3.2: "review signature (or signature)". Who wrote it signs as its originator.
    private bool IsReviewer(SignerFinding signer, SignerRole role) =>
        signer.Certificate!.MailAddresses.Any(a => settings.Reviewers.Contains(a, StringComparer.OrdinalIgnoreCase))
        && (role is SignerRole.Review || !AuthorityToSign.IsGiven(signer.Certificate, SignerRole.Originator, originator, settings.SignerNaming, settings.SignerDomains));

    private static IEnumerable<string> AddressesOf(SignerFinding signer) => !signer.IsGood
        ? []
        : signer.Certificate!.MailAddresses.Select(a => Mailbox.TryParse(a, allowUtf8: true, out var mailbox, out _) ? mailbox.Text : a).Concat(signer.Countersigners.SelectMany(AddressesOf));

    private bool IsAgreed(SignerFinding signer) => signer.Certificate!.MailAddresses.Any(a => settings.Lists.Contains(a, StringComparer.OrdinalIgnoreCase));

    // RFC 3183 §3.1.2, §3.5. Null: it can't be read, says several roles, of which a certificate can bear the name of one, or one that nobody knows.
    private static SignerRole? Role(SignerInfo signer)
    {
        if (signer.SignedAttributes.CountOf(AttributeTypes.SignatureType) is 0) return SignerRole.Originator;
        return LayerReports.Types(signer) is [var only]
            ? only switch
            {
                SignatureType.Originator => SignerRole.Originator,
                SignatureType.Domain => SignerRole.Domain,
                SignatureType.AdditionalAttributes => SignerRole.Attribute,
                SignatureType.Review => SignerRole.Review,
                _ => null,
            }
            : null;
    }

    private static SignatureFacts Bad(IEnumerable<string> reasons) => new(SignatureState.Bad, string.Join(' ', reasons), SignerRole.None, []);

    private static string Word(SignatureJudgement judged) => judged.Role is SignerRole.None ? "list" : judged.Role.ToString().ToLowerInvariant();

    private static string Name(SignerFinding signer) => signer.Certificate!.MailAddresses.FirstOrDefault() ?? signer.Certificate.Subject.ToString();
}

/// <summary>What one layer of signatures comes to. Immutable.</summary>
/// <param name="Role">None: it is a mailing list agent's, or not to be believed.</param>
/// <param name="Signer">On whom that rests; null: it is not to be believed.</param>
/// <param name="Reasons">Empty: it is to be believed.</param>
internal sealed record SignatureJudgement(SignerRole Role, SignerFinding? Signer, ImmutableArray<Reason> Reasons);
