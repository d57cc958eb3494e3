using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Protection;
using MilSwitch.Smtp.Server;
using MilSwitch.Switching.Labelling;

namespace MilSwitch.Host.Configuration;

/// <summary>
/// Reads <c>milswitch.yaml</c>. A function of the file, of those and of the variables that it names, and of the time at which policies must hold: it opens no port, makes no folder and
/// writes nothing, so that it judges a candidate while the node runs.
/// </summary>
public static partial class ConfigurationReader
{
    /// <summary>sun_path of unix(7) has 108 octets with its end mark.</summary>
    private const int MaximumSocketPath = 107;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <param name="file">The path; relative paths inside the file start at its folder.</param>
    /// <param name="shared">What counts instead of everything in the file that is not the node's own; null: the file alone counts.</param>
    /// <param name="variables">The environment; null: the process's own.</param>
    public static ConfigurationResult Read(string file, SharedSettings? shared = null, Func<string, string?>? variables = null)
    {
        var problems = new List<ConfigurationProblem>();
        var source = new ConfigurationSource(file, problems, variables);
        if (ReadMap(source, problems, out var unreadable) is not { } map) return new ConfigurationResult([.. problems], null) { Unreadable = unreadable };
        if (shared is not null)
        {
            using var text = new StringReader(shared.Text);
            if (new YamlDocumentReader(shared.Name, problems).Read(text) is not { } others) return new ConfigurationResult([.. problems], null);
            map = map with { Entries = [.. map.Entries.Where(e => SharedSettings.IsOwn(e.Key)), .. others.Entries.Where(e => !SharedSettings.IsOwn(e.Key))] };
        }

        var configuration = Read(source, new Section(source, map, ""), problems);
        if (shared is not null) problems = [.. problems.Select(p => p.File == file && !SharedSettings.IsOwn(p.Key[..Math.Max(0, p.Key.AsSpan().IndexOfAny('.', '[') is var end and >= 0 ? end : p.Key.Length)]) ? p with { File = shared.Name } : p)];
        // Stable: problems of one line stay in the order in which they were found, those of other files follow.
        var ordered = problems.OrderBy(p => p.File == file ? 0 : 1).ThenBy(p => p.File, StringComparer.Ordinal).ThenBy(p => p.Line).ToImmutableArray();
        return new ConfigurationResult(ordered, ordered.IsEmpty ? configuration : null);
    }

    /// <summary>
    /// Where the node of this configuration has its admin socket, for the operator's client, who may have no right to read
    /// the secrets that a whole reading needs; null when the file does not say.
    /// </summary>
    public static string? FindSocket(string file)
    {
        var problems = new List<ConfigurationProblem>();
        var source = new ConfigurationSource(file, problems);
        if (ReadMap(source, problems, out _) is not { } map) return null;
        var root = new Section(source, map, "");
        if (root.Map("admin").Text("socket") is { } socket) return source.FullPath(socket);
        return root.Map("node").Text("data") is { } data ? Path.Combine(source.FullPath(data), "admin.sock") : null;
    }

