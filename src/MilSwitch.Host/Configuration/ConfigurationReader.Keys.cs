using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Protection;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Host.Configuration;

public static partial class ConfigurationReader
{
    /// <summary>As configuration and commands call them.</summary>
    internal static readonly (string Word, KeyRole Value)[] KeyRoles =
    [
        ("domain-signing", KeyRole.DomainSigning), ("domain-confidentiality", KeyRole.DomainConfidentiality), ("review", KeyRole.Review),
        ("attribute-authority", KeyRole.AttributeAuthority), ("report-signing", KeyRole.ReportSigning), ("audit", KeyRole.Audit), ("store", KeyRole.Store),
        ("proxy-authority", KeyRole.ProxyAuthority),
    ];

    private static KeyConfiguration ReadKeys(ConfigurationSource source, Section root)
    {
        var roles = ImmutableDictionary.CreateBuilder<string, KeyRole>();
        var onTokens = ImmutableDictionary.CreateBuilder<string, ReadOnlyMemory<byte>>();
        var tokens = ImmutableArray.CreateBuilder<TokenOptions>();
        foreach (var (node, path) in root.Items("tokens"))
        {
            if (node is not YamlMap map)
            {
                source.Reject(node.Line, path, "must be a mapping with name, library, label or serial, pin and keys");
                continue;
            }

            var section = new Section(source, map, path);
            if (ReadSlot(source, section, onTokens, roles) is not { } token) continue;
            if (tokens.Any(t => t.Name == token.Name)) section.Reject("name", $"'{token.Name}' is given to another token already");
            else tokens.Add(token);
        }

        var inMemory = ImmutableDictionary.CreateBuilder<string, SoftwareKeyPair>();
        var elsewhere = ImmutableHashSet.CreateBuilder<string>();
        foreach (var (node, path) in root.Items("keys"))
        {
            if (node is not YamlMap map)
            {
                source.Reject(node.Line, path, "must be a mapping with name and file");
                continue;
            }

            var section = new Section(source, map, path);
            var name = section.RequiredText("name");
            var role = section.Has("role") ? section.Keyword("role", KeyRole.DomainSigning, KeyRoles) : (KeyRole?)null;
            if (section.Has("on"))
            {
                ReadKeyElsewhere(source, root, section, name, role, onTokens, inMemory, elsewhere, roles);
                continue;
            }

            var pair = ReadSoftwareKey(source, section);
            section.Finish();
            if (name is null) continue;
            if (onTokens.ContainsKey(name) || inMemory.ContainsKey(name)) section.Reject("name", $"'{name}' is the name or label of another key already");
            else if (pair is not null)
            {
                inMemory.Add(name, pair);
                if (role is { } given) roles.Add(name, given);
            }
        }

        return new KeyConfiguration { Tokens = tokens.ToImmutable(), OnTokens = onTokens.ToImmutable(), InMemory = inMemory.ToImmutable(), Elsewhere = elsewhere.ToImmutable(), Roles = roles.ToImmutable() };
    }

    private static void ReadKeyElsewhere(
        ConfigurationSource source, Section root, Section section, string? name, KeyRole? role, ImmutableDictionary<string, ReadOnlyMemory<byte>>.Builder onTokens,
        ImmutableDictionary<string, SoftwareKeyPair>.Builder inMemory, ImmutableHashSet<string>.Builder elsewhere, ImmutableDictionary<string, KeyRole>.Builder roles)
    {
        section.Keyword("on", true, ("other-nodes", true));
        if (!root.Has("cluster")) section.Reject("on", "needs other nodes: there is no 'cluster'");
        if (!section.Has("certificate")) section.Reject("certificate", "is missing; it says which key is meant");
        var certificate = ReadTokenCertificate(source, section);
        section.Finish();
        if (name is null || certificate is not { } der) return;
        if (onTokens.ContainsKey(name) || inMemory.ContainsKey(name))
        {
            section.Reject("name", $"'{name}' is the name or label of another key already");
            return;
        }

        onTokens[name] = der;
        elsewhere.Add(name);
        if (role is { } given) roles.Add(name, given);
    }

