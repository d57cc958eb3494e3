using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Domain.Releases;

/// <summary>Decides about drafts and their release (RFC 7912 §3); pure.</summary>
public static class ReleasePolicy
{
    /// <summary>May a message that came in go on?</summary>
    /// <param name="settings">In force.</param>
    /// <param name="envelope">Its own.</param>
    /// <param name="subject">What is known of it.</param>
    public static ReleaseDecision Judge(ReleaseSettings settings, Envelope envelope, ReleaseSubject subject)
    {
        var (held, free) = RulesOf(settings, envelope, subject);
        if ((held.IsEmpty ? free : held[0]) is not { } rule) return ReleaseDecision.NotNeeded.It;
        if (subject.Fault is { } fault) return new ReleaseDecision.Refuse(fault);
        if (subject.Opened is { } opened && Protection(settings, opened) is { } wrong) return wrong;
        // Two sets of people for one text: the easier of them would release it for the others' recipients.
        if (held.Length > 1) return new ReleaseDecision.Refuse($"its recipients are under different rules of release ({string.Join(", ", held.Select(h => h.Name))}): send it to them apart");
        var by = ImmutableArray.CreateBuilder<Mailbox>();
        foreach (var named in subject.Authorizers)
        {
            if (by.Contains(named)) return new ReleaseDecision.Refuse($"MMHS-Authorizing-Users names {named.Text} twice");
            if (!rule.IsFree && rule.Find(named) is null) return new ReleaseDecision.Refuse($"{named.Text} in MMHS-Authorizing-Users may not release it");
            if (Unproven(rule, named, envelope, subject) is { } unproven) return new ReleaseDecision.Refuse(unproven);
            by.Add(named);
        }

        if (rule.IsFree) return ReleaseDecision.NotNeeded.It;
        // Whoever can't be told from its author may be its author (threat F41).
        if (rule.OthersOnly && subject.Authors.IsEmpty) return new ReleaseDecision.Refuse("its author can't be told, and another has to release it");
        if (rule.IsOrdered && !by.SequenceEqual(rule.Authorities.Take(by.Count).Select(a => a.Address)))
            return new ReleaseDecision.Refuse("MMHS-Authorizing-Users is not in the order in which it has to be released: " + Names(rule.Authorities));
        var counted = by.Count(b => !rule.OthersOnly || !subject.Authors.Contains(b));
        return counted >= rule.Required ? new ReleaseDecision.Released(rule, by.ToImmutable()) : new ReleaseDecision.Unreleased(rule, by.ToImmutable());
    }

    /// <summary>Somebody says at the desk that a draft may go.</summary>
    /// <param name="rule">The draft's.</param>
    /// <param name="progress">What was said before.</param>
    /// <param name="address">The authority in whose name; null: the one for which <paramref name="word"/>'s person may speak.</param>
    /// <param name="isProven">A signature showed that it is this authority; else the person has to be one of its accounts.</param>
    /// <param name="digest">Of the content that the person saw; null: whatever it is.</param>
    /// <param name="word">Who says so, when and why; its address is set here.</param>
    public static ReleaseOutcome Authorise(DraftRule rule, ReleaseProgress progress, Mailbox? address, bool isProven, string? digest, ReleaseWord word)
    {
        if (digest is not null && !digest.Equals(progress.Digest, StringComparison.OrdinalIgnoreCase)) return new ReleaseOutcome.Refused("what was said is about another content than that of this draft");
        if (word.Evidence.Length > 0 && progress.Given.Any(g => g.Evidence == word.Evidence)) return ReleaseOutcome.Known.It;
        var mine = rule.Authorities.Where(a => (address is null || a.Address == address) && (isProven || a.Accounts.Contains(word.Who, StringComparer.Ordinal))).ToArray();
        if (mine.Length is 0) return new ReleaseOutcome.Refused($"{(isProven ? address?.Text : word.Who)} may not release it");
        var left = mine.Where(a => !progress.By.Contains(a.Address.Text)).ToArray();
        if (left.Length is 0) return new ReleaseOutcome.Refused($"{mine[0].Address.Text} has released it already");
        // One person behind two addresses is one person.
        if (progress.Given.Any(g => g.Who == word.Who)) return new ReleaseOutcome.Refused($"{word.Who} has released it already: another person is needed");
        var next = rule.IsOrdered ? rule.Authorities.FirstOrDefault(a => !progress.By.Contains(a.Address.Text)) : null;
        var authority = next is null ? left[0] : left.FirstOrDefault(a => a.Address == next.Address);
        if (authority is null) return new ReleaseOutcome.Refused($"{next!.Address.Text} has to release it first");
        if (rule.OthersOnly && progress.Authors.Contains(authority.Address.Text)) return new ReleaseOutcome.Refused($"{authority.Address.Text} wrote it: another has to release it");
        var after = progress with { Given = progress.Given.Add(word with { Address = authority.Address.Text }) };
        return new ReleaseOutcome.Counted(after, Counted(rule, after) >= rule.Required);
    }

