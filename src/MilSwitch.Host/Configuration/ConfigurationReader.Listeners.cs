using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Smtp.Server;
using MilSwitch.Switching.Labelling;

namespace MilSwitch.Host.Configuration;

public static partial class ConfigurationReader
{
    /// <summary>RFC 7677 §4 asks for 4096 at least; more costs an attacker who has the verifier more.</summary>
    private const int ScramIterations = 15_000;

    private const string MayExemptKey = "may-exempt-from-minimize";

    private static readonly string[] Mechanisms = ["EXTERNAL", "SCRAM-SHA-256", "PLAIN"];

    // The exemptions and the protection belong to the switch, which judges by them; in the file they stand where the client stands.
    private static ImmutableArray<SmtpListenerSettings> ReadListeners(
        ConfigurationSource source, Section root, NodeRoles roles, string hostName, TimeSpan tracked, List<(string Listener, IPNetwork Network, bool MayExempt)> exemptions,
        KeyConfiguration keys, LabelConfiguration labels, Dictionary<string, ArrivalProtection> arrivals, Dictionary<string, IListenerLabelling> labellings,
        Dictionary<string, MmhsRules> military, ImmutableArray<DomainOfKeys> domains, Dictionary<string, string> belongs)
    {
        var listeners = ImmutableArray.CreateBuilder<SmtpListenerSettings>();
        if (root.Find("listeners") is null && roles.HasFlag(NodeRoles.Edge)) root.Reject("listeners", "is missing; a switch needs at least one");
        foreach (var (node, path) in root.Items("listeners"))
        {
            if (node is not YamlMap map)
            {
                source.Reject(node.Line, path, "must be a mapping with name, endpoint and role");
                continue;
            }

            var section = new Section(source, map, path);
            var listener = ReadListener(source, section, hostName, exemptions, keys, labels, arrivals, labellings);
            if (ReadBoundDomain(section, domains) is { } domain)
            {
                belongs[listener.Name] = domain;
                if (arrivals.TryGetValue(listener.Name, out var arrival)) arrivals[listener.Name] = arrival with { Home = domain };
            }

            if (section.Flag("tracking", false)) listener = listener with { TrackingRetention = tracked };
            if (ReadMmhs(source, section.Map("mmhs"), listener.Role) is { } rules) military[listener.Name] = rules;
            section.Finish();
            if (listeners.Any(l => l.Name == listener.Name && l.Name.Length > 0)) section.Reject("name", $"'{listener.Name}' is given to another listener already");
            listeners.Add(listener);
        }

        return listeners.ToImmutable();
    }

