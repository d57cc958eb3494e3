using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Labelling;
using MilSwitch.Lookup.Service;
using MilSwitch.Lookup.Service.Ldap;
using MilSwitch.Lookup.Service.Opening;
using MilSwitch.Lookup.Service.Web;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Tokens;
using MilSwitch.Switching.Labelling;

namespace MilSwitch.Host.Configuration;

/// <summary>Proxy certificates for recipients beyond a boundary.</summary>
public static partial class ConfigurationReader
{
    private const string ProxiesKey = "proxy-certificates";
    private const int MostGatewayKeys = 2;

    /// <summary>Reads the proxy certificates of a boundary and lets it open what is encrypted to them.</summary>
    /// <returns>The boundary as it is with them.</returns>
    private static BoundarySettings? ReadProxies(
        ConfigurationSource source, Section boundary, BoundarySettings? settings, DomainOfKeys? from, DomainOfKeys? to, KeyConfiguration keys, LabelConfiguration labels,
        ImmutableArray<ProxyConfiguration>.Builder proxies)
    {
        if (boundary.Find(ProxiesKey) is null) return settings;
        var section = boundary.Map(ProxiesKey);
        var authority = ReadProxyAuthority(section, from, to, keys);
        var chain = ReadMaterial(source, section, "chain").Certificates;
        var gateway = ReadGatewayKeys(section, boundary, settings, keys);
        var ceiling = ReadClearance(source, section, labels.Authority.Policies, from?.Policy ?? labels.Home, "ceiling");
        if (section.Has("ceiling") && settings is { LabelsIn: null }) section.Reject("ceiling", "needs arrival.labels: without them no message has a label that could be judged");
        if (settings is { Opening.KeepsInner: true }) section.Reject("authority", "what is encrypted to these certificates has to be opened, and arrival.inner: keep may leave it closed");
        var uri = section.Text("gateway") ?? "smtp:" + labels.HostName;
        if (!Ascii.IsValid(uri) || uri.Length > 255 || !Uri.TryCreate(uri, UriKind.Absolute, out _)) section.Reject("gateway", $"'{uri}' is not a URI such as smtp:gateway.unit.example");
        var log = ReadProxyLog(source, section, proxies);
        var checkpoint = ReadCheckpointKey(section, keys);
        var defaults = new ProxyAuthoritySettings { ForeignDomains = [], GatewayKeys = [], Policy = "", BoundaryName = "", GatewayUri = "" };
        var issued = defaults with
        {
            ForeignDomains = ReadForeignDomains(section, to),
            GatewayKeys = gateway,
            Policy = ReadPolicyIdentifier(section) ?? "",
            BoundaryName = section.Text("name") ?? "Boundary of " + labels.HostName,
            GatewayUri = uri,
            Chain = [.. chain],
            Lifetime = section.Duration("lifetime", defaults.Lifetime, ProxyAuthoritySettings.ShortestLifetime, ProxyAuthoritySettings.LongestLifetime),
            Ceiling = ceiling,
            Policies = labels.Authority.Policies,
            OptedOut = ReadOptedOut(section),
            MostPerMinute = section.Number("certificates-per-minute", defaults.MostPerMinute, 1, 10_000),
            MostPerMinuteOfClient = section.Number("certificates-per-client-and-minute", defaults.MostPerMinuteOfClient, 1, 10_000),
        };
        var every = section.Number("checkpoint-every", 100, 1, 1_000_000);
        if (section.Has("checkpoint-every") && checkpoint is null) section.Reject("checkpoint-every", "does nothing without checkpoint-key");
        var ldap = ReadLdap(source, section, out var ldapSettings);
        var https = ReadWebListener(source, section);
        section.Finish();
        if (authority is not { } known || settings is null || log is null || issued is not { ForeignDomains.IsEmpty: false, GatewayKeys.IsEmpty: false, Policy.Length: > 0 }) return settings;
        if (Judged(section, issued, known.Certificate) is not { } judged) return settings;
        proxies.Add(new ProxyConfiguration
        {
            Boundary = settings.Name, Authority = known.Name, Certificate = known.Certificate, Settings = judged, Log = log, CheckpointKey = checkpoint, CheckpointEvery = every,
            Ldap = ldap, LdapSettings = ldapSettings, Https = https,
        });
        return settings with
        {
            Opening = settings.Opening with { ProxyAuthority = known.Certificate },
            Ceiling = ceiling is null
                ? null
                : new LinkLabelling(
                    new LinkLabelSettings { HostName = labels.HostName, Clearance = judged.Ceiling, Cleared = "the gateway (ceiling)", Unlabelled = LabelOutcome.Hold }, labels.Authority),
        };
    }

    private static ProxyAuthoritySettings? Judged(Section section, ProxyAuthoritySettings settings, ReadOnlyMemory<byte> authority)
    {
        try
        {
            return ProxyAuthority.Check(settings, Certificate.Read(authority));
        }
        catch (Exception fault) when (fault is ProxyAuthorityException or CmsFormatException)
        {
            section.Reject("authority", fault.Message);
            return null;
        }
    }

