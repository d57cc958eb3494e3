using System.Collections.Immutable;
using System.Net;
using MilSwitch.Acp127;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Smtp.Server;
using MilSwitch.Switching.Labelling;

namespace MilSwitch.Host.Configuration;

/// <summary>Lines of ACP 127.</summary>
public static partial class ConfigurationReader
{
    private static Acp127Configuration ReadAcp127(
        ConfigurationSource source, Section root, List<ConfigurationProblem> problems, LabelConfiguration labels, Dictionary<string, IListenerLabelling> labellings,
        Dictionary<string, MmhsRules> military, ImmutableArray<DomainOfKeys> domains, Dictionary<string, string> belongs, ImmutableArray<SmtpListenerSettings> listeners)
    {
        if (!root.Has("acp127")) return Acp127Configuration.None;
        var section = root.Map("acp127");
        Acp127Directory? directory = null;
        if (section.RequiredText("directory") is { } text && source.ReadableFile(section.LineOf("directory"), section.PathOf("directory"), text) is not null)
            directory = Acp127DirectoryFile.Read(source.Beside(text), problems);
        var lines = ImmutableArray.CreateBuilder<Acp127Line>();
        foreach (var entry in Mappings(source, section, "lines", "must be a mapping with name, station, operator, and in, out or both"))
        {
            var line = ReadLine(source, entry);
            if (line is not null && (lines.Any(l => l.Name == line.Name) || listeners.Any(l => l.Name == line.Name))) entry.Reject("name", $"'{line.Name}' is given to another line or listener already");
            if (entry.Has("in"))
            {
                if (ReadBoundDomain(entry, domains) is { } domain && line is not null) belongs[line.Name] = domain;
                if (ReadMmhs(source, entry.Map("mmhs"), ListenerRole.Relay) is { } rules && line is not null) military[line.Name] = rules;
                if (ReadListenerLabels(source, entry, labels) is { } labelling && line is not null)
                {
                    labellings[line.Name] = new ListenerLabelling(labelling, labels.Authority);
                    if (labelling.SignedOnly) entry.Map("labels").Reject("require-signed", "no signature comes over such a line");
                }
            }
            else
            {
                foreach (var key in new[] { "domain", "mmhs", "labels", "precedence" }.Where(entry.Has)) entry.Reject(key, "does nothing without 'in'");
            }

            entry.Finish();
            if (line is not null) lines.Add(line);
        }

        if (!section.Has("lines")) section.Reject("lines", "is missing; without one nothing comes or goes");
        section.Finish();
        return new Acp127Configuration { Directory = directory ?? Acp127Directory.Empty, Lines = lines.ToImmutable() };
    }