    private static SmtpListenerSettings ReadListener(
        ConfigurationSource source, Section section, string hostName, List<(string Listener, IPNetwork Network, bool MayExempt)> exemptions,
        KeyConfiguration keys, LabelConfiguration labels, Dictionary<string, ArrivalProtection> arrivals, Dictionary<string, IListenerLabelling> labellings)
    {
        var name = section.RequiredText("name") ?? "";
        if (name == Origin.Switch) section.Reject("name", $"'{name}' is what messages of the switch itself are known by; take another");
        var endpoint = section.Endpoint("endpoint");
        if (!section.Has("endpoint")) section.Reject("endpoint", "is missing");
        var role = section.Keyword("role", ListenerRole.Relay, ("relay", ListenerRole.Relay), ("submission", ListenerRole.Submission));
        var submission = role == ListenerRole.Submission;

        var tls = section.Map("tls");
        var mode = tls.Keyword(
            "mode", tls.Has("certificate") ? ListenerTlsMode.StartTls : ListenerTlsMode.None,
            ("none", ListenerTlsMode.None), ("starttls", ListenerTlsMode.StartTls), ("required", ListenerTlsMode.Required), ("implicit", ListenerTlsMode.Implicit));
        var certificate = source.Certificate(tls);
        var anchors = source.Anchors(tls, "client-ca");
        if (mode != ListenerTlsMode.None && !tls.Has("certificate")) tls.Reject("certificate", "is missing; TLS needs one");
        if (mode == ListenerTlsMode.None && tls.Has("client-ca")) tls.Reject("client-ca", "does nothing without TLS");
        tls.Finish();

        var highest = section.Precedence("precedence", Precedence.Override);
        var mechanisms = ReadMechanisms(source, section, submission, mode != ListenerTlsMode.None, anchors.Count > 0);
        var defaults = new SmtpListenerSettings { Name = "", Endpoint = new IPEndPoint(0, 0), Role = role, HostName = "" };
        var settings = defaults with
        {
            Name = name,
            Endpoint = endpoint ?? defaults.Endpoint,
            HostName = Domain(section, "host-name") ?? hostName,
            TlsMode = mode,
            Certificate = mode == ListenerTlsMode.None ? null : certificate,
            ClientAnchors = [.. anchors],
            Clients = ReadClients(source, section, name, highest, exemptions),
            Proxies = ReadTrusted(source, section, "proxy-protocol", "name the proxies"),
            ClientNamers = ReadTrusted(source, section, "xclient", "name the hosts"),
            HighestPrecedence = highest,
            AuthMechanisms = mechanisms,
            RequireAuthentication = section.Flag("require-authentication", submission),
            StartsQueues = section.Flag("etrn", false),
            SmimeGateway = ReadGatewayHint(section, submission),
            Limits = ReadLimits(section.Map("limits")),
            MinimumDeliverBy = section.Duration("minimum-deliver-by", defaults.MinimumDeliverBy, TimeSpan.FromSeconds(1), Day),
            MaximumHold = submission ? section.Duration("maximum-hold", defaults.MaximumHold, TimeSpan.FromMinutes(1), 365 * Day) : defaults.MaximumHold,
        };
        if (!submission && section.Has("maximum-hold")) section.Reject("maximum-hold", "means nothing on a relay listener; only submission takes HOLDFOR");
        if (submission && section.Has("etrn")) section.Reject("etrn", "means nothing on a submission listener; only relay takes ETRN");
        else if (settings.StartsQueues && mechanisms.IsEmpty && (settings.Clients.IsEmpty || settings.RequireAuthentication))
            section.Reject("etrn", "there are no 'clients' and no 'auth', so nobody could ever use it");
        if (ReadArrival(source, section, settings.HostName, keys) is { } arrival) arrivals[name] = arrival;
        if (ReadListenerLabels(source, section, labels) is { } labelling)
        {
            labellings[name] = new ListenerLabelling(labelling, labels.Authority);
            // Signed attributes are read where messages are looked into, whether or not anybody is believed.
            if (labellings[name].ReadsSigned) arrivals[name] = (arrivals.GetValueOrDefault(name) ?? new ArrivalProtection { AuthservId = settings.HostName }) with { ReadLabels = true };
            if (labelling.SignedOnly && arrivals.GetValueOrDefault(name)?.Trust.Anchors is not { IsEmpty: false }) section.Map("labels").Reject("require-signed", "needs protection.verify with anchors: nobody's signature would be believed");
        }

        if (settings.RequireAuthentication && mechanisms.IsEmpty) section.Reject("require-authentication", "no mechanism is offered under 'auth', so nobody could ever send");
        return settings;
    }

    // Where mail is handed in its author is there to mend it; what is relayed somebody else has let go already.
    private static MmhsRules? ReadMmhs(ConfigurationSource source, Section section, ListenerRole role)
    {
        var check = section.Keyword("check", role == ListenerRole.Submission ? MmhsCheck.Fields : MmhsCheck.Off, ("off", MmhsCheck.Off), ("fields", MmhsCheck.Fields), ("presence", MmhsCheck.Presence));
        var required = ImmutableArray.CreateBuilder<MmhsField>();
        foreach (var (node, path) in section.Items("require"))
        {
            if (node is not YamlText { IsNull: false } text) source.Reject(node.Line, path, "must be the name of a field");
            else if (!MmhsFieldNames.TryFind(text.Value, out var field)) source.Reject(node.Line, path, $"'{text.Value}' is no field of RFC 6477 or RFC 7912{Spelling.Suggest(text.Value, [.. MmhsFieldNames.All])}");
            else if (!required.Contains(field)) required.Add(field);
        }

        var correct = section.Flag("correct", false);
        foreach (var key in new[] { "require", "correct" })
        {
            if (check is not MmhsCheck.Presence && section.Has(key)) section.Reject(key, "means nothing without 'check: presence'");
        }

        section.Finish();
        return check is MmhsCheck.Off ? null : new MmhsRules { Presence = check is MmhsCheck.Presence, Require = required.ToImmutable(), Correct = correct };
    }

