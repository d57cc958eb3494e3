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

    /// <summary>The first that fits a message decides about all of it.</summary>
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
        foreach (var rule in Rules)
        {
            switch (Fits(rule, envelope))
            {
                case true when rule.IsFree: return false;
                case null or true: return true;
            }
        }

        return false;
    }

    public DraftRule? Find(string name) => Rules.FirstOrDefault(r => r.Name == name);

    /// <summary>Null: the content has to tell.</summary>
    internal bool? Fits(DraftRule rule, Envelope envelope)
    {
        if (!rule.Listeners.Contains(envelope.Origin.Listener, StringComparer.Ordinal)) return false;
        if (!rule.Levels.IsEmpty && !rule.Levels.Contains(envelope.Precedence)) return false;
        var isReached = false;
        var isForOthers = false;
        foreach (var recipient in envelope.Recipients)
        {
            if (IsDesk(envelope.Domain, recipient.Address)) continue;
            isReached |= rule.Recipients is not { } to || to.Contains(recipient.Address);
            // RFC 7912 §3.4.1: who may release gets what is for such people only.
            isForOthers |= rule.Find(recipient.Address) is null;
        }

        if (!isReached || !isForOthers) return false;
        if (!rule.Types.IsEmpty || rule.LowestClassification is not null) return null;
        return rule.Drafters is not { } drafters || (envelope.ReversePath.Mailbox is { } from && drafters.Contains(from)) ? true : null;
    }
}
