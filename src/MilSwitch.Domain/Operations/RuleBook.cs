using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Domain.Operations;

/// <summary>What the operator's rules say about one copy of a message.</summary>
public readonly record struct RuleVerdict(RuleKind? Kind, OperatorRule? Rule)
{
    public static RuleVerdict Go => default;

    /// <summary>It waits until the rule ends.</summary>
    public bool Waits => Kind is RuleKind.Suspend or RuleKind.Minimize;
}

/// <summary>All rules in force, as one immutable value. Thread-safe.</summary>
public sealed class RuleBook
{
    private readonly ImmutableArray<(OperatorRule Rule, RuleScope Scope)> rules;
    private readonly bool exemptions;

    /// <param name="rules">In any order.</param>
    /// <param name="exemptions">
    /// Some messages may be exempt from MINIMIZE: it closes no link to a level then, each message is judged by itself.
    /// </param>
    public RuleBook(IEnumerable<OperatorRule> rules, bool exemptions = false)
    {
        this.rules = [.. rules.OrderBy(r => r.CreatedAt).Select(r => (r, RuleScope.Parse(r.Scope)))];
        this.exemptions = exemptions;
    }

    public static RuleBook Empty { get; } = new([]);

    public bool IsEmpty => rules.IsEmpty;

    public IEnumerable<OperatorRule> Rules => rules.Select(r => r.Rule);

    /// <summary>The same rules, with or without exemptions from MINIMIZE.</summary>
    public RuleBook With(bool exemptions) => exemptions == this.exemptions ? this : new RuleBook(Rules, exemptions);

    /// <summary>The first moment after <paramref name="now"/> at which a rule ends by itself.</summary>
    public DateTimeOffset? NextExpiry(DateTimeOffset now)
    {
        DateTimeOffset? next = null;
        foreach (var (rule, _) in rules)
        {
            if (rule.Expires is { } end && end > now && (next is null || end < next)) next = end;
        }

        return next;
    }

    /// <summary>
    /// The lowest level that may move over a link at all, and whether it may be used: scopes <c>node</c> and <c>link:</c>. With
    /// exemptions about MINIMIZE only a message by itself can be judged.
    /// </summary>
    public Precedence? LowestOn(LinkName link, DateTimeOffset now)
    {
        var lowest = Precedence.Deferred;
        foreach (var (rule, scope) in rules)
        {
            if (!IsInForce(rule, now) || !scope.CoversLink(link)) continue;
            if (rule.Kind == RuleKind.Suspend) return null;
            if (!exemptions && rule is { Kind: RuleKind.Minimize, Level: { } level } && level > lowest) lowest = level;
        }

        return lowest;
    }

    public ImmutableArray<string> NamesOn(LinkName link, DateTimeOffset now) =>
        [.. rules.Where(r => IsInForce(r.Rule, now) && r.Scope.CoversLink(link)).Select(r => r.Rule.Id)];

    /// <summary>What becomes of one recipient's copy. The strictest counts: suspend, return, reroute, minimize.</summary>
    public RuleVerdict Judge(Envelope envelope, Recipient recipient, LinkName link, DateTimeOffset now) =>
        Judge(envelope.ReversePath, recipient, link, now, envelope.MinimizeConsidered);

    /// <summary>As <see cref="Judge(Envelope, Recipient, LinkName, DateTimeOffset)"/>.</summary>
    /// <param name="minimizeConsidered">MINIMIZE does not concern the message.</param>
    public RuleVerdict Judge(ReversePath reversePath, Recipient recipient, LinkName link, DateTimeOffset now, bool minimizeConsidered = false)
    {
        var verdict = RuleVerdict.Go;
        foreach (var (rule, scope) in rules)
        {
            if (!IsInForce(rule, now) || !scope.Covers(reversePath, recipient.Address, link)) continue;
            if (rule.Kind == RuleKind.Minimize && (minimizeConsidered || recipient.Precedence >= (rule.Level ?? Precedence.Deferred))) continue;
            if (rule.Kind == RuleKind.Reroute && rule.Link == link.Configured) continue;
            if (verdict.Kind is null || Rank(rule.Kind) < Rank(verdict.Kind.Value)) verdict = new RuleVerdict(rule.Kind, rule);
        }

        return verdict;
    }