    private enum MmhsCheck : byte { Off, Fields, Presence }

    private static ImmutableArray<string> ReadMechanisms(ConfigurationSource source, Section section, bool submission, bool tls, bool clientAnchors)
    {
        if (section.Find("auth") is null)
        {
            if (!submission) return clientAnchors ? ["EXTERNAL"] : [];
            return [.. Mechanisms.Where(m => m switch { "EXTERNAL" => clientAnchors, "PLAIN" => tls, _ => true })];
        }

        var chosen = ImmutableArray.CreateBuilder<string>();
        foreach (var (node, path) in section.Items("auth"))
        {
            if (node is YamlText { IsNull: false } text && Mechanisms.FirstOrDefault(m => m.Equals(text.Value, StringComparison.OrdinalIgnoreCase)) is { } mechanism)
            {
                if (mechanism == "PLAIN" && !tls) source.Reject(node.Line, path, "PLAIN needs TLS");
                else if (mechanism == "EXTERNAL" && !clientAnchors) source.Reject(node.Line, path, "EXTERNAL needs tls.client-ca");
                else if (!chosen.Contains(mechanism)) chosen.Add(mechanism);
            }
            else
            {
                source.Reject(node.Line, path, $"is not one of {string.Join(", ", Mechanisms)}");
            }
        }

        return chosen.ToImmutable();
    }

    private static ImmutableArray<ClientNetwork> ReadClients(
        ConfigurationSource source, Section section, string listener, Precedence highest, List<(string Listener, IPNetwork Network, bool MayExempt)> exemptions)
    {
        var clients = ImmutableArray.CreateBuilder<ClientNetwork>();
        foreach (var (node, path) in section.Items("clients"))
        {
            switch (node)
            {
                case YamlText { IsNull: false } text:
                    if (ReadNetwork(source, node.Line, path, text.Value) is not { } network) break;
                    clients.Add(new ClientNetwork(network) { HighestPrecedence = highest });
                    exemptions.Add((listener, network, false));
                    break;
                case YamlMap map:
                    var entry = new Section(source, map, path);
                    var value = entry.RequiredText("network");
                    var client = value is null ? null : ReadNetwork(source, entry.LineOf("network"), entry.PathOf("network"), value);
                    var level = entry.Precedence("precedence", highest);
                    var lower = entry.Keyword("too-high", true, ("lower", true), ("refuse", false));
                    var mayExempt = entry.Flag(MayExemptKey, false);
                    var channel = ReadNumberedChannel(entry);
                    entry.Finish();
                    if (client is not { } found) break;
                    clients.Add(new ClientNetwork(found) { HighestPrecedence = level, LowerPrecedence = lower, Channel = channel });
                    exemptions.Add((listener, found, mayExempt));
                    break;
                default:
                    source.Reject(node.Line, path, "must be a network such as 192.0.2.0/24, or a mapping with network, precedence, too-high, may-exempt-from-minimize and channel");
                    break;
            }
        }

        return clients.ToImmutable();
    }

    private static ImmutableArray<IPNetwork> ReadTrusted(ConfigurationSource source, Section section, string key, string advice)
    {
        var trusted = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var (node, path) in section.Items(key))
        {
            if (node is not YamlText { IsNull: false } text) source.Reject(node.Line, path, "must be a network such as 192.0.2.0/24");
            else if (ReadNetwork(source, node.Line, path, text.Value) is not { } network) continue;
            // Whoever may name the client may be any client.
            else if (network.PrefixLength is 0) source.Reject(node.Line, path, "is everybody; " + advice);
            else trusted.Add(network);
        }

