using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using MilSwitch.Domain.Protection;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Finding.Directories;
using MilSwitch.Lookup.Finding.Dns;
using MilSwitch.Lookup.Finding.Folders;
using MilSwitch.Lookup.Finding.Web;
using MilSwitch.Lookup.Status;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Host.Configuration;

/// <summary>Where certificates of recipients are looked for.</summary>
public static partial class ConfigurationReader
{
    private const int MostSources = 16;
    private static readonly TimeSpan LeastLimit = TimeSpan.FromMilliseconds(100);

    /// <summary>Reads <c>certificates</c> of a domain; null: it looks for none.</summary>
    private static FindingConfiguration? ReadFinding(ConfigurationSource source, Section domain, string? name, ArrivalTrust trust)
    {
        if (domain.Find("certificates") is null) return null;
        var section = domain.Map("certificates");
        var sources = ImmutableArray.CreateBuilder<FindingSource>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var place in Mappings(source, section, "sources", "must be a mapping with type"))
        {
            if (ReadSource(source, place, names) is { } one) sources.Add(one);
            place.Finish();
        }

        if (!section.Has("sources")) section.Reject("sources", "is missing; there is nobody to ask");
        else if (sources.Count > MostSources) section.Reject("sources", string.Create(CultureInfo.InvariantCulture, $"there are more than {MostSources}"));
        if (trust.Anchors.IsEmpty) domain.Reject("certificates", "needs 'anchors' of the domain; without them no certificate that is found is believed");
        var defaults = new FinderSettings { Trust = Material(trust) };
        var finder = defaults with
        {
            Revocation = section.Keyword("revocation", defaults.Revocation, ("require", RevocationMode.Require), ("if-known", RevocationMode.IfKnown), ("off", RevocationMode.Off)),
            Suite = trust.Suite switch { "legacy" => AlgorithmSuite.Legacy, "cnsa2" => AlgorithmSuite.Cnsa2, _ => AlgorithmSuite.Default },
            IgnoreCase = section.Keyword("local-part", defaults.IgnoreCase, ("any-case", true), ("exact", false)),
            KeepFound = section.Duration("keep-found", defaults.KeepFound, TimeSpan.Zero, 7 * Day),
            KeepNone = section.Duration("keep-none", defaults.KeepNone, TimeSpan.Zero, Day),
            AgeLimit = section.Duration("age-limit", defaults.AgeLimit, TimeSpan.Zero, 30 * Day),
        };
        Judge(section, section.Has("age-limit") ? "age-limit" : "keep-found", () =>
        {
            _ = new CertificateFinder(finder, [], null, TimeProvider.System);
            return null;
        });
        var status = ReadStatus(source, section);
        if (finder.Revocation is RevocationMode.Require && status is not { Places: [_, ..] } && status is not { Allow: [_, ..] } && trust.RevocationLists.IsEmpty)
            section.Reject("revocation", "is 'require', which is the default, and nobody says who is revoked, so nothing could be used; name 'status' or 'crls' of the domain, or say if-known");
        section.Finish();
        return name is null ? null : new FindingConfiguration(name, finder, sources.ToImmutable(), status);
    }

    private static TrustMaterial Material(ArrivalTrust trust) => new(
        trust.Anchors.Select(c => Certificate.Read(c)), trust.Certificates.Select(c => Certificate.Read(c)), trust.RevocationLists.Select(l => RevocationList.Read(l)));

    private static FindingSource? ReadSource(ConfigurationSource source, Section section, HashSet<string> names)
    {
        if (!section.Has("type")) section.Reject("type", "is missing; folder, directory, smimea, https or harvest");
        var made = section.Keyword<Func<FindingSource?>?>(
            "type", null,
            ("folder", () => ReadFolder(source, section)), ("directory", () => ReadDirectory(source, section)), ("smimea", () => ReadSmimea(source, section)),
            ("https", () => ReadHttps(source, section)), ("harvest", () => new FindingSource.Harvest()));
        var one = made?.Invoke();
        var name = one switch
        {
            FindingSource.Folder f => "folder:" + f.Settings.Name,
            FindingSource.Directory d => "directory:" + d.Settings.Name,
            FindingSource.Smimea s => "smimea:" + s.Settings.Name,
            FindingSource.Https h => "http:" + h.Settings.Name,
            FindingSource.Harvest => "harvest",
            _ => null,
        };
        // What the trail says must mean one of them.
        if (name is not null && !names.Add(name)) section.Reject(section.Has("name") ? "name" : "type", $"there is a source '{name}' already; give one of them another 'name'");
        if (made is null) foreach (var key in SourceKeys) section.Find(key);
        return one;
    }

    // Of a source whose type is not known nothing else is reported.
    private static readonly string[] SourceKeys = ["name", "path", "url", "base", "bind", "password", "anchors", "resolver", "trusts-path", "constrains", "stands-alone", "domain-entries", "time-limit", "address-attributes", "certificate-attributes", "largest", "connections"];

    private static string SourceName(Section section, string otherwise)
    {
        if (section.Text("name") is not { } name) return otherwise;
        if (name.Length is > 0 and <= 63 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')) return name;
        section.Reject("name", $"'{name}' is not a name of up to 63 letters, digits, hyphens, dots and underscores");
        return otherwise;
    }

    private static FindingSource.Folder? ReadFolder(ConfigurationSource source, Section section)
    {
        if (section.RequiredText("path") is not { } text) return null;
        var path = source.FullPath(text);
        if (!Directory.Exists(path)) section.Reject("path", $"'{text}' is no folder");
        return new FindingSource.Folder(new FolderSettings { Name = SourceName(section, Path.GetFileName(path.TrimEnd('/'))), Path = path });
    }

    private static ImmutableArray<LdapEndpoint> ReadLdapServers(Section section)
    {
        var servers = ImmutableArray.CreateBuilder<LdapEndpoint>();
        foreach (var text in section.Texts("url"))
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "ldaps", Host.Length: > 0, UserInfo.Length: 0, PathAndQuery: "" or "/", Fragment.Length: 0 })
                servers.Add(new LdapEndpoint(uri.DnsSafeHost, uri.Port > 0 ? uri.Port : 636));
            else section.Reject("url", $"'{text}' is not of the form ldaps://host or ldaps://host:port; directories are asked over TLS only");
        }

        if (!section.Has("url")) section.Reject("url", "is missing; ldaps://host");
        return servers.ToImmutable();
    }

    private static FindingSource.Directory? ReadDirectory(ConfigurationSource source, Section section)
    {
        var servers = ReadLdapServers(section);
        var defaults = new DirectorySettings { Name = "", Servers = [], TlsAnchors = [], Base = "" };
        var bind = section.Text("bind");
        var settings = defaults with
        {
            Name = SourceName(section, servers.Length > 0 ? servers[0].Host : "directory"),
            Servers = servers,
            TlsAnchors = ReadTlsAnchors(source, section),
            Base = section.RequiredText("base") ?? "",
            BindName = bind ?? "",
            BindSecret = ReadPassword(source, section, bind),
            AddressAttributes = section.Has("address-attributes") ? section.Texts("address-attributes") : defaults.AddressAttributes,
            CertificateAttributes = section.Has("certificate-attributes") ? section.Texts("certificate-attributes") : defaults.CertificateAttributes,
            DomainEntries = section.Flag("domain-entries", defaults.DomainEntries),
            TimeLimit = section.Duration("time-limit", defaults.TimeLimit, LeastLimit, TimeSpan.FromSeconds(60)),
            Connections = section.Number("connections", defaults.Connections, 1, 64),
        };
        if (servers.IsEmpty || settings.TlsAnchors.IsEmpty || (bind is not null && settings.BindSecret is null)) return null;
        Judge(section, "type", () => new DirectorySource(settings, TimeProvider.System));
        return new FindingSource.Directory(settings);
    }

    // Read to be judged here, and again each time somebody binds: it may change.
    private static Func<ReadOnlyMemory<byte>>? ReadPassword(ConfigurationSource source, Section section, string? bind)
    {
        switch (section.Find("password"))
        {
            case null:
                if (bind is not null) section.Reject("password", "is missing; write { file: PATH }. A name without a password would be nobody");
                return null;
            case YamlMap:
                if (bind is null) section.Reject("password", "does nothing without bind");
                var secret = section.Map("password");
                if (source.SecretFile(secret) is null) return null;
                var path = source.FullPath(secret.Text("file")!);
                return () => Secret(path);
            default:
                section.Reject("password", "must not stand in the configuration; write { file: PATH }");
                return null;
        }
    }

    private static ReadOnlyMemory<byte> Secret(string path)
    {
        try
        {
            return Encoding.UTF8.GetBytes(File.ReadAllText(path).TrimEnd('\r', '\n'));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The directory is then not asked, and says so.
            return default;
        }
    }

    private static FindingSource.Smimea? ReadSmimea(ConfigurationSource source, Section section)
    {
        var resolvers = ImmutableArray.CreateBuilder<IPEndPoint>();
        foreach (var (node, path) in section.Items("resolver"))
        {
            if (ReadResolver(node) is { } resolver) resolvers.Add(resolver);
            else source.Reject(node.Line, path, "is not an address such as 127.0.0.1 or 127.0.0.1:5353");
        }

        if (!section.Has("resolver")) section.Reject("resolver", "is missing; the address of a resolver that validates DNSSEC");
        var defaults = new SmimeaSettings { Name = "", Resolvers = [] };
        var settings = defaults with
        {
            Name = SourceName(section, "dns"),
            Resolvers = resolvers.ToImmutable(),
            TrustsPath = section.Flag("trusts-path", defaults.TrustsPath),
            StandsAlone = section.Flag("stands-alone", defaults.StandsAlone),
            Constrains = section.Flag("constrains", defaults.Constrains),
            TimeLimit = section.Duration("time-limit", defaults.TimeLimit, LeastLimit, TimeSpan.FromSeconds(30)),
        };
        if (resolvers.Count is 0) return null;
        if (!settings.TrustsPath && resolvers.Any(r => !IPAddress.IsLoopback(r.Address)))
            section.Reject("resolver", "is not on this machine, so its word can be forged on the way; say trusts-path: true when the way is protected by other means, such as IPsec");
        else Judge(section, "type", () =>
        {
            _ = new SmimeaSource(settings);
            return null;
        });
        return new FindingSource.Smimea(settings);
    }

    private static IPEndPoint? ReadResolver(YamlNode node) => node is not YamlText text
        ? null
        : Notation.TryReadNetwork(text.Value, out var host, out _) && !text.Value.Contains('/', StringComparison.Ordinal)
            ? new IPEndPoint(host.BaseAddress, 53)
            : Notation.TryReadHostPort(text.Value, 1, out var address, out var port) && IPAddress.TryParse(address, out var parsed) ? new IPEndPoint(parsed, port) : null;

    private static FindingSource.Https? ReadHttps(ConfigurationSource source, Section section)
    {
        var text = section.RequiredText("url");
        Uri? address = null;
        if (text is not null && (!Uri.TryCreate(text, UriKind.Absolute, out address) || address is not { Scheme: "https", UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 }))
        {
            section.Reject("url", $"'{text}' is not of the form https://host/path, without user, query and fragment");
            address = null;
        }

        var defaults = new HttpSettings { Name = "", Address = new Uri("https://localhost/"), TlsAnchors = [] };
        var settings = defaults with
        {
            Name = SourceName(section, address?.Host ?? "https"),
            Address = address ?? defaults.Address,
            TlsAnchors = ReadTlsAnchors(source, section),
            DomainEntries = section.Flag("domain-entries", defaults.DomainEntries),
            TimeLimit = section.Duration("time-limit", defaults.TimeLimit, LeastLimit, TimeSpan.FromSeconds(60)),
            MostOctets = (int)section.Size("largest", defaults.MostOctets, 1 << 10, 16 << 20),
        };
        if (address is null || settings.TlsAnchors.IsEmpty) return null;
        Judge(section, "type", () => new HttpSource(settings, TimeProvider.System));
        return new FindingSource.Https(settings);
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> ReadTlsAnchors(ConfigurationSource source, Section section)
    {
        if (!section.Has("anchors"))
        {
            section.Reject("anchors", "is missing; whom the server's certificate must lead to. The system's are never used");
            return [];
        }

        var anchors = ReadMaterial(source, section, "anchors").Certificates;
        if (anchors.Count is 0) section.Reject("anchors", "holds no certificate");
        return [.. anchors.Select(c => c.Encoded)];
    }

    private static StatusSettings? ReadStatus(ConfigurationSource source, Section certificates)
    {
        if (certificates.Find("status") is null) return null;
        var section = certificates.Map("status");
        var places = ImmutableArray.CreateBuilder<StatusPlace>();
        foreach (var one in Mappings(source, section, "places", "must be a mapping with issuer, and lists or responders"))
        {
            if (ReadPlace(source, one) is { } place)
            {
                if (places.Any(p => p.Issuer.Subject.Equals(place.Issuer.Subject) && p.Issuer.SubjectPublicKeyInfo.Span.SequenceEqual(place.Issuer.SubjectPublicKeyInfo.Span)))
                    one.Reject("issuer", $"'{place.Issuer.Subject}' has places already");
                else places.Add(place);
            }

            one.Finish();
        }

        var allow = section.Texts("allow");
        foreach (var host in allow)
        {
            if (Uri.CheckHostName(host.Split(':')[0]) is UriHostNameType.Unknown || host.Contains('/', StringComparison.Ordinal)) section.Reject("allow", $"'{host}' is not a host such as crl.example.org or crl.example.org:8080");
        }

        if (places.Count is 0 && allow.IsEmpty && !section.Has("places")) certificates.Reject("status", "names neither places nor allow, so nothing is fetched");
        var defaults = new StatusSettings();
        var settings = defaults with
        {
            Places = places.ToImmutable(),
            Allow = allow,
            TlsAnchors = section.Has("anchors") ? ReadTlsAnchors(source, section) : [],
            TimeLimit = section.Duration("time-limit", defaults.TimeLimit, LeastLimit, TimeSpan.FromSeconds(60)),
            MostOctets = (int)section.Size("largest", defaults.MostOctets, 1 << 10, CertificateFile.MostOctets),
            RefreshAfter = section.Duration("refresh", defaults.RefreshAfter, TimeSpan.FromMinutes(1), 7 * Day),
        };
        section.Finish();
        Judge(certificates, "status", () => new StatusFetcher(settings, TimeProvider.System));
        return settings;
    }

    private static StatusPlace? ReadPlace(ConfigurationSource source, Section section)
    {
        if (!section.Has("issuer")) section.Reject("issuer", "is missing; the certificate of the authority");
        var issuer = section.Has("issuer") ? ReadCertificate(source, section, "issuer") : null;
        var signer = section.Has("list-signer") ? ReadCertificate(source, section, "list-signer") : null;
        var (lists, responders) = (Addresses("lists", "http://host/path, https, ldap or ldaps"), Addresses("responders", "http://host/path or https"));
        if (!section.Has("lists") && !section.Has("responders")) section.Reject("issuer", "has neither lists nor responders");
        if (section.Has("list-signer") && !section.Has("lists")) section.Reject("list-signer", "does nothing without lists");
        try
        {
            return issuer is not { } der ? null : new StatusPlace { Issuer = Certificate.Read(der), Lists = lists, Responders = responders, ListSigner = signer is { } other ? Certificate.Read(other) : null };
        }
        catch (CmsFormatException fault)
        {
            section.Reject("issuer", fault.Message);
            return null;
        }

        ImmutableArray<Uri> Addresses(string key, string form)
        {
            var all = ImmutableArray.CreateBuilder<Uri>();
            foreach (var text in section.Texts(key))
            {
                if (Uri.TryCreate(text, UriKind.Absolute, out var uri)) all.Add(uri);
                else section.Reject(key, $"'{text}' is not an address such as {form}");
            }

            return all.ToImmutable();
        }
    }

    // What a setting of the library says of itself, should it see more than this reader did.
    private static void Judge(Section section, string key, Func<IDisposable?> make)
    {
        try
        {
            make()?.Dispose();
        }
        catch (ArgumentException fault)
        {
            section.Reject(key, Said(fault));
        }
    }
}