    /// <summary>Who is to be asked now and was not.</summary>
    public static ImmutableArray<Mailbox> ToAsk(DraftRule rule, ReleaseProgress progress)
    {
        var open = rule.Authorities.Select(a => a.Address).Where(a => !progress.By.Contains(a.Text) && !(rule.OthersOnly && progress.Authors.Contains(a.Text)));
        return [.. (rule.IsOrdered ? open.Take(1) : open).Where(a => !progress.Asked.Contains(a.Text))];
    }

    /// <summary>For people: who has, who may, how many have to.</summary>
    public static string Describe(DraftRule rule, ReleaseProgress progress) => string.Create(
        CultureInfo.InvariantCulture,
        $"it waits for its release ({rule.Name}, {Counted(rule, progress)} of {rule.Required}{(progress.By.IsEmpty ? "" : ": " + string.Join(", ", progress.By))}) by {Names(rule.Authorities.Where(a => !progress.By.Contains(a.Address.Text)))}");

    private static int Counted(DraftRule rule, ReleaseProgress progress) => progress.By.Count(b => !rule.OthersOnly || !progress.Authors.Contains(b));

    // Of each recipient the first rule that fits: those by which somebody has to release the message, and one by which nobody has to.
    private static (ImmutableArray<DraftRule> Held, DraftRule? Free) RulesOf(ReleaseSettings settings, Envelope envelope, ReleaseSubject subject)
    {
        var fitting = settings.Rules.Where(r => Fits(r, envelope, subject)).ToArray();
        var held = ImmutableArray.CreateBuilder<DraftRule>();
        DraftRule? free = null;
        foreach (var recipient in envelope.Recipients)
        {
            if (settings.IsDesk(envelope.Domain, recipient.Address) || fitting.FirstOrDefault(r => r.IsFor(recipient.Address)) is not { } rule) continue;
            if (rule.IsFree) free ??= rule;
            else if (!rule.LetsPass(recipient.Address) && !held.Contains(rule)) held.Add(rule);
        }

        return (held.ToImmutable(), free);
    }

    // What can't be read may be what a rule is about that holds back, and is not what one is about that frees.
    private static bool Fits(DraftRule rule, Envelope envelope, ReleaseSubject subject)
    {
        if (ReleaseSettings.Fits(rule, envelope) is false) return false;
        if (!rule.Types.IsEmpty && (subject.HasFaultyType ? rule.IsFree : subject.Type is not { } type || !rule.Types.Contains(type))) return false;
        if (rule.LowestClassification is { } lowest && (subject.Classification is { } level ? level < lowest : rule.IsFree)) return false;
        if (rule.Drafters is not { } drafters) return true;
        var isClaimed = envelope.ReversePath.Mailbox is { } from && drafters.Contains(from);
        return rule.IsFree
            ? isClaimed && !subject.Authors.IsEmpty && subject.Authors.All(drafters.Contains)
            : isClaimed || subject.Authors.IsEmpty || subject.Authors.Any(drafters.Contains);
    }

    private static ReleaseDecision? Protection(ReleaseSettings settings, OpenedMessage opened) => opened switch
    {
        { Fault: { } fault } => new ReleaseDecision.Hold(fault),
        { Signature.State: SignatureState.Bad } => new ReleaseDecision.Refuse("its signature is not to be believed: " + opened.Signature.Reason),
        // RFC 7912 §3.3.1: nobody could review it. One text whether it opened or not (threats C8, C9).
        { Encryption: EncryptionState.ForOthers or EncryptionState.Closed } when settings.Opening is { Keys.IsEmpty: false } => new ReleaseDecision.Refuse("it is encrypted, and those who release can't read it"),
        _ when opened.Differences.FirstOrDefault(d => d.Weight is DifferenceWeight.Blocking) is { Field: { } field } => new ReleaseDecision.Refuse($"the outer {field} is not the one that was signed"),
        _ => null,
    };

    // RFC 7912 §3.2: every entity listed has a matching signature that is valid.
    private static string? Unproven(DraftRule rule, Mailbox named, Envelope envelope, ReleaseSubject subject)
    {
        var isSigned = subject.Opened is { Signature.State: SignatureState.Good } opened && opened.Signature.Addresses.Contains(named.Text, StringComparer.OrdinalIgnoreCase);
        if (!isSigned)
        {
            return rule.Proof is ReleaseProof.Account && rule.Find(named)?.Accounts.Any(envelope.Origin.IsOf) is true
                ? null
                : $"no good signature of {named.Text}, whom MMHS-Authorizing-Users names";
        }

        var recipients = subject.Opened!.ProtectedRecipients;
        if (recipients.IsDefault) return rule.DemandsProtectedHeader ? $"the signature of {named.Text} does not protect the header" : null;
        // What was released for some goes to no others (threat C10).
        return envelope.Recipients.FirstOrDefault(r => !recipients.Contains(r.Address.Text, StringComparer.OrdinalIgnoreCase)) is { } other
            ? $"it was not released for {other.Address.Text}: the protected header does not name that address"
            : null;
    }

    private static string Names(IEnumerable<ReleaseAuthority> authorities) => string.Join(", ", authorities.Select(a => a.Address.Text));
}