    private static (string Name, ReadOnlyMemory<byte> Certificate)? ReadProxyAuthority(Section section, DomainOfKeys? from, DomainOfKeys? to, KeyConfiguration keys)
    {
        if (section.RequiredText("authority") is not { } name) return null;
        if (keys.Find(name) is not { } certificate)
        {
            section.Reject("authority", NoSuchKey(name, keys));
            return null;
        }

        if (keys.Roles.TryGetValue(name, out var role) && role is not KeyRole.ProxyAuthority) section.Reject("authority", $"'{name}' has the role {Word(role)}, and a key has one role");
        if (keys.InMemory.TryGetValue(name, out var pair) && !Signs(pair)) section.Reject("authority", $"'{name}' is of a kind that does not sign");
        Own(section, "authority", name, from, to);
        return (name, certificate);
    }

    private static bool Signs(Smime.Protection.SoftwareKeyPair pair)
    {
        try
        {
            _ = pair.Signing(null);
            return true;
        }
        catch (Exception fault) when (fault is CryptographicException or CmsFormatException)
        {
            return false;
        }
    }

    // What is encrypted to the certificates must be opened, so their keys are among those that open.
    private static ImmutableArray<GatewayKey> ReadGatewayKeys(Section section, Section boundary, BoundarySettings? settings, KeyConfiguration keys)
    {
        var opening = settings?.Opening.Keys ?? [];
        var names = section.Texts("keys");
        if (!section.Has("keys"))
        {
            names = [.. opening.Where(k => keys.Find(k) is { } own && ProxyKeyNames.ReadKey(own) is not null)];
            if (settings is null) return [];
            if (names.IsEmpty) boundary.Reject(ProxiesKey, "arrival.decrypt names no key (RSA from 2048 bits, P-256, P-384, P-521, X25519) that could open what is encrypted to the certificates");
            else if (names.Length > MostGatewayKeys) section.Reject("keys", "is missing, and arrival.decrypt names more than two; name one or two of them, the preferred first");
        }
        else if (names.Length is 0 or > MostGatewayKeys) section.Reject("keys", "must be one or two keys of arrival.decrypt, the preferred first");

        var read = ImmutableArray.CreateBuilder<GatewayKey>();
        foreach (var name in names)
        {
            if (!opening.Contains(name)) section.Reject("keys", $"'{name}' is not among arrival.decrypt, so what is encrypted to it would stay closed{Spelling.Suggest(name, [.. opening])}");
            else if (keys.Find(name) is { } certificate && ProxyKeyNames.ReadKey(certificate) is { } key) read.Add(key);
            else section.Reject("keys", $"'{name}' is not RSA from 2048 bits, P-256, P-384, P-521 or X25519");
        }

        return read.Count <= MostGatewayKeys ? read.ToImmutable() : [];
    }

    private static ImmutableArray<DomainPattern> ReadForeignDomains(Section section, DomainOfKeys? to)
    {
        var written = section.Has("domains") ? ReadMailDomains(section, "domains") : to?.Domain.MailDomains ?? [];
        if (written.Contains("*"))
        {
            section.Reject("domains", section.Has("domains") ? "'*' is everybody; name the domains beyond the boundary" : $"is missing, and domain '{to?.Domain.Name}' is for everybody; name the domains beyond the boundary");
            return [];
        }

        return [.. written.Select(d => DomainPattern.Parse(d.StartsWith('*') ? d[1..] : d))];
    }

    private static string? ReadPolicyIdentifier(Section section)
    {
        if (section.RequiredText("policy") is not { } text) return null;
        try
        {
            new AsnWriter(AsnEncodingRules.DER).WriteObjectIdentifier(text);
            return text;
        }
        catch (ArgumentException)
        {
            section.Reject("policy", $"'{text}' is not an object identifier such as 1.3.6.1.4.1.99999.7.1");
            return null;
        }
    }

    private static ImmutableHashSet<Mailbox> ReadOptedOut(Section section)
    {
        var all = ImmutableHashSet.CreateBuilder<Mailbox>();
        foreach (var text in section.Texts("opted-out"))
        {
            if (Mailbox.TryParse(text, allowUtf8: true, out var mailbox, out _) && mailbox.Domain.Length > 0) all.Add(mailbox);
            else section.Reject("opted-out", $"'{text}' is not a mail address");
        }

        return all.ToImmutable();
    }

    private static string? ReadProxyLog(ConfigurationSource source, Section section, ImmutableArray<ProxyConfiguration>.Builder proxies)
    {
        if (section.RequiredText("log") is not { } text) return null;
        var path = source.FullPath(text);
        if (!Directory.Exists(Path.GetDirectoryName(path))) section.Reject("log", $"the folder of '{text}' does not exist");
        else if (Directory.Exists(path)) section.Reject("log", $"'{text}' is a folder");
        else if (proxies.FirstOrDefault(p => p.Log == path) is { } other) section.Reject("log", $"is the log of boundary '{other.Boundary}' already");
        else return path;
        return null;
    }

