using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Channels;
using MilSwitch.Domain.Routing;
using Route = MilSwitch.Domain.Routing.Route;

namespace MilSwitch.Host.Configuration;

public static partial class ConfigurationReader
{
    /// <summary>Longer than any time that a line of ACP 127 may be given for a message: the line itself says when it is over.</summary>
    private static readonly TimeSpan LineTimeout = TimeSpan.FromHours(7);

    private const string NextHopForm = "must be host:port, a list of them, or mx";

    private static RouteTable ReadRoutes(ConfigurationSource source, Section root, string hostName, ImmutableArray<string> ownNames, KeyConfiguration keys, LabelConfiguration labels,
        ImmutableArray<DomainOfKeys> domains)
    {
        var routes = new List<Route>();
        var matches = new Dictionary<string, int>(StringComparer.Ordinal);
        var conditions = new List<(Route Route, Section Section)>();
        var followed = new List<(Route Route, Section Section)>();
        var links = new Dictionary<LinkName, (LinkSettings Settings, int Line)>();
        if (root.Find("routes") is null) root.Reject("routes", "is missing; a switch needs at least one");
        foreach (var (node, path) in root.Items("routes"))
        {
            if (node is not YamlMap map)
            {
                source.Reject(node.Line, path, "must be a mapping with match and next-hop");
                continue;
            }

            var section = new Section(source, map, path);
            var route = ReadRoute(source, section, hostName, keys, labels, domains);
            section.Finish();
            if (route is null) continue;
            if (route.When is not null) conditions.Add((route, section));
            else if (!matches.TryAdd(route.Match.ToLowerInvariant(), section.LineOf("match")))
            {
                section.Reject("match", string.Create(CultureInfo.InvariantCulture, $"'{route.Match}' is matched at line {matches[route.Match.ToLowerInvariant()]} already"));
                continue;
            }

            if (route.Link is { } link && !links.TryAdd(link.Name, (link, map.Line)) && !SameLink(links[link.Name].Settings, link))
            {
                section.Reject("name", string.Create(
                    CultureInfo.InvariantCulture,
                    $"link '{link.Name}' has other settings at line {links[link.Name].Line}; give one of them its own name"));
                continue;
            }

            if (route.Link is { Channel: { } channel } numbered && links.Values.FirstOrDefault(l => l.Settings.Channel == channel && l.Settings.Name != numbered.Name) is { Settings: { } other })
            {
                section.Reject("channel", $"'{channel}' is that of link '{other.Name}' already");
                continue;
            }

            routes.Add(route);
            if (route.Link?.Follow is not null) followed.Add((route, section));
        }

        CheckConditions(routes, conditions);
        var table = new RouteTable(routes, [hostName, .. ownNames]);
        CheckActionPoints(table, followed);
        return table;
    }

    // Records compare arrays by reference.
    private static bool SameLink(LinkSettings a, LinkSettings b) => a with { Targets = [] } == b with { Targets = [] } && a.Targets.SequenceEqual(b.Targets);