    internal static YamlMap? ReadMap(ConfigurationSource source, List<ConfigurationProblem> problems, out bool unreadable)
    {
        unreadable = false;
        try
        {
            using var text = new StreamReader(source.File, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return new YamlDocumentReader(source.File, problems).Read(text);
        }
        catch (DecoderFallbackException)
        {
            source.Reject(0, "-", "is not UTF-8");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            unreadable = true;
            source.Reject(0, "-", ConfigurationSource.Reason(source.File, fault));
        }

        return null;
    }

    private static NodeConfiguration? Read(ConfigurationSource source, Section root, List<ConfigurationProblem> problems)
    {
        var node = root.Map("node");
        if (!root.Has("node")) root.Reject("node", "is missing");
        // Without the section there is one problem and not three.
        var name = NodeName(node, "name", root.Has("node") ? node.RequiredTextOrVariable("name") : null);
        var data = root.Has("node") ? node.RequiredText("data") : null;
        var hostName = Domain(node, "host-name", node.TextOrVariable("host-name")) ?? name ?? "";
        var ownNames = node.Texts("names");
        for (var i = 0; i < ownNames.Length; i++)
        {
            if (!Mailbox.TryReadDomain(ownNames[i], out _)) node.Reject("names", $"'{ownNames[i]}' is not a domain name");
        }

        var roles = ReadRoles(root, node);
        node.Finish();

        var store = root.Map("store");
        var database = ReadDatabase(source, store);
        var exemptClients = new List<(string Listener, IPNetwork Network, bool MayExempt)>();
        var exemptAccounts = ImmutableHashSet.CreateBuilder<string>();
        var keys = ReadKeys(source, root);
        var labels = ReadLabels(source, root, hostName);
        var arrivals = new Dictionary<string, ArrivalProtection>(StringComparer.Ordinal);
        var labellings = new Dictionary<string, IListenerLabelling>(StringComparer.Ordinal);
        var military = new Dictionary<string, MmhsRules>(StringComparer.Ordinal);
        var domains = ReadDomains(source, root, keys, labels);
        var belongs = new Dictionary<string, string>(StringComparer.Ordinal);
        var (tracking, tracked) = ReadTracking(source, root, hostName);
        var listeners = ReadListeners(source, root, roles, hostName, tracked, exemptClients, keys, labels, arrivals, labellings, military, domains, belongs);
        var acp127 = ReadAcp127(source, root, problems, labels, labellings, military, domains, belongs, listeners);
        // Which of them the edge's listeners look for is not known here.
        var labelled = labellings.Count > 0 || !roles.HasFlag(NodeRoles.Edge);
        var accounts = ReadAccounts(source, root, exemptAccounts);
        var routes = ReadRoutes(source, root, hostName, ownNames, keys, labels with { AreRead = labelled }, domains);
        var proxies = ImmutableArray.CreateBuilder<ProxyConfiguration>();
        var checks = ReadChecks(source, root, labels);
        var boundaries = ReadBoundaries(source, root, domains, keys, labels, checks, proxies);
        var profilers = ReadProfiling(source, root, problems, keys, domains, routes);
        var listDirectories = ImmutableArray.CreateBuilder<ListDirectory>();
        var lists = ReadLists(source, root, keys, domains, routes, profilers, listDirectories);
        var releases = ReadReleases(source, root, keys, domains, routes, [.. listeners.Select(l => l.Name)], belongs, lists);
        CheckProfiling(root, profilers, lists, releases.Desk, routes);
        var sealKey = ReadSeal(store, keys, boundaries, arrivals.Values);
        store.Finish();
        var (cluster, clusterTls, nodeCertificate) = ReadCluster(source, root, database is not null, roles);
        CheckReceipts(source, root, boundaries, routes);
        CheckAcp127(source, root, acp127, routes, cluster is not null);
        CheckHolders(root, labels, routes);
        if (labels.Authority.LimitsAddresses && !labelled)
            root.Map("labels").Reject(labels.Authority.Clearances.IsEmpty ? "certificates" : "clearances", "are for labelled messages only, and no listener looks for labels (listeners[].labels), so nothing could ever go there");
        var postmaster = ReadPostmaster(root, routes);
        var (precedences, acknowledgments) = ReadPrecedences(source, root, problems);
        var dataFolder = data is null ? "" : source.FullPath(data);
        var admin = ReadAdmin(
            source, root, dataFolder, listeners, labels, keys, root.Map("admin").Find("submission") is YamlText { Value: var msa } && belongs.TryGetValue(msa, out var of) ? domains.FirstOrDefault(d => d.Domain.Name == of) : null);
        var addresses = accounts.Addresses.ToDictionary(StringComparer.Ordinal);
        var folders = ReadFolders(source, root, listeners, addresses);
        var (alarms, notifiers) = ReadAlarms(source, root, listeners);
        CheckRoles(root, roles, root.Has("listeners") && !listeners.IsEmpty, !keys.Tokens.IsEmpty, admin);
        var metrics = root.Map("metrics");
        var metricsEndpoint = metrics.Endpoint("endpoint");
        metrics.Finish();
        RejectSharedEndpoints(root, listeners, admin, metricsEndpoint);
        RejectSharedEndpoints(root, acp127, [.. listeners.Select(l => l.Endpoint), .. new[] { admin.Endpoint, metricsEndpoint }.OfType<IPEndPoint>()]);
        RejectSharedEndpoints(root, proxies.ToImmutable(), [.. acp127.Lines.Select(l => l.Inbound?.Endpoint).OfType<IPEndPoint>(), .. listeners.Select(l => l.Endpoint), .. new[] { admin.Endpoint, metricsEndpoint }.OfType<IPEndPoint>()]);

        var (auditKey, audit) = ReadAudit(source, root, keys);
        var (level, format) = ReadLogging(root);
        var traces = ReadTelemetry(source, root);
        var dns = ReadDns(source, root);
        var configuration = new NodeConfiguration
        {
            File = source.File,
            DataFolder = dataFolder,
            Switch = ReadSwitch(source, root, name ?? "", hostName, ownNames, keys, domains) with
            {
                Cluster = cluster, Routes = routes, Precedences = precedences, Acknowledgments = acknowledgments, Postmaster = postmaster, Arrivals = arrivals.Count > 0 ? arrivals : null,
                Boundaries = boundaries, Lists = lists, Profilers = profilers, Releases = releases, ListenerDomains = belongs.ToImmutableDictionary(StringComparer.Ordinal),
                ListenerLabels = labellings.Count > 0 ? labellings : null,
                ListenerMmhs = military,
                LabelCatalogue = labels.Authority.Policies.All.Count > 0 ? new LabelCatalogueList(labels.Authority, labels.Home) : null,
                Console = admin.Url,
                AccountAddresses = addresses,
                Alarms = alarms,
                CountedChannels = [.. listeners.SelectMany(l => l.Clients).Select(c => c.Channel).OfType<string>().Distinct(StringComparer.Ordinal)],
                HoldOutOfDate = root.Keyword("out-of-date", false, ("send", false), ("hold", true)),
                MinimizeExemptions = new MinimizeExemptions { Clients = [.. exemptClients], Accounts = exemptAccounts.ToImmutable() },
            },
            Listeners = listeners,
            Acp127 = acp127,
            Accounts = accounts,
            Keys = keys,
            ListDirectories = listDirectories.ToImmutable(),
            Finding = [.. domains.Select(d => d.Finding).OfType<FindingConfiguration>()],
            AuditKey = auditKey,
            Audit = audit,
            SealKey = sealKey,
            Database = database,
            Labels = labels,
            Proxies = proxies.ToImmutable(),
            ClusterTls = clusterTls,
            NodeCertificate = nodeCertificate,
            Admin = admin,
            Folders = folders,
            Notifiers = notifiers,
            Scanners = [.. checks.OfType<Checks.Scanning.ScanCheck>()],
            Metrics = metricsEndpoint,
            Tracking = tracking,
            DnsServers = dns.Servers,
            DnsTrustsAuthenticData = dns.TrustsAuthenticData,
            LogLevel = level,
            Traces = traces,
            LogFormat = format,
        };
        CheckTracking(root, tracked, configuration.Switch.Retention.Messages, tracking is not null || listeners.Any(l => l.TrackingRetention is not null), tracking?.Endpoint, [.. listeners.Select(l => l.Endpoint), .. new[] { admin.Endpoint, metricsEndpoint }.OfType<IPEndPoint>()]);
        root.Finish();
        return configuration;
    }

    private static string? NodeName(Section section, string key, string? name)
    {
        if (name is null) return null;
        if (name.Length <= 63 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.') && Mailbox.TryReadDomain(name, out var canonical)) return canonical;
        section.Reject(key, $"'{name}' is not a name of up to 63 letters, digits, hyphens and dots");
        return null;
    }

    private static string? Domain(Section section, string key) => Domain(section, key, section.Text(key));

    private static string? Domain(Section section, string key, string? text)
    {
        if (text is null) return null;
        if (Mailbox.TryReadDomain(text, out var domain)) return domain;
        section.Reject(key, $"'{text}' is not a domain name");
        return null;
    }

    // RFC 5321 §4.5.1: somebody must get that mail.
    private static Mailbox? ReadPostmaster(Section root, Domain.Routing.RouteTable routes)
    {
        if (root.Text("postmaster") is not { } text) return null;
        if (!Mailbox.TryParse(text, allowUtf8: false, out var address, out _) || address.Domain.Length is 0)
        {
            root.Reject("postmaster", $"'{text}' is not a mail address with a domain");
            return null;
        }

        if (routes.Find(address) is null) root.Reject("postmaster", $"no route takes '{text}'");
        return address;
    }

    private static SwitchConfiguration ReadSwitch(
        ConfigurationSource source, Section root, string name, string hostName, ImmutableArray<string> ownNames, KeyConfiguration keys, ImmutableArray<DomainOfKeys> domains)
    {
        var loops = root.Map("loops");
        var loopDefaults = new LoopLimits();
        var duplicates = root.Map("duplicates");
        var duplicateDefaults = new DuplicateDetection();
        var reports = root.Map("reports");
        var reportDefaults = new ReportSettings();
        var content = root.Map("content");
        var contentDefaults = new ContentLimits();
        var budgets = root.Map("budgets");
        var budgetDefaults = new Budgets();
        var rates = root.Map("rates");
        var rateDefaults = new RateLimits();
        var retention = root.Map("retention");
        var from = reports.Text("from");
        if (from is not null && !Mailbox.TryParse(from, allowUtf8: false, out _, out _)) reports.Reject("from", $"'{from}' is not a mail address");

        var result = new SwitchConfiguration
        {
            Node = name,
            HostName = hostName,
            OwnNames = ownNames,
            Routes = new Domain.Routing.RouteTable([]),
            Loops = new LoopLimits
            {
                MaximumHops = loops.Number("maximum-hops", loopDefaults.MaximumHops, 1, 200),
                MaximumOwnHops = loops.Number("maximum-own-hops", loopDefaults.MaximumOwnHops, 1, 50),
            },
            Duplicates = new DuplicateDetection
            {
                Enabled = duplicates.Flag("enabled", duplicateDefaults.Enabled),
                Window = duplicates.Duration("window", duplicateDefaults.Window, TimeSpan.FromMinutes(1), 30 * Day),
            },
            EnvelopeTags = ReadTagKeys(source, reports),
            Reports = new ReportSettings
            {
                From = from ?? $"MAILER-DAEMON@{hostName}",
                Protection = ReadReportProtection(source, reports, keys, domains),
                PerOriginatorAndHour = reports.Number("per-originator-and-hour", reportDefaults.PerOriginatorAndHour, 1, 1_000_000),
                MaximumReturnedOctets = (int)reports.Size("maximum-returned", reportDefaults.MaximumReturnedOctets, 0, 64 << 20),
            },
            Content = new ContentLimits
            {
                MaximumHeaderOctets = (int)content.Size("maximum-header", contentDefaults.MaximumHeaderOctets, 4 << 10, 16 << 20),
                MaximumHeaderFields = content.Number("maximum-header-fields", contentDefaults.MaximumHeaderFields, 20, 100_000),
                MaximumDepth = content.Number("maximum-depth", contentDefaults.MaximumDepth, 1, 100),
                MaximumParts = content.Number("maximum-parts", contentDefaults.MaximumParts, 1, 100_000),
            },
            Budgets = new Budgets
            {
                PendingMessages = budgets.Number("pending-messages", budgetDefaults.PendingMessages, 100, 100_000_000),
                ContentInMemory = budgets.Size("content-in-memory", budgetDefaults.ContentInMemory, 1 << 20, 1L << 40),
                ProtectionInMemory = budgets.Size("protection-in-memory", budgetDefaults.ProtectionInMemory, 1 << 20, 1L << 40),
                MinimumFreeSpace = budgets.Size("minimum-free-space", budgetDefaults.MinimumFreeSpace, 1 << 20, 1L << 40),
            },
            Rates = new RateLimits
            {
                FlashPerOriginatorAndMinute = rates.Number("flash-per-originator-and-minute", rateDefaults.FlashPerOriginatorAndMinute, 0, 100_000_000),
                MessagesPerClientAndMinute = rates.Number("messages-per-client-and-minute", rateDefaults.MessagesPerClientAndMinute, 0, 100_000_000),
            },
            Retention = new Retention { Messages = retention.Duration("messages", new Retention().Messages, TimeSpan.FromHours(1), 3650 * Day) },
        };
        foreach (var section in new[] { loops, duplicates, reports, content, budgets, rates, retention }) section.Finish();
        return result;
    }

    private static ReportProtection? ReadReportProtection(ConfigurationSource source, Section reports, KeyConfiguration keys, ImmutableArray<DomainOfKeys> domains)
    {
        if (ReadDeparture(source, reports, keys, [.. domains]) is not { } protection) return null;
        if (!protection.Keys.IsEmpty) reports.Map("protection").Reject("decrypt", "means nothing for reports of this switch");
        var encrypt = protection.Encrypt is { } order ? order with { FindIn = null } : null;
        // Each report is in a domain of its own.
        return new ReportProtection
        {
            Sign = protection.Sign, Encrypt = encrypt,
            Finding = protection.Encrypt?.FindIn is null ? ImmutableDictionary<string, DepartureEncryption>.Empty : domains.ToImmutableDictionary(d => d.Domain.Name, d => encrypt! with { FindIn = d.Domain.Name }, StringComparer.Ordinal),
        };
    }

    private static EnvelopeTagKeys? ReadTagKeys(ConfigurationSource source, Section reports)
    {
        var (current, previous) = (Read("tag-key"), Read("previous-tag-key"));
        if (current is null && previous is not null) reports.Reject("previous-tag-key", "does nothing without tag-key");
        return current is null ? null : new EnvelopeTagKeys(current, previous);

        byte[]? Read(string key)
        {
            if (!reports.Has(key)) return null;
            if (reports.Find(key) is not YamlMap)
            {
                reports.Reject(key, "must not stand in the configuration; write { file: PATH }");
                return null;
            }

            if (source.SecretFile(reports.Map(key)) is not { } secret) return null;
            if (secret.Length >= EnvelopeTagKeys.LeastOctets) return Encoding.UTF8.GetBytes(secret);
            reports.Reject(key, "is too short; 32 characters or more");
            return null;
        }
    }

    private static (PrecedenceTable Table, AcknowledgmentDeadlines Acknowledgments) ReadPrecedences(ConfigurationSource source, Section root, List<ConfigurationProblem> problems)
    {
        var section = root.Map("precedence");
        if (section.Text("file") is { } text)
        {
            section.Finish();
            if (source.ReadableFile(section.LineOf("file"), section.PathOf("file"), text) is null) return (PrecedenceTable.Default, AcknowledgmentDeadlines.Default);
            var beside = source.Beside(text);
            if (ReadMap(beside, problems, out _) is not { } map) return (PrecedenceTable.Default, AcknowledgmentDeadlines.Default);
            source = beside;
            section = new Section(beside, map, "");
        }

        var defaults = PrecedenceTable.Default;
        var levels = ImmutableArray.CreateBuilder<PrecedenceLevel>();
        var deadlines = ImmutableArray.CreateBuilder<AcknowledgmentDeadline>();
        foreach (var level in defaults.Levels) levels.Add(ReadLevel(source, section.Map(level.Precedence.Keyword()), level, deadlines));
        var table = new PrecedenceTable { Levels = levels.ToImmutable(), Unmarked = section.Precedence("unmarked", defaults.Unmarked) };
        section.Finish();
        return (table, new AcknowledgmentDeadlines { Levels = deadlines.ToImmutable() });
    }

    private static PrecedenceLevel ReadLevel(ConfigurationSource source, Section section, PrecedenceLevel otherwise, ImmutableArray<AcknowledgmentDeadline>.Builder deadlines)
    {
        var second = TimeSpan.FromSeconds(1);
        var waiting = AcknowledgmentDeadlines.Default[otherwise.Precedence];
        deadlines.Add(new AcknowledgmentDeadline(OrNone("report-alarm", waiting.Report), OrNone("receipt-alarm", waiting.Receipt), OrNone("action-point-after", waiting.Alternate)));
        var retry = ImmutableArray.CreateBuilder<TimeSpan>();
        foreach (var (node, path) in section.Items("retry"))
        {
            if (node is not YamlText text) source.Reject(node.Line, path, "must be a time such as 30s");
            else if (source.Duration(node.Line, path, text.Value, second, 7 * Day) is { } pause) retry.Add(pause);
        }

        var result = otherwise with
        {
            Alarm = OrNone("alarm", otherwise.Alarm),
            Warning = section.Duration("warning", otherwise.Warning, second, 30 * Day),
            Expiry = section.Duration("expiry", otherwise.Expiry, second, 30 * Day),
            MaximumSize = section.Size("max-size", otherwise.MaximumSize, 1 << 10, 1L << 40),
            Retry = retry.Count > 0 ? retry.ToImmutable() : otherwise.Retry,
            Weight = section.Number("weight", otherwise.Weight, 1, 1000),
        };
        if (section.Has("retry") && section.Find("retry") is YamlList { Items.Count: 0 }) section.Reject("retry", "must name at least one pause");
        if (section.Has("weight") && otherwise.Precedence.IsUrgent()) section.Reject("weight", "means nothing for the urgent levels, which always go first");
        if (result.Warning >= result.Expiry)
            section.Reject(section.Has("warning") ? "warning" : "expiry", $"the warning ({Notation.Write(result.Warning)}) must come before the expiry ({Notation.Write(result.Expiry)})");
        section.Finish();
        return result;

        TimeSpan? OrNone(string key, TimeSpan? unsaid) =>
            !section.Has(key) ? unsaid : (section.Find(key) as YamlText)?.Value == "none" ? null : section.Duration(key, TimeSpan.FromMinutes(1), second, 30 * Day);
    }

    private static (ImmutableArray<IPEndPoint> Servers, bool TrustsAuthenticData) ReadDns(ConfigurationSource source, Section root)
    {
        var dns = root.Map("dns");
        var servers = ImmutableArray.CreateBuilder<IPEndPoint>();
        foreach (var (node, path) in dns.Items("servers"))
        {
            if (node is YamlText text && Notation.TryReadNetwork(text.Value, out var host, out _) && !text.Value.Contains('/', StringComparison.Ordinal))
                servers.Add(new IPEndPoint(host.BaseAddress, 53));
            else if (node is YamlText pair && Notation.TryReadHostPort(pair.Value, 1, out var address, out var port) && IPAddress.TryParse(address, out var parsed))
                servers.Add(new IPEndPoint(parsed, port));
            else source.Reject(node.Line, path, "is not an address such as 192.0.2.53 or 192.0.2.53:5353");
        }

        var trusts = dns.Flag("trust-ad", false);
        dns.Finish();
        return (servers.ToImmutable(), trusts);
    }

    private static (LogLevel Level, LogFormat Format) ReadLogging(Section root)
    {
        var logging = root.Map("logging");
        var level = logging.Keyword(
            "level", LogLevel.Information,
            ("debug", LogLevel.Debug), ("information", LogLevel.Information), ("warning", LogLevel.Warning), ("error", LogLevel.Error));
        var format = logging.Keyword("format", LogFormat.Text, ("text", LogFormat.Text), ("json", LogFormat.Json));
        logging.Finish();
        return (level, format);
    }
}