    // Checkpoints are evidence, and the authority's key must sign certificates only.
    private static string? ReadCheckpointKey(Section section, KeyConfiguration keys)
    {
        if (section.Text("checkpoint-key") is not { } name) return null;
        if (keys.Find(name) is null) section.Reject("checkpoint-key", NoSuchKey(name, keys));
        else if (name == section.Text("authority")) section.Reject("checkpoint-key", "is the authority's, which must sign certificates only");
        else if (keys.Roles.TryGetValue(name, out var role) && role is not KeyRole.Audit) section.Reject("checkpoint-key", $"'{name}' has the role {Word(role)}, and a key has one role");
        else if (keys.InMemory.TryGetValue(name, out var pair) && !Signs(pair)) section.Reject("checkpoint-key", $"'{name}' is of a kind that does not sign");
        return name;
    }

    private static ProxyListener? ReadLdap(ConfigurationSource source, Section proxies, out LdapSettings settings)
    {
        settings = new LdapSettings();
        if (proxies.Find("ldap") is null) return null;
        var section = proxies.Map("ldap");
        var listener = ReadProxyListener(source, section, ("implicit", ProxyTls.Implicit), ("starttls", ProxyTls.StartTls), ("none", ProxyTls.None));
        var name = section.Text("base") ?? "";
        try
        {
            _ = new X500DistinguishedName(name);
        }
        catch (CryptographicException)
        {
            section.Reject("base", $"'{name}' is not a name such as ou=boundary,dc=unit,dc=example");
        }

        settings = settings with
        {
            Suffix = name,
            Idle = section.Duration("idle", settings.Idle, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            MostConnections = section.Number("connections", settings.MostConnections, 1, 10_000),
            MostConnectionsOfClient = section.Number("connections-per-client", settings.MostConnectionsOfClient, 1, 10_000),
        };
        if (settings.MostConnectionsOfClient > settings.MostConnections && section.Has("connections-per-client")) section.Reject("connections-per-client", "is more than all connections");
        settings = settings with { MostConnectionsOfClient = Math.Min(settings.MostConnections, settings.MostConnectionsOfClient) };
        section.Finish();
        return listener;
    }

    private static ProxyListener? ReadWebListener(ConfigurationSource source, Section proxies)
    {
        if (proxies.Find("https") is null) return null;
        var section = proxies.Map("https");
        var listener = ReadProxyListener(source, section);
        section.Finish();
        return listener;
    }

    private static ProxyListener? ReadProxyListener(ConfigurationSource source, Section section, params ReadOnlySpan<(string Word, ProxyTls Mode)> modes)
    {
        var endpoint = section.Endpoint("endpoint");
        if (!section.Has("endpoint")) section.Reject("endpoint", "is missing");
        var tls = section.Map("tls");
        var mode = modes.IsEmpty ? ProxyTls.Implicit : tls.Keyword("mode", ProxyTls.Implicit, modes);
        var certificate = source.Certificate(tls);
        if (mode is not ProxyTls.None && !tls.Has("certificate"))
            (section.Has("tls") ? tls : section).Reject(section.Has("tls") ? "certificate" : "tls", "is missing; look-ups are answered inside of TLS, which needs a certificate");
        else if (mode is ProxyTls.None && tls.Has("certificate")) tls.Reject("certificate", "does nothing with mode: none");
        tls.Finish();
        return endpoint is null || (mode is not ProxyTls.None && certificate is null) ? null : new ProxyListener(endpoint, mode, mode is ProxyTls.None ? null : certificate);
    }

    /// <summary>The URI that a submission listener names in its answer to EHLO; null: none.</summary>
    private static string? ReadGatewayHint(Section listener, bool submission)
    {
        if (listener.Text("smime-gateway") is not { } text) return null;
        // RFC 5321 §4.1.1.1: printable, without spaces; §4.5.3.1.5: in one line.
        if (text.Length <= 400 && text.All(c => c is > ' ' and <= '~') && Uri.TryCreate(text, UriKind.Absolute, out _))
        {
            if (submission) return text;
            listener.Reject("smime-gateway", "means nothing on a relay listener; only submission tells clients of it");
        }
        else
        {
            listener.Reject("smime-gateway", $"'{text}' is not a URI such as https://gateway.unit.example{ProxyLookup.Path}");
        }

        return null;
    }

    private static void RejectSharedEndpoints(Section root, ImmutableArray<ProxyConfiguration> proxies, IEnumerable<System.Net.IPEndPoint> others)
    {
        var taken = others.ToHashSet();
        foreach (var (boundary, endpoint) in proxies.SelectMany(p => new[] { (p.Boundary, p.Ldap?.Endpoint), (p.Boundary, p.Https?.Endpoint) }))
        {
            // Port 0 lets the system choose.
            if (endpoint is { Port: not 0 } && !taken.Add(endpoint)) root.Reject("boundaries", $"the look-ups of '{boundary}' have the same endpoint {endpoint} as something else");
        }
    }
}