    private static Route? ReadRoute(
        ConfigurationSource source, Section section, string hostName, KeyConfiguration keys, LabelConfiguration labels, ImmutableArray<DomainOfKeys> domains)
    {
        var match = ReadMatch(section);
        var when = ReadCondition(source, section);
        var refuse = section.Text("refuse");
        if (refuse is not null && !refuse.All(c => c is >= ' ' and <= '~')) section.Reject("refuse", "must be printable ASCII: it is sent to the client");
        var open = section.Flag("open", false);
        var name = section.Text("name");
        if (name is not null && (name.Length > 100 || !name.All(c => c is > ' ' and <= '~')))
            section.Reject("name", "must be up to 100 printable ASCII characters without spaces");
        if (refuse is not null)
        {
            if (section.Has("next-hop")) section.Reject("next-hop", "is given as well as refuse; give one of them");
            if (when is not null) section.Reject("when", "is judged when the content is there, and refuse answers before; give it a next-hop");
            return match is null ? null : new Route { Match = match, When = when, Refuse = refuse, Open = open };
        }

        var tls = ReadLinkTls(source, section.Map("tls"));
        var link = new LinkSettings { Name = default, HeloName = hostName };
        var second = TimeSpan.FromSeconds(1);
        var timeouts = section.Map("timeouts");
        var home = domains.FirstOrDefault(d => section.Find("domain") is YamlText named && named.Value == d.Domain.Name);
        link = link with
        {
            HeloName = Domain(section, "helo") ?? hostName,
            Protocol = section.Keyword("protocol", LinkProtocol.Smtp, ("smtp", LinkProtocol.Smtp), ("lmtp", LinkProtocol.Lmtp)),
            Connections = section.Number("connections", link.Connections, 1, 10_000),
            Exclusive = section.Flag("exclusive", false),
            Channel = ReadNumberedChannel(section),
            MessagesPerConnection = section.Number("messages-per-connection", link.MessagesPerConnection, 1, 1_000_000_000),
            Tls = tls,
            Protection = ReadDeparture(source, section, keys, [home]),
            Labels = ReadLinkLabels(source, section, labels, isRoute: true, home),
            Domain = ReadBoundDomain(section, domains),
            Follow = ReadFollowing(source, section, home),
            TunnelPriority = section.Flag("tunnel-priority", link.TunnelPriority),
            ConnectTimeout = timeouts.Duration("connect", link.ConnectTimeout, second, TimeSpan.FromMinutes(30)),
            CommandTimeout = timeouts.Duration("command", link.CommandTimeout, second, TimeSpan.FromHours(2)),
            FinalDotTimeout = timeouts.Duration("final-dot", link.FinalDotTimeout, second, TimeSpan.FromHours(6)),
            IdleTimeout = timeouts.Duration("idle", link.IdleTimeout, second, Day),
        };
        timeouts.Finish();
        if (link.Channel is not null)
        {
            // One after the other, or the numbers would not come in their order.
            if (section.Has("connections") && link.Connections is not 1) section.Reject("connections", "must be 1 with channel, whose messages go one after the other");
            if (section.Has("exclusive") && !link.Exclusive) section.Reject("exclusive", "must be true with channel, whose messages go one after the other");
            if (tls.SenderMayRelax) section.Reject("channel", "is not for links with tls.sender-may-relax, whose mail takes two ways");
            link = link with { Connections = 1, Exclusive = true };
        }

        if (!section.Has("next-hop"))
        {
            section.Reject("next-hop", "is missing; write host:port, mx, or refuse: TEXT instead");
            return null;
        }

        if (section.Find("next-hop") is YamlText { Value: var text } && (text == "mx" || text.StartsWith("mx:", StringComparison.Ordinal)))
        {
            var port = 25;
            if (text != "mx" && (!int.TryParse(text.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65_535))
                section.Reject("next-hop", $"'{text}' is not mx or mx:port");
            if (link.Protocol == LinkProtocol.Lmtp) section.Reject("protocol", "lmtp is for delivery agents nearby, not for mx");
            if (link.Channel is not null) section.Reject("channel", "is not for mx, where every domain has its own link");
            if (name is not null) section.Reject("name", "means nothing with mx, where every domain has its own link");
            return match is null ? null : new Route { Match = match, When = when, UseMx = true, Open = open, Link = link with { Name = new LinkName("mx"), MxPort = port } };
        }

        if (section.Find("next-hop") is YamlText { Value: var line } && line.StartsWith(Acp127Line.Scheme, StringComparison.Ordinal))
        {
            foreach (var key in new[] { "tls", "protocol", "connections", "messages-per-connection", "exclusive", "helo", "tunnel-priority", "timeouts", "acknowledgments", "channel" }.Where(section.Has)) section.Reject(key, "does nothing with a line of ACP 127");
            // One message at a time goes over a line, and in a cluster one node at a time has it.
            link = link with { Name = new LinkName(name ?? line), Targets = [new HopTarget(line, 0)], Tls = LinkTls.None, Connections = 1, Exclusive = true, FinalDotTimeout = LineTimeout };
            return match is null ? null : new Route { Match = match, When = when, Open = open, Link = link };
        }

        var targets = ReadTargets(source, section);
        // RFC 2033 §5.
        if (link.Protocol == LinkProtocol.Lmtp && targets.Any(t => t.Port is 25)) section.Reject("next-hop", "has port 25, where LMTP must not be spoken");
        return match is null || targets.IsEmpty
            ? null
            : new Route { Match = match, When = when, Open = open, Link = link with { Name = new LinkName(name ?? targets[0].ToString()), Targets = targets } };
    }

    private static RouteFollowing? ReadFollowing(ConfigurationSource source, Section route, DomainOfKeys? home)
    {
        if (route.Find("acknowledgments") is null) return null;
        var section = route.Map("acknowledgments");
        var from = ReadTrusted(source, section, "reports-from", "name the hosts of this domain that report");
        var receipts = section.Flag("receipts", false);
        var own = ReadTrust(source, section, out var hasAnchors);
        if (!receipts)
        {
            foreach (var key in TrustKeys.Where(section.Has)) section.Reject(key, "does nothing without receipts: true");
        }
        else if (!hasAnchors)
        {
            if (home is not { Domain.Trust.Anchors.IsEmpty: false }) section.Reject("anchors", "is missing, and the domain of this route has none; without it no receipt is believed");
            foreach (var key in TrustKeys.Where(section.Has)) section.Reject(key, "goes with anchors; without it those of the domain count, with what they have");
        }

        // A receipt is proved by its signature, whoever hands it in.
        if (!section.Has("reports-from") && !receipts) section.Reject("reports-from", "is missing; name the hosts of this domain that hand in reports: nobody else's are believed");
        var following = new RouteFollowing(from, ReadActionPoint(section)) { Receipts = !receipts ? null : hasAnchors ? own : home?.Domain.Trust };
        section.Finish();
        return following;
    }

    // The copy stays in the domain of what it is a copy of.
    private static void CheckActionPoints(RouteTable routes, List<(Route Route, Section Section)> followed)
    {
        foreach (var (route, section) in followed)
        {
            if (route.Link?.Follow?.ActionPoint is not { } point || !Mailbox.TryParse(point, allowUtf8: false, out var address, out _)) continue;
            var inner = section.Map("acknowledgments");
            if (routes.Find(address) is not { } link) inner.Reject("action-point", $"no route leads to '{point}'");
            else if (link.Domain != route.Link.Domain) inner.Reject("action-point", $"'{point}' is not in the security domain of this route");
        }
    }

    private static string? ReadNumberedChannel(Section section)
    {
        if (section.Text("channel") is not { } channel) return null;
        if (ChannelName.IsValid(channel)) return channel;
        section.Reject("channel", string.Create(CultureInfo.InvariantCulture, $"must be 1 to {ChannelName.Longest} letters, digits and hyphens"));
        return null;
    }

    private static string? ReadMatch(Section section)
    {
        if (section.RequiredText("match") is not { } text) return null;
        if (text == "*") return text;
        if (text.Contains('@', StringComparison.Ordinal))
        {
            if (Mailbox.TryParse(text, allowUtf8: true, out _, out _)) return text;
        }
        else if (text.StartsWith("*.", StringComparison.Ordinal))
        {
            if (Mailbox.TryReadDomain(text[2..], out var parent)) return "*." + parent;
        }
        else if (Mailbox.TryReadDomain(text, out var domain))
        {
            return domain;
        }

        section.Reject("match", $"'{text}' is not an address, a mail domain, *.domain or *");
        return null;
    }

    private static ImmutableArray<HopTarget> ReadTargets(ConfigurationSource source, Section section)
    {
        var targets = ImmutableArray.CreateBuilder<HopTarget>();
        foreach (var (node, path) in section.Items("next-hop"))
        {
            switch (node)
            {
                case YamlText text:
                    if (ReadTarget(text.Value, targets.Count) is { } target) targets.Add(target);
                    else source.Reject(node.Line, path, $"'{text.Value}' {NextHopForm}");
                    break;
                case YamlMap map:
                    var entry = new Section(source, map, path);
                    var host = entry.RequiredText("host");
                    var preference = entry.Number("preference", targets.Count, 0, 65_535);
                    entry.Finish();
                    if (host is null) break;
                    if (ReadTarget(host, preference) is { } preferred) targets.Add(preferred);
                    else entry.Reject("host", $"'{host}' is not host:port");
                    break;
                default:
                    source.Reject(node.Line, path, NextHopForm);
                    break;
            }
        }

        if (section.Find("next-hop") is YamlList { Items.Count: 0 }) section.Reject("next-hop", NextHopForm);
        targets.Sort((a, b) => a.Preference.CompareTo(b.Preference));
        return targets.ToImmutable();
    }

    private static HopTarget? ReadTarget(string text, int preference)
    {
        if (!Notation.TryReadHostPort(text, 1, out var host, out var port)) return null;
        if (IPAddress.TryParse(host, out _)) return new HopTarget(host, port, preference);
        return Mailbox.TryReadDomain(host, out var name) ? new HopTarget(name, port, preference) : null;
    }

    private static LinkTls ReadLinkTls(ConfigurationSource source, Section section)
    {
        var mode = section.Keyword(
            "mode", LinkTlsMode.Opportunistic,
            ("none", LinkTlsMode.None), ("opportunistic", LinkTlsMode.Opportunistic), ("required", LinkTlsMode.Required));
        var certificate = source.Certificate(section);
        var anchors = source.Anchors(section, "ca");
        var name = Domain(section, "name");
        var relax = section.Flag("sender-may-relax", false);
        if (relax && mode != LinkTlsMode.Required) section.Reject("sender-may-relax", "does nothing without mode required");
        if (mode == LinkTlsMode.None)
        {
            foreach (var key in new[] { "ca", "certificate", "key", "name" })
            {
                if (section.Has(key)) section.Reject(key, "does nothing without TLS");
            }
        }
        else if (mode == LinkTlsMode.Opportunistic)
        {
            foreach (var key in new[] { "ca", "name" })
            {
                if (section.Has(key)) section.Reject(key, "does nothing with mode opportunistic, which judges no certificate; use required");
            }
        }

        section.Finish();
        var result = new LinkTls(mode)
        {
            CaFile = anchors.Count > 0 ? section.File("ca") : null,
            CertificateFile = certificate is null ? null : section.File("certificate"),
            KeyFile = certificate is null ? null : section.File("key") ?? section.File("certificate"),
            ServerName = name,
            SenderMayRelax = relax,
        };
        certificate?.Dispose();
        foreach (var anchor in anchors) anchor.Dispose();
        return result;
    }
}