    /// <summary>
    /// The key that opens the store. What is opened here and then stored must not lie there in clear, so where nothing is said
    /// it is sealed for whoever could open it as it came.
    /// </summary>
    private static string? ReadSeal(Section store, KeyConfiguration keys, BoundaryMap boundaries, IEnumerable<ArrivalProtection> arrivals)
    {
        if (store.Text("seal") is not { } name)
        {
            var opening = boundaries.Boundaries.SelectMany(b => b.Opening.Keys).Concat(arrivals.SelectMany(a => a.Keys)).ToArray();
            if (opening.Length > 0 && opening.All(keys.Elsewhere.Contains))
                store.Reject("seal", "is missing: what is opened by keys of other nodes is stored here, and those are not there when this node opens its store; name a key of this node, or 'none'");
            return opening.FirstOrDefault(k => !keys.Elsewhere.Contains(k));
        }

        if (name is "none") return null;
        if (keys.Elsewhere.Contains(name)) store.Reject("seal", $"'{name}' is on other nodes, and not there when this node opens its store");
        if (keys.Find(name) is null) store.Reject("seal", NoSuchKey(name, keys));
        else if (keys.Roles.TryGetValue(name, out var role) && role is not (KeyRole.Store or KeyRole.DomainConfidentiality)) store.Reject("seal", $"'{name}' has the role {Word(role)}, and a key has one role");
        else if (keys.InMemory.TryGetValue(name, out var pair) && !Opens(pair)) store.Reject("seal", $"'{name}' is of a kind that does not decrypt");
        return name;
    }