        return trusted.ToImmutable();
    }

    private static IPNetwork? ReadNetwork(ConfigurationSource source, int line, string path, string text)
    {
        if (Notation.TryReadNetwork(text, out var network, out var correction)) return network;
        source.Reject(line, path, correction is null
            ? $"'{text}' is not a network such as 192.0.2.0/24 or 2001:db8::/32"
            : $"'{text}' has bits beyond its prefix; did you mean '{correction}'?");
        return null;
    }

    private static SmtpLimits ReadLimits(Section section)
    {
        var defaults = new SmtpLimits();
        var second = TimeSpan.FromSeconds(1);
        var limits = new SmtpLimits
        {
            // RFC 5321 §4.5.3.1.4: 512 at least.
            CommandLine = (int)section.Size("command-line", defaults.CommandLine, 512, 64 << 10),
            // RFC 5321 §4.5.3.1.6: 1000 at least.
            TextLine = (int)section.Size("text-line", defaults.TextLine, 1000, 64 << 20),
            MessageSize = section.Size("message-size", defaults.MessageSize, 64 << 10, 1L << 40),
            // RFC 5321 §4.5.3.1.8: 100 at least.
            Recipients = section.Number("recipients", defaults.Recipients, 100, 1_000_000),
            Errors = section.Number("errors", defaults.Errors, 1, 10_000),
            IdleCommands = section.Number("idle-commands", defaults.IdleCommands, 10, 100_000),
            ConnectionsPerClient = section.Number("connections-per-client", defaults.ConnectionsPerClient, 1, 1_000_000),
            Connections = section.Number("connections", defaults.Connections, 1, 1_000_000),
            CommandTimeout = section.Duration("command-timeout", defaults.CommandTimeout, second, Day),
            DataTimeout = section.Duration("data-timeout", defaults.DataTimeout, second, Day),
            TlsTimeout = section.Duration("tls-timeout", defaults.TlsTimeout, second, TimeSpan.FromMinutes(10)),
            MinimumRate = (int)section.Size("minimum-rate", defaults.MinimumRate, 0, 1 << 30),
        };
        if (limits.ConnectionsPerClient > limits.Connections && section.Has("connections-per-client"))
            section.Reject("connections-per-client", string.Create(CultureInfo.InvariantCulture, $"is more than the listener's {limits.Connections} connections"));
        section.Finish();
        return limits with { ConnectionsPerClient = Math.Min(limits.ConnectionsPerClient, limits.Connections) };
    }

    private static AccountTable ReadAccounts(ConfigurationSource source, Section root, ImmutableHashSet<string>.Builder exemptions)
    {
        var accounts = new List<ConfiguredAccount>();
        foreach (var (node, path) in root.Items("accounts"))
        {
            if (node is not YamlMap map)
            {
                source.Reject(node.Line, path, "must be a mapping with name and scram, password or certificate");
                continue;
            }

            var section = new Section(source, map, path);
            if (ReadAccount(source, section, out var mayExempt) is not { } account) continue;
            if (accounts.Exists(a => a.Account.Name == account.Account.Name)) section.Reject("name", $"'{account.Account.Name}' is given to another account already");
            else if (account.Subject is not null && accounts.Exists(a => a.Subject == account.Subject)) section.Reject("certificate", "another account has the same subject");
            else if (account.Thumbprint is not null && accounts.Exists(a => string.Equals(a.Thumbprint, account.Thumbprint, StringComparison.OrdinalIgnoreCase)))
                section.Reject("certificate", "another account has the same thumbprint");
            else
            {
                accounts.Add(account);
                if (mayExempt) exemptions.Add(account.Account.Name);
            }
        }

        return new AccountTable(accounts);
    }

    private static ConfiguredAccount? ReadAccount(ConfigurationSource source, Section section, out bool mayExempt)
    {
        var name = section.RequiredText("name");
        if (name is not null && new[] { Origin.Api, Origin.Folder, Origin.Alarm }.Any(o => name.StartsWith(o, StringComparison.Ordinal)))
            section.Reject("name", $"'{name}' begins as what came through the API or a folder, or tells of alarms, is known by; take another");
        ScramVerifier? scram = null;
        if (section.Text("scram") is { } text && !TryReadScram(text, out scram))
            section.Reject("scram", "is not SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey (RFC 5803) with 4096 iterations or more");
        switch (section.Find("password"))
        {
            case null:
                break;
            case YamlMap:
                if (section.Has("scram")) section.Reject("password", "is given as well as scram; give one of them");
                if (source.SecretFile(section.Map("password")) is { } password)
                {
                    // RFC 5802 §2.2 prepares others with SASLprep; for printable ASCII that changes nothing.
                    if (password.All(c => c is >= ' ' and <= '~')) scram ??= MakeScram(password);
                    else section.Reject("password", "holds characters beyond printable ASCII; give a scram verifier instead");
                }

                break;
            default:
                section.Reject("password", "must not stand in the configuration; write { file: PATH } or a scram verifier");
                break;
        }

        var certificate = section.Map("certificate");
        var subject = certificate.Text("subject");
        var thumbprint = certificate.Text("thumbprint")?.Replace(":", "", StringComparison.Ordinal);
        if (thumbprint is not null && (thumbprint.Length != 64 || !thumbprint.All(char.IsAsciiHexDigit)))
            certificate.Reject("thumbprint", "is not a SHA-256 in 64 hexadecimal digits");
        certificate.Finish();

        MailboxSet? addresses = null;
        if (section.Has("addresses") && !MailboxSet.TryRead(section.Texts("addresses"), out addresses, out var wrong))
            section.Reject("addresses", $"'{wrong}' is not a mail address, *@domain or *@*.domain");

        if (!section.Has("scram") && !section.Has("password") && !section.Has("certificate"))
            section.Reject("name", "has no scram, password or certificate, so nobody could ever use it");
        var account = name is null ? null : new Account(name)
        {
            Scram = scram,
            HighestPrecedence = section.Precedence("precedence", Precedence.Override),
            LowerPrecedence = section.Keyword("too-high", true, ("lower", true), ("refuse", false)),
            Addresses = addresses,
        };
        mayExempt = section.Flag(MayExemptKey, false);
        section.Finish();
        return account is null ? null : new ConfiguredAccount(account, subject, thumbprint);
    }

    /// <summary>RFC 5803 §2: <c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c>.</summary>
    private static bool TryReadScram(string text, out ScramVerifier? verifier)
    {
        verifier = null;
        var parts = text.Split('$');
        if (parts.Length != 3 || parts[0] != "SCRAM-SHA-256") return false;
        var parameters = parts[1].Split(':');
        var keys = parts[2].Split(':');
        if (parameters.Length != 2 || keys.Length != 2) return false;
        if (!int.TryParse(parameters[0], NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) || iterations is < 4096 or > 10_000_000) return false;
        if (!TryReadBase64(parameters[1], out var salt) || salt.Length < 8) return false;
        if (!TryReadBase64(keys[0], out var stored) || stored.Length != 32 || !TryReadBase64(keys[1], out var server) || server.Length != 32) return false;
        verifier = new ScramVerifier(iterations, salt, stored, server);
        return true;
    }

    private static bool TryReadBase64(string text, out byte[] octets)
    {
        octets = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, octets, out var length)) return false;
        Array.Resize(ref octets, length);
        return true;
    }

    /// <summary>RFC 5802 §3 with SHA-256 (RFC 7677) and a fresh salt.</summary>
    internal static ScramVerifier MakeScram(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, ScramIterations, HashAlgorithmName.SHA256, 32);
        var client = HMACSHA256.HashData(salted, "Client Key"u8);
        var verifier = new ScramVerifier(ScramIterations, salt, SHA256.HashData(client), HMACSHA256.HashData(salted, "Server Key"u8));
        CryptographicOperations.ZeroMemory(salted);
        CryptographicOperations.ZeroMemory(client);
        return verifier;
    }

    /// <summary>In the form that <c>scram:</c> takes.</summary>
    internal static string Write(ScramVerifier verifier) => string.Create(
        CultureInfo.InvariantCulture,
        $"SCRAM-SHA-256${verifier.Iterations}:{Convert.ToBase64String(verifier.Salt.Span)}${Convert.ToBase64String(verifier.StoredKey.Span)}:{Convert.ToBase64String(verifier.ServerKey.Span)}");

    private static void RejectSharedEndpoints(Section root, ImmutableArray<SmtpListenerSettings> listeners, AdminSettings admin, IPEndPoint? metrics)
    {
        var taken = new Dictionary<IPEndPoint, string>();
        for (var i = 0; i < listeners.Length; i++)
        {
            var endpoint = listeners[i].Endpoint;
            // Port 0 lets the system choose.
            if (endpoint.Port == 0 || taken.TryAdd(endpoint, listeners[i].Name)) continue;
            root.Reject("listeners", $"'{listeners[i].Name}' and '{taken[endpoint]}' have the same endpoint {endpoint}");
        }

        if (admin.Endpoint is { Port: not 0 } api && !taken.TryAdd(api, "admin")) root.Reject("admin", $"has the same endpoint {api} as '{taken[api]}'");
        if (metrics is { Port: not 0 } && !taken.TryAdd(metrics, "metrics")) root.Reject("metrics", $"has the same endpoint {metrics} as '{taken[metrics]}'");
    }
}