    private static Acp127Line? ReadLine(ConfigurationSource source, Section section)
    {
        var name = section.RequiredText("name");
        if (name is not null && (name.Length > 50 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-')))
        {
            section.Reject("name", "must be up to 50 letters, digits and hyphens");
            name = null;
        }

        var station = section.RequiredText("station");
        if (station is not null && !Acp127Directory.IsRouting(station)) section.Reject("station", $"'{station}' is no routing indicator of 4 to 7 capitals, R or U first");
        var postbox = ReadAddress(section, "operator", required: true);
        var originators = ReadAddress(section, "originators", required: false);
        var highest = section.Precedence("precedence", Precedence.Override);
        var inbound = section.Has("in") ? ReadInbound(source, section.Map("in")) : null;
        var outbound = section.Has("out") ? ReadOutbound(source, section.Map("out")) : null;
        if (!section.Has("in") && !section.Has("out")) section.Reject("in", "is missing, and so is out: nothing comes or goes");
        return name is null || station is null || postbox is null
            ? null
            : new Acp127Line { Name = name, Station = station, Operator = postbox, Originators = originators, HighestPrecedence = highest, Inbound = inbound, Outbound = outbound };
    }

    private static Acp127Inbound ReadInbound(ConfigurationSource source, Section section)
    {
        var defaults = new Acp127Inbound();
        var second = TimeSpan.FromSeconds(1);
        var clients = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var (node, path) in section.Items("clients"))
        {
            if (node is not YamlText { IsNull: false } text) source.Reject(node.Line, path, "must be a network such as 192.0.2.0/24");
            else if (ReadNetwork(source, node.Line, path, text.Value) is { } network) clients.Add(network);
        }

        var tls = section.Map("tls");
        var certificate = section.Has("tls") ? source.Certificate(tls) : null;
        if (section.Has("tls") && !tls.Has("certificate")) tls.Reject("certificate", "is missing; TLS needs one");
        var anchors = source.Anchors(tls, "client-ca");
        tls.Finish();
        var inbound = new Acp127Inbound
        {
            Certificate = certificate,
            ClientAnchors = anchors,
            Endpoint = section.Endpoint("endpoint"),
            Clients = clients.ToImmutable(),
            Connections = section.Number("connections", defaults.Connections, 1, 1_000),
            IdleTimeout = section.Duration("idle-timeout", defaults.IdleTimeout, second, Day),
            Folder = ReadLineFolder(source, section),
            Interval = section.Duration("interval", defaults.Interval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
            Channel = ReadChannel(section),
        };
        if (section.Has("endpoint") == section.Has("folder")) section.Reject("endpoint", section.Has("folder") ? "is given as well as folder; give one of them" : "is missing, and so is folder; give one of them");
        foreach (var key in section.Has("folder") ? new[] { "clients", "connections", "idle-timeout", "tls" } : ["interval"])
        {
            if (section.Has(key)) section.Reject(key, section.Has("folder") ? "does nothing with a folder" : "does nothing without a folder");
        }

        if (section.Has("endpoint") && !section.Has("clients")) section.Reject("clients", "is missing; nobody could ever connect");
        section.Finish();
        return inbound;
    }

    private static Acp127Outbound ReadOutbound(ConfigurationSource source, Section section)
    {
        var defaults = new Acp127Outbound();
        HopTarget? target = null;
        if (section.Text("next-hop") is { } text && (target = ReadTarget(text, 0)) is null) section.Reject("next-hop", $"'{text}' is not host:port");
        var outbound = new Acp127Outbound
        {
            Target = target,
            Folder = ReadLineFolder(source, section),
            Tls = section.Has("tls") ? ReadLineTls(source, section.Map("tls")) : null,
            Timeout = section.Duration("timeout", defaults.Timeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(6)),
            Channel = ReadChannel(section),
        };
        if (section.Has("next-hop") == section.Has("folder")) section.Reject("next-hop", section.Has("folder") ? "is given as well as folder; give one of them" : "is missing, and so is folder; give one of them");
        foreach (var key in new[] { "timeout", "tls" })
        {
            if (section.Has("folder") && section.Has(key)) section.Reject(key, "does nothing with a folder");
        }

        section.Finish();
        return outbound;
    }

    // Nothing is said before it in which TLS could be offered: it is there, or there is no line.
    private static LinkTls ReadLineTls(ConfigurationSource source, Section section)
    {
        var certificate = source.Certificate(section);
        var anchors = source.Anchors(section, "ca");
        var tls = new LinkTls(LinkTlsMode.Required)
        {
            CaFile = anchors.Count > 0 ? section.File("ca") : null,
            CertificateFile = certificate is null ? null : section.File("certificate"),
            KeyFile = certificate is null ? null : section.File("key") ?? section.File("certificate"),
            ServerName = Domain(section, "name"),
        };
        section.Finish();
        certificate?.Dispose();
        foreach (var anchor in anchors) anchor.Dispose();
        return tls;
    }

    private static string? ReadLineFolder(ConfigurationSource source, Section section)
    {
        if (section.Text("folder") is not { } text) return null;
        var path = source.FullPath(text);
        if (!Directory.Exists(path)) section.Reject("folder", $"'{text}' is no folder");
        return path;
    }

    private static string? ReadChannel(Section section)
    {
        if (section.Text("channel") is not { } text) return null;
        if (!Acp127Channel.IsDesignator(text)) section.Reject("channel", $"'{text}' is not of one to eight capitals");
        return text;
    }

    // Routes name lines, and the mail of lines takes routes.
    private static void CheckAcp127(ConfigurationSource source, Section root, Acp127Configuration acp127, RouteTable routes, bool isCluster)
    {
        foreach (var (node, path) in root.Items("routes"))
        {
            if (node is not YamlMap map) continue;
            var section = new Section(source, map, path);
            if (section.Find("next-hop") is not YamlText { Value: var hop } || !hop.StartsWith(Acp127Line.Scheme, StringComparison.Ordinal)) continue;
            if (acp127.Find(hop[Acp127Line.Scheme.Length..])?.Outbound is not { } outbound) section.Reject("next-hop", $"there is no line '{hop[Acp127Line.Scheme.Length..]}' with out");
            // Whichever node has the line at the time writes to its own disk.
            else if (isCluster && outbound.Folder is not null) section.Reject("next-hop", "this line goes out into a folder of one node, and this is one of a cluster; give it out.next-hop");
        }

        foreach (var (node, path) in root.Map("acp127").Items("lines"))
        {
            if (node is not YamlMap map) continue;
            var section = new Section(source, map, path);
            if (section.Find("name") is YamlText { Value: var name } && acp127.Find(name) is { } line && routes.Find(line.Operator) is null) section.Reject("operator", $"no route takes '{line.Operator.Text}'");
        }
    }

    private static void RejectSharedEndpoints(Section root, Acp127Configuration acp127, IEnumerable<IPEndPoint> others)
    {
        var taken = others.ToHashSet();
        foreach (var line in acp127.Lines)
        {
            // Port 0 lets the system choose.
            if (line.Inbound?.Endpoint is { Port: not 0 } endpoint && !taken.Add(endpoint)) root.Reject("acp127", $"line '{line.Name}' has the same endpoint {endpoint} as something else");
        }
    }
}