    private static TokenOptions? ReadSlot(
        ConfigurationSource source, Section section, ImmutableDictionary<string, ReadOnlyMemory<byte>>.Builder certificates, ImmutableDictionary<string, KeyRole>.Builder roles)
    {
        var name = section.RequiredText("name");
        var library = section.RequiredText("library");
        // A name alone would leave it to the search path who gets the PIN.
        if (library is not null && !Path.IsPathFullyQualified(library)) section.Reject("library", $"'{library}' must be a full path");
        else if (library is not null) section.File("library");
        var label = section.Text("label");
        var serial = section.Text("serial");
        if (label is null == serial is null) section.Reject(label is null ? "label" : "serial", "exactly one of label and serial names the token");
        string? pin = null;
        switch (section.Find("pin"))
        {
            case null:
                section.Reject("pin", "is missing; write { file: PATH }");
                break;
            case YamlMap:
                var secret = section.Map("pin");
                // Read to be judged; the token's own threads read it again when they log in.
                if (source.SecretFile(secret) is not null) pin = source.FullPath(secret.Text("file")!);
                break;
            default:
                section.Reject("pin", "must not stand in the configuration; write { file: PATH }");
                break;
        }

        var keys = new List<TokenKeyOptions>();
        foreach (var (node, path) in section.Items("keys"))
        {
            if (node is not YamlMap map)
            {
                source.Reject(node.Line, path, "must be a mapping with label, role and certificate");
                continue;
            }

            if (ReadTokenKey(source, new Section(source, map, path), certificates, roles) is not { } key) continue;
            if (keys.Exists(k => k.Label == key.Label)) source.Reject(node.Line, path + ".label", $"'{key.Label}' is given twice");
            else keys.Add(key);
        }

        if (!section.Has("keys")) section.Reject("keys", "is missing; a token is there for its keys");
        var second = TimeSpan.FromSeconds(1);
        var defaults = new TokenOptions { Name = "", Library = "", PinFile = "" };
        var token = new TokenOptions
        {
            Name = name ?? "",
            Library = library ?? "",
            Label = label,
            Serial = serial,
            PinFile = pin ?? "",
            Keys = keys,
            Sessions = section.Number("sessions", defaults.Sessions, 1, 256),
            Deadline = section.Duration("deadline", defaults.Deadline, second, TimeSpan.FromMinutes(5)),
            CallLimit = section.Duration("call-limit", defaults.CallLimit, second, TimeSpan.FromMinutes(5)),
            PollInterval = section.Duration("poll-interval", defaults.PollInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
            ReinitialiseInterval = section.Duration("reinitialise-interval", defaults.ReinitialiseInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
            RawRsa = section.Flag("raw-rsa", defaults.RawRsa),
        };
        section.Finish();
        return name is null || library is null || pin is null || keys.Count is 0 || token.Problems().Count > 0 ? null : token;
    }

    private static TokenKeyOptions? ReadTokenKey(
        ConfigurationSource source, Section section, ImmutableDictionary<string, ReadOnlyMemory<byte>>.Builder certificates, ImmutableDictionary<string, KeyRole>.Builder roles)
    {
        var label = section.RequiredText("label");
        if (!section.Has("role")) section.Reject("role", "is missing; a key has one role");
        var role = section.Keyword("role", KeyRole.DomainSigning, KeyRoles);
        if (!section.Has("certificate")) section.Reject("certificate", "is missing; it says which key is meant");
        var certificate = ReadTokenCertificate(source, section);
        section.Finish();
        if (label is null || certificate is not { } der) return null;
        if (certificates.TryGetValue(label, out var other) && !other.Span.SequenceEqual(der.Span))
            section.Reject("certificate", $"another token has '{label}' with another certificate; keys of one label are one key");
        if (roles.TryGetValue(label, out var otherRole) && otherRole != role) section.Reject("role", $"another token has '{label}' in another role");
        certificates[label] = der;
        roles[label] = role;
        return new TokenKeyOptions(label, role);
    }

    private static ReadOnlyMemory<byte>? ReadTokenCertificate(ConfigurationSource source, Section section)
    {
        if (ReadCertificate(source, section, "certificate") is not { } der) return null;
        using var parsed = X509CertificateLoader.LoadCertificate(der.Span);
        if (parsed.GetRSAPublicKey() is null && parsed.GetECDsaPublicKey() is null) section.Reject("certificate", "has a key that is neither RSA nor EC; tokens are asked for no other");
        return der;
    }

    private static SoftwareKeyPair? ReadSoftwareKey(ConfigurationSource source, Section section)
    {
        if (!section.Has("file")) section.Reject("file", "is missing");
        var path = source.PrivateFile(section, "file");
        string? password = null;
        switch (section.Find("password"))
        {
            case null:
                break;
            case YamlMap:
                password = source.SecretFile(section.Map("password"));
                if (password is null) return null;
                break;
            default:
                section.Reject("password", "must not stand in the configuration; write { file: PATH }");
                return null;
        }

        var certificate = section.Has("certificate") ? ReadCertificate(source, section, "certificate") : null;
        if (path is null || (section.Has("certificate") && certificate is null)) return null;
        try
        {
            // What is taken out of it lives as long as the configuration.
            var file = KeyFile.Read(File.ReadAllBytes(path), password);
            var certificates = certificate is { } own ? [own] : file.Certificates;
            switch (file.SigningPairs(certificates).ToArray())
            {
                case [var only]:
                    return new SoftwareKeyPair(only.Key, only.Certificate);
                case [_, ..]:
                    section.Reject("file", "holds several keys or certificates of a key; say with 'certificate' which is meant");
                    return null;
            }

            section.Reject("file", file.Keys.Count is 0 ? "holds no private key" : certificates.Count is 0 ? "holds no certificate of the key; name one with 'certificate'" : "holds no key that belongs to the certificate");
        }
        catch (CmsFormatException fault)
        {
            section.Reject("file", fault.Message);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            section.Reject("file", ConfigurationSource.Reason(section.Text("file")!, fault));
        }

        return null;
    }

    private static ReadOnlyMemory<byte>? ReadCertificate(ConfigurationSource source, Section section, string key)
    {
        if (section.File(key) is not { } path) return null;
        try
        {
            var found = KeyFile.Read(File.ReadAllBytes(path)).Certificates;
            if (found.Count > 0) return found[0];
            section.Reject(key, "holds no certificate");
        }
        catch (Exception fault) when (fault is CmsFormatException or CryptographicException)
        {
            section.Reject(key, "is not a certificate in PEM or DER");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            section.Reject(key, ConfigurationSource.Reason(section.Text(key)!, fault));
        }

        return null;
    }
}
