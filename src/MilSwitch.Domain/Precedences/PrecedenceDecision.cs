namespace MilSwitch.Domain.Precedences;

/// <summary>Everything a message says about its own precedence.</summary>
/// <param name="Parameter">MT-PRIORITY of MAIL (RFC 6710 §4.1).</param>
/// <param name="Tunnelled">The single valid <c>MT-Priority</c> field (RFC 6758 §3.1).</param>
/// <param name="Primary"><c>MMHS-Primary-Precedence</c> (RFC 6477 §3.8), when it names one of the six levels.</param>
/// <param name="Copy"><c>MMHS-Copy-Precedence</c> (RFC 6477 §3.9), when it names one of the six levels.</param>
/// <param name="FieldPresent">
/// There is an <c>MT-Priority</c> field, be it invalid, repeated or not to be believed: a hop without the extension must get
/// the value that was decided here in its place (RFC 6758 §3.3).
/// </param>
public readonly record struct PrecedenceEvidence(
    MtPriority? Parameter, MtPriority? Tunnelled, Precedence? Primary, Precedence? Copy, bool FieldPresent = false);

/// <summary>Where the transfer precedence came from.</summary>
public enum PrecedenceSource : byte { Parameter, TunnelledField, PrimaryPrecedence, CopyPrecedence, SiteDefault }

/// <summary>What a client may ask for.</summary>
/// <param name="Highest">The highest level it may use; higher ones are lowered to it and answered with X.3.6.</param>
/// <param name="Lowest">The lowest level the switch takes at present (MINIMIZE); below it mail is refused with X.7.15.</param>
public readonly record struct PrecedenceGrant(Precedence Highest, Precedence Lowest = Precedence.Deferred);

/// <summary>The precedence at which a message and its information copies travel.</summary>
/// <param name="Action">Level for action addressees, and of the transfer as a whole.</param>
/// <param name="Information">Level for information addressees; never above <paramref name="Action"/>.</param>
/// <param name="ActionPriority">MT-PRIORITY to relay for action addressees: unchanged unless it was lowered; null when nothing asked for one.</param>
/// <param name="InformationPriority">MT-PRIORITY to relay for information addressees.</param>
/// <param name="Source">What decided.</param>
/// <param name="Lowered">The client asked for more than it may: the reply says X.3.6.</param>
public readonly record struct PrecedenceDecision(
    Precedence Action, Precedence Information, MtPriority? ActionPriority, MtPriority? InformationPriority, PrecedenceSource Source, bool Lowered)
{
    /// <summary>
    /// Weighs the evidence in the order MAIL parameter, tunnelled field, primary precedence, copy precedence, site default
    /// (RFC 6710 §4.1, RFC 6758 §3.1). <c>Importance</c> and <c>X-Priority</c> never count.
    /// </summary>
    public static PrecedenceDecision Decide(PrecedenceEvidence evidence, PrecedenceGrant grant, Precedence unmarked)
    {
        var (priority, wanted, source) = evidence switch
        {
            { Parameter: { } parameter } => ((MtPriority?)parameter, parameter.ToPrecedence(), PrecedenceSource.Parameter),
            { Tunnelled: { } tunnelled } => (tunnelled, tunnelled.ToPrecedence(), PrecedenceSource.TunnelledField),
            { Primary: { } primary } => (MtPriority.From(primary), primary, PrecedenceSource.PrimaryPrecedence),
            { Copy: { } copy } => (MtPriority.From(copy), copy, PrecedenceSource.CopyPrecedence),
            _ => (evidence.FieldPresent ? MtPriority.From(unmarked) : null, unmarked, PrecedenceSource.SiteDefault),
        };
        var action = wanted > grant.Highest ? grant.Highest : wanted;
        // Only somebody who asked for more can be told that he got less.
        var lowered = action < wanted && source != PrecedenceSource.SiteDefault;
        var actionPriority = priority is not null && action < wanted ? MtPriority.From(action) : priority;
        var information = evidence.Copy is { } own && own < action ? own : action;
        var informationPriority = information < action ? MtPriority.From(information) : actionPriority;
        return new PrecedenceDecision(action, information, actionPriority, informationPriority, source, lowered);
    }
}
