using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Releases;

/// <summary>Draft and release (RFC 7912): the rules and the desk at which drafts are released. Immutable.</summary>
public sealed record ReleaseSettings
{
    public static ReleaseSettings None { get; } = new();

    /// <summary>For each recipient the first that fits counts; a message waits as a whole for the one rule that it then has to obey.</summary>
    public ImmutableArray<DraftRule> Rules { get; init; } = [];

    /// <summary>Where signed answers go, and who asks for them; null: nobody is asked by mail.</summary>
    public Mailbox? Desk { get; init; }

    /// <summary>The security domain of all this; null: there are no domains.</summary>
    public string? Domain { get; init; }

    /// <summary>Stands in MMHS-Authorizing-Users in the place of everybody who releases at the desk (RFC 7912 §4: a group); null: their own addresses do.</summary>
    public Mailbox? ShownAs { get; init; }

    /// <summary>How signatures are judged and drafts are opened for review; null: they are not.</summary>
    public BoundaryOpening? Opening { get; init; }

    /// <summary>The desk's review signature (RFC 3183 §3, RFC 7912 §3.3.2); null: it makes none.</summary>
    public DepartureSigning? Sign { get; init; }

    /// <summary>How drafts that came encrypted are encrypted for those who review them; null: as they came.</summary>
    public DepartureEncryption? Encrypt { get; init; }

    public bool IsEmpty => Rules.IsEmpty;

    public bool IsDesk(string? domain, Mailbox address) => Desk is { } desk && desk == address && domain == Domain;

    /// <summary>
    /// The message may not go on before it was judged. By the envelope alone, so that what no rule can be about costs nothing; what
    /// the switch itself made of a message is of no listener, and was judged before.
    /// </summary>
    public bool IsUnder(Envelope envelope)
    {
        foreach (var recipient in Rules.IsEmpty ? [] : envelope.Recipients)
        {
            if (!IsDesk(envelope.Domain, recipient.Address) && MayWaitFor(envelope, recipient.Address)) return true;
        }

        return false;
    }

    public DraftRule? Find(string name) => Rules.FirstOrDefault(r => r.Name == name);

    private bool MayWaitFor(Envelope envelope, Mailbox recipient)
    {
        foreach (var rule in Rules)
        {
            if (!rule.IsFor(recipient)) continue;
            switch (Fits(rule, envelope))
            {
                case true: return !rule.LetsPass(recipient);
                case null: return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether a rule may be about a message, whoever it is for; null: the content has to tell. What frees has to be certain of
    /// everything, what holds back of nothing: a client writes reverse path and From as it likes.
    /// </summary>
    internal static bool? Fits(DraftRule rule, Envelope envelope)
    {
        if (!rule.Listeners.Contains(envelope.Origin.Listener, StringComparer.Ordinal)) return false;
        if (!rule.Levels.IsEmpty && !rule.Levels.Contains(envelope.Precedence)) return false;
        if (!rule.Types.IsEmpty || rule.LowestClassification is not null) return null;
        if (rule.Drafters is not { } drafters) return true;
        var isClaimed = envelope.ReversePath.Mailbox is { } from && drafters.Contains(from);
        return rule.IsFree ? isClaimed ? null : false : isClaimed ? true : null;
    }
}
