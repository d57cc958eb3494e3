using System.Collections.Frozen;
using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Routing;

/// <summary>Where one address goes, and why.</summary>
/// <param name="Link">Null when refused.</param>
/// <param name="Route">The row that matched; null when none did.</param>
/// <param name="Refusal">Why not; null when routed.</param>
/// <param name="Explanation">What was tried in order, for <c>route test --explain</c>.</param>
public sealed record RouteDecision(LinkSettings? Link, Route? Route, string? Refusal, ImmutableArray<string> Explanation);

/// <summary>
/// Finds the link for an address: an exact address first, then its domain, then the longest wildcard, then <c>*</c>. Where several rows
/// have the same, the first whose <see cref="Route.When"/> a message fulfils, else the one that demands nothing.
/// Immutable and thread-safe; a reload swaps the whole table.
/// </summary>
public sealed class RouteTable
{
    private readonly FrozenDictionary<string, Route> rows;
    private readonly FrozenDictionary<string, ImmutableArray<Route>> conditional;
    private readonly FrozenSet<string> ownNames;

    public RouteTable(IEnumerable<Route> routes, IEnumerable<string>? ownNames = null)
    {
        Routes = [.. routes];
        rows = Routes.Where(r => r.When is null).ToFrozenDictionary(r => KeyOf(r.Match), StringComparer.Ordinal);
        conditional = Routes.Where(r => r.When is not null).GroupBy(r => KeyOf(r.Match), StringComparer.Ordinal).ToFrozenDictionary(g => g.Key, g => g.ToImmutableArray(), StringComparer.Ordinal);
        AsksForLabels = Routes.Any(r => r.Link?.Labels is not null);
        Follows = Routes.Any(r => r.Link?.Follow is not null);
        FollowsReceipts = Routes.Any(r => r.Link?.Follow?.Receipts is not null);
        this.ownNames = (ownNames ?? []).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    public ImmutableArray<Route> Routes { get; }

    /// <summary>Some link does something about labels.</summary>
    public bool AsksForLabels { get; }

    /// <summary>Messages of some link are followed until they are acknowledged.</summary>
    public bool Follows { get; }

    /// <summary>For some of them signed receipts are awaited.</summary>
    public bool FollowsReceipts { get; }

    /// <summary>Names this switch answers to: an MX that names one of them is a loop.</summary>
    public bool IsOwnName(string host) => ownNames.Contains(host.TrimEnd('.'));

    /// <summary>Some row demands something of the message besides its address.</summary>
    public bool AsksForFields => conditional.Count > 0;

    /// <summary>The link of a message that fulfils no condition.</summary>
    public LinkSettings? Find(Mailbox address) => Match(address) is { Refuse: null } route ? LinkOf(route, address) : null;

    /// <summary>The link of a message.</summary>
    /// <param name="address">Of the recipient.</param>
    /// <param name="level">At which it travels to them.</param>
    /// <param name="facts">Of its header.</param>
    public LinkSettings? Find(Mailbox address, Precedence level, MilitaryFacts facts)
    {
        if (!AsksForFields) return Find(address);
        foreach (var key in Candidates(address))
        {
            if (conditional.TryGetValue(key, out var some) && some.FirstOrDefault(r => r.When!.Holds(level, facts)) is { } fulfilled) return LinkOf(fulfilled, address);
            if (rows.TryGetValue(key, out var route)) return route.Refuse is null ? LinkOf(route, address) : null;
        }

        return null;
    }

    /// <summary>The row of a message that fulfils no condition.</summary>
    public Route? Match(Mailbox address)
    {
        foreach (var key in Candidates(address))
        {
            if (rows.TryGetValue(key, out var route)) return route;
        }

        return null;
    }

    /// <summary>
    /// The links that mail for a domain can take: those of its addresses that have rows of their own and that of all others.
    /// Each name once.
    /// </summary>
    /// <param name="domain">Canonical.</param>
    /// <param name="subdomains">
    /// Those of the domains below as well, as far as the table names them: an MX route has a link for each domain, which only
    /// mail brings into being.
    /// </param>
    public ImmutableArray<LinkSettings> LinksTowards(string domain, bool subdomains)
    {
        var found = ImmutableArray.CreateBuilder<LinkSettings>();
        foreach (var (key, row) in rows.Concat(conditional.SelectMany(c => c.Value.Select(r => KeyValuePair.Create(c.Key, r)))))
        {
            var rowDomain = key[(key.IndexOf('@', StringComparison.Ordinal) + 1)..];
            var below = rowDomain.EndsWith("." + domain, StringComparison.Ordinal);
            if (key == rowDomain ? subdomains && below : rowDomain == domain || (subdomains && below)) Add(row, rowDomain);
        }

        AddClosest(DomainCandidates(domain), domain);
        if (subdomains) AddClosest(DomainCandidates("*." + domain), "*." + domain);
        return found.ToImmutable();

        // There is a row without a condition wherever there is one with it.
        void AddClosest(IEnumerable<string> keys, string towards)
        {
            if (keys.FirstOrDefault(rows.ContainsKey) is not { } key) return;
            Add(rows[key], towards);
            foreach (var row in conditional.GetValueOrDefault(key, [])) Add(row, towards);
        }

        void Add(Route? row, string towards)
        {
            if (row is not { Refuse: null, Link: { } link } || (row.UseMx && towards[0] == '*')) return;
            if (row.UseMx) link = MxLink(link, towards);
            if (!found.Any(known => known.Name == link.Name)) found.Add(link);
        }
    }

    public RouteDecision Explain(Mailbox address) => Explain(address, Precedence.Routine, MilitaryFacts.None);

    /// <summary>Where a message goes, and why.</summary>
    /// <param name="address">Of the recipient.</param>
    /// <param name="level">At which it travels to them.</param>
    /// <param name="facts">Of its header.</param>
    public RouteDecision Explain(Mailbox address, Precedence level, MilitaryFacts facts)
    {
        var tried = ImmutableArray.CreateBuilder<string>();
        foreach (var key in Candidates(address))
        {
            foreach (var row in conditional.GetValueOrDefault(key, []))
            {
                var holds = row.When!.Holds(level, facts);
                tried.Add($"{key} when {row.When}: {(holds ? "matched" : "no")}");
                if (!holds) continue;
                var chosen = LinkOf(row, address);
                tried.Add(chosen is null ? "the address has no domain to look up" : $"link {chosen.Name}");
                return new RouteDecision(chosen, row, chosen is null ? "no route" : null, tried.ToImmutable());
            }

            if (!rows.TryGetValue(key, out var route))
            {
                tried.Add($"{key}: no row");
                continue;
            }

            tried.Add($"{key}: matched");
            if (route.Refuse is { } text) return new RouteDecision(null, route, text, tried.ToImmutable());
            var link = LinkOf(route, address);
            tried.Add(link is null ? "the address has no domain to look up" : $"link {link.Name}");
            return new RouteDecision(link, route, link is null ? "no route" : null, tried.ToImmutable());
        }

        return new RouteDecision(null, null, "no route", tried.ToImmutable());
    }

    private static LinkSettings? LinkOf(Route route, Mailbox address)
    {
        if (!route.UseMx) return route.Link;
        if (address.Domain.Length is 0 || route.Link is null) return null;
        // RFC 5321 §5.1: an address literal names the host itself.
        if (address.Domain[0] == '[')
        {
            var host = address.Domain.Trim('[', ']').Replace("ipv6:", "", StringComparison.Ordinal);
            var target = new HopTarget(host, route.Link.MxPort);
            return route.Link with { Name = new LinkName(target.ToString()), Targets = [target], MxDomain = null };
        }

        return MxLink(route.Link, address.Domain);
    }

    private static LinkSettings MxLink(LinkSettings template, string domain) => template with { Name = LinkName.Mx(domain), MxDomain = domain };

    // The canonical form on both sides, so that no other spelling of an address (quoting, case, U-labels) goes round its row.
    private static string KeyOf(string match)
    {
        const string Wildcard = "*.";
        if (match.Contains('@', StringComparison.Ordinal) && Mailbox.TryParse(match, allowUtf8: true, out var mailbox, out _)) return KeyOf(mailbox);
        var wildcard = match.StartsWith(Wildcard, StringComparison.Ordinal);
        if (Mailbox.TryReadDomain(wildcard ? match[Wildcard.Length..] : match, out var domain)) return wildcard ? Wildcard + domain : domain;
        return match.ToLowerInvariant();
    }

    private static string KeyOf(Mailbox address)
    {
        var localPart = address.LocalPart.ToLowerInvariant();
        return address.Domain.Length is 0 ? localPart : $"{localPart}@{address.Domain}";
    }

    private static IEnumerable<string> Candidates(Mailbox address)
    {
        yield return KeyOf(address);
        foreach (var key in DomainCandidates(address.Domain)) yield return key;
    }

    private static IEnumerable<string> DomainCandidates(string domain)
    {
        if (domain.Length > 0)
        {
            yield return domain;
            for (var dot = domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = domain.IndexOf('.', dot + 1))
                yield return string.Concat("*", domain.AsSpan(dot));
        }

        yield return "*";
    }
}