    /// <summary>Would this copy be treated otherwise by the other rules?</summary>
    public bool Differs(RuleBook other, Envelope envelope, Recipient recipient, LinkName link, DateTimeOffset now)
    {
        var (mine, others) = (Judge(envelope, recipient, link, now), other.Judge(envelope, recipient, link, now));
        // Two that wait are as good as one; whose rule it is makes no difference.
        return mine.Waits != others.Waits || (!mine.Waits && (mine.Kind != others.Kind || mine.Rule?.Link != others.Rule?.Link));
    }

    /// <summary>The level below which mail is refused when it comes in: MINIMIZE over the whole node with refusal.</summary>
    public Precedence LowestAtEntry(DateTimeOffset now)
    {
        var lowest = Precedence.Deferred;
        foreach (var (rule, scope) in rules)
        {
            if (rule is { Kind: RuleKind.Minimize, RefuseAtEntry: true, Level: { } level } && scope.IsNode && IsInForce(rule, now) && level > lowest) lowest = level;
        }

        return lowest;
    }

    /// <summary>The level below which mail for this recipient is refused when it comes in.</summary>
    public Precedence LowestAtEntry(ReversePath reversePath, Mailbox recipient, LinkName link, DateTimeOffset now)
    {
        var lowest = Precedence.Deferred;
        foreach (var (rule, scope) in rules)
        {
            if (rule is { Kind: RuleKind.Minimize, RefuseAtEntry: true, Level: { } level } && IsInForce(rule, now)
                && scope.Covers(reversePath, recipient, link) && level > lowest) lowest = level;
        }

        return lowest;
    }

    private static bool IsInForce(OperatorRule rule, DateTimeOffset now) => rule.Expires is not { } end || now < end;

    private static int Rank(RuleKind kind) => kind switch { RuleKind.Suspend => 0, RuleKind.Return => 1, RuleKind.Reroute => 2, _ => 3 };
}

/// <summary>The matcher of a rule, read once.</summary>
public readonly record struct RuleScope
{
    private enum Of : byte { Node, Link, Domain, Sender, Recipient }

    private readonly Of of;
    private readonly string value;

    private RuleScope(Of of, string value)
    {
        this.of = of;
        this.value = value;
    }

    public bool IsNode => of == Of.Node;

    /// <summary>Throws <see cref="FormatException"/> with a text for the operator.</summary>
    public static RuleScope Parse(string text)
    {
        if (text == "node") return new RuleScope(Of.Node, "");
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (kind, value) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        if (value.Length is 0) throw new FormatException($"'{text}' is not a scope: use node, link:NAME, domain:NAME, sender:ADDRESS or recipient:ADDRESS");
        return kind switch
        {
            "link" => new RuleScope(Of.Link, value),
            "domain" => new RuleScope(Of.Domain, value.ToLowerInvariant()),
            "sender" => new RuleScope(Of.Sender, value),
            "recipient" => new RuleScope(Of.Recipient, value),
            _ => throw new FormatException($"'{kind}' is not a kind of scope: use node, link, domain, sender or recipient"),
        };
    }

    public bool CoversLink(LinkName link) => of == Of.Node || (of == Of.Link && string.Equals(value, link.Configured.Value, StringComparison.Ordinal));

    public bool Covers(ReversePath reversePath, Mailbox recipient, LinkName link) => of switch
    {
        Of.Node or Of.Link => CoversLink(link),
        Of.Domain => MatchesDomain(recipient.Domain),
        Of.Sender => reversePath.Mailbox is { } sender && MatchesAddress(sender),
        _ => MatchesAddress(recipient),
    };

    private bool MatchesDomain(string domain) =>
        value.StartsWith("*.", StringComparison.Ordinal)
            ? domain.EndsWith(value[1..], StringComparison.OrdinalIgnoreCase)
            : string.Equals(domain, value, StringComparison.OrdinalIgnoreCase);

    private bool MatchesAddress(Mailbox address) => string.Equals(address.Text, value, StringComparison.OrdinalIgnoreCase);
}
