using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Domain.Operations;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Host.Configuration;

/// <summary>Where persons come in, and what they are then.</summary>
public static partial class ConfigurationReader
{
    private static AdminSettings ReadAdmin(ConfigurationSource source, Section root, string dataFolder, ImmutableArray<SmtpListenerSettings> listeners, LabelConfiguration labels,
        KeyConfiguration keys, DomainOfKeys? ofSubmission)
    {
        var admin = root.Map("admin");
        var endpoint = admin.Endpoint("endpoint");
        var tls = admin.Map("tls");
        var encrypted = tls.Keyword("mode", tls.Has("certificate"), ("none", false), ("required", true));
        var certificate = source.Certificate(tls);
        if (encrypted && !tls.Has("certificate")) tls.Reject("certificate", "is missing; TLS needs one");
        if (endpoint is not null && !encrypted && !IPAddress.IsLoopback(endpoint.Address))
            admin.Reject("endpoint", "without TLS the admin API may listen on a loopback address only");
        var clientAnchors = source.Anchors(tls, "client-ca");
        if (tls.Has("client-ca") && !encrypted) tls.Reject("client-ca", "means nothing without TLS");
        var revocation = ReadClientRevocation(source, tls, clientAnchors);
        tls.Finish();

        var socket = admin.Text("socket") is { } text ? source.FullPath(text) : Path.Combine(dataFolder, "admin.sock");
        if (Encoding.UTF8.GetByteCount(socket) > MaximumSocketPath)
            admin.Reject("socket", $"'{socket}' is longer than the {MaximumSocketPath} octets that the system allows; name a shorter one");
        var group = admin.Keyword("socket-mode", false, ("0600", false), ("0660", true));
        var tokens = ImmutableArray.CreateBuilder<AdminToken>();
        foreach (var (node, path) in admin.Items("tokens"))
        {
            if (ReadToken(source, node, path) is not { } token) continue;
            if (tokens.Any(t => t.Name == token.Name)) source.Reject(node.Line, path + ".name", $"'{token.Name}' is given twice");
            else tokens.Add(token);
        }

        var submission = SubmissionListener(admin, "submission", listeners);
        var signing = ReadSubmissionSigning(admin, keys, ofSubmission);
        var url = admin.Text("url");
        if (url is not null && !(Uri.TryCreate(url, UriKind.Absolute, out var address) && (address.Scheme is "https" or "http") && address.PathAndQuery is "/" && address.Fragment.Length is 0 && url.All(char.IsAscii)))
            admin.Reject("url", $"'{url}' is not the address of a console, such as https://n1.example:8443");
        var certificates = ReadPersons(source, admin);
        if (certificates.Length > 0 && !tls.Has("client-ca")) admin.Reject("certificates", "are believed with admin.tls.client-ca alone");
        var oidc = ReadOidc(source, admin);
        var clearances = ReadViewers(source, admin, labels);
        var accounts = admin.Flag("local-accounts", true);
        var sessions = admin.Map("sessions");
        var longest = sessions.Duration("longest", TimeSpan.FromHours(12), TimeSpan.FromMinutes(5), 7 * Day);
        var idle = sessions.Duration("idle", TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(1), Day);
        if (idle > longest) sessions.Reject(sessions.Has("idle") ? "idle" : "longest", $"a session that may be idle for {Notation.Write(idle)} would end after {Notation.Write(longest)}");
        sessions.Finish();
        var two = admin.Texts("two-person");
        foreach (var word in two.Where(w => !TwoPersonActs.All.Contains(w))) admin.Reject("two-person", $"'{word}' is not one of {string.Join(", ", TwoPersonActs.All)}{Spelling.Suggest(word, TwoPersonActs.All)}");
        admin.Finish();
        return new AdminSettings
        {
            Endpoint = endpoint, Certificate = encrypted ? certificate : null, Socket = socket, SocketForGroup = group, Tokens = tokens.ToImmutable(), Submission = submission, SubmissionSigning = signing, Url = url?.TrimEnd('/'),
            ClientAnchors = clientAnchors, ClientRevocation = revocation, Certificates = certificates, Oidc = oidc, Clearances = clearances, LocalAccounts = accounts, IdleSession = idle, LongestSession = longest, TwoPersons = [.. two],
        };
    }

    // Whoever gives lists wants nobody in of whom they don't speak.
    private static ClientRevocation? ReadClientRevocation(ConfigurationSource source, Section tls, X509Certificate2Collection anchors)
    {
        var lists = ReadMaterial(source, tls, "client-crls");
        var mode = tls.Keyword("revocation", RevocationMode.Require, ("require", RevocationMode.Require), ("if-known", RevocationMode.IfKnown));
        if (!tls.Has("client-crls"))
        {
            if (tls.Has("revocation")) tls.Reject("revocation", "does nothing without client-crls");
            return null;
        }

        if (!tls.Has("client-ca")) tls.Reject("client-crls", "means nothing without client-ca");
        if (lists.RevocationLists.Count is 0) tls.Reject("client-crls", "holds no revocation list");
        try
        {
            return new ClientRevocation(
                new TrustMaterial(anchors.Select(a => Certificate.Read(a.RawDataMemory)), lists.Certificates, lists.RevocationLists.Select(l => RevocationList.Read(l))), mode);
        }
        catch (CmsFormatException fault)
        {
            tls.Reject("client-ca", $"holds a certificate that can't be judged: {fault.Message}");
            return null;
        }
    }

    private static AdminToken? ReadToken(ConfigurationSource source, YamlNode node, string path)
    {
        if (node is not YamlMap map)
        {
            source.Reject(node.Line, path, "must be a mapping with name, role and token or sha256");
            return null;
        }

        var section = new Section(source, map, path);
        var name = section.RequiredText("name");
        var roles = ReadRoles(section);
        byte[]? digest = null;
        if (section.Text("sha256") is { } hex)
        {
            if (hex.Length == 64 && hex.All(char.IsAsciiHexDigit)) digest = Convert.FromHexString(hex);
            else section.Reject("sha256", "is not a SHA-256 in 64 hexadecimal digits");
            if (section.Has("token")) section.Reject("token", "is given as well as sha256; give one of them");
        }
        else if (section.Find("token") is YamlMap)
        {
            if (source.SecretFile(section.Map("token")) is { } secret)
            {
                if (secret.Length < 20) section.Reject("token", "is too short; 20 characters or more");
                else digest = SHA256.HashData(Encoding.UTF8.GetBytes(secret));
            }
        }
        else if (section.Has("token"))
        {
            section.Reject("token", "must not stand in the configuration; write { file: PATH } or its sha256");
        }
        else
        {
            section.Reject("token", "is missing; write { file: PATH } or its sha256");
        }

        section.Finish();
        return name is null || digest is null ? null : new AdminToken(name, roles, [.. digest]);
    }

    private static ImmutableArray<AdminCertificate> ReadPersons(ConfigurationSource source, Section admin)
    {
        var all = ImmutableArray.CreateBuilder<AdminCertificate>();
        foreach (var (node, path) in admin.Items("certificates"))
        {
            if (node is not YamlMap map)
            {
                source.Reject(node.Line, path, "must be a mapping with name, roles and subject, email, uri or sha256");
                continue;
            }

            var section = new Section(source, map, path);
            var name = section.RequiredText("name");
            if (!section.Has("role") && !section.Has("roles")) section.Reject("roles", "are missing");
            var roles = ReadRoles(section);
            var (subject, email, uri, thumbprint) = (section.Text("subject"), section.Text("email"), section.Text("uri"), section.Text("sha256")?.Replace(":", "", StringComparison.Ordinal));
            if (new[] { subject, email, uri, thumbprint }.Count(v => v is not null) is not 1) section.Reject("subject", "one of subject, email, uri and sha256 has to say which certificate it is");
            if (thumbprint is not null && (thumbprint.Length is not 64 || !thumbprint.All(char.IsAsciiHexDigit))) section.Reject("sha256", "is not a SHA-256 in 64 hexadecimal digits");
            section.Finish();
            if (name is not null) all.Add(new AdminCertificate(name, roles, subject, email, uri, thumbprint));
        }

        return all.ToImmutable();
    }

    private static ImmutableArray<ViewerClearance> ReadViewers(ConfigurationSource source, Section admin, LabelConfiguration labels)
    {
        var all = ImmutableArray.CreateBuilder<ViewerClearance>();
        foreach (var (node, path) in admin.Items("clearances"))
        {
            if (node is not YamlMap map)
            {
                source.Reject(node.Line, path, "must be a mapping with name and clearance");
                continue;
            }

            var section = new Section(source, map, path);
            var name = section.RequiredText("name");
            if (!section.Has("clearance")) section.Reject("clearance", "is missing");
            var clearance = ReadClearance(source, section, labels.Authority.Policies, labels.Home);
            var unlabelled = section.Flag("unlabelled", false);
            section.Finish();
            if (name is not null && clearance is not null) all.Add(new ViewerClearance(name is "*" ? null : name, clearance, unlabelled));
        }

        return all.ToImmutable();
    }

    private static OidcSettings? ReadOidc(ConfigurationSource source, Section admin)
    {
        if (!admin.Has("oidc")) return null;
        var section = admin.Map("oidc");
        var issuer = Address(section, "issuer", section.RequiredText("issuer"));
        var origin = Address(section, "origin", section.Text("origin"));
        var client = section.RequiredText("client-id");
        string? secret = null;
        if (section.Find("client-secret") is YamlMap) secret = source.SecretFile(section.Map("client-secret"));
        else if (section.Has("client-secret")) section.Reject("client-secret", "must not stand in the configuration; write { file: PATH }");
        var roles = ImmutableDictionary.CreateBuilder<string, OperatorRoles>(StringComparer.Ordinal);
        foreach (var (node, path) in section.Items("roles"))
        {
            if (node is not YamlMap map)
            {
                source.Reject(node.Line, path, "must be a mapping with value and roles");
                continue;
            }

            var row = new Section(source, map, path);
            var value = row.RequiredText("value");
            if (!row.Has("role") && !row.Has("roles")) row.Reject("roles", "are missing");
            var given = ReadRoles(row);
            row.Finish();
            if (value is not null) roles[value] = roles.GetValueOrDefault(value) | given;
        }

        if (roles.Count is 0) section.Reject("roles", "are missing: nobody would be anything");
        var defaults = new OidcSettings { Name = "", Issuer = issuer ?? new Uri("https://localhost"), ClientId = client ?? "" };
        var settings = defaults with
        {
            Name = section.Text("name") ?? issuer?.Host ?? "", ClientSecret = secret, Scopes = section.Has("scopes") ? section.Texts("scopes") : defaults.Scopes,
            NameClaim = section.Text("name-claim") ?? defaults.NameClaim, RoleClaim = section.Text("role-claim") ?? defaults.RoleClaim, Roles = roles.ToImmutable(), Origin = origin,
        };
        section.Finish();
        return settings;
    }

    // In clear on this machine alone: whoever answers there says who somebody is.
    private static Uri? Address(Section section, string key, string? text)
    {
        if (text is null) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)) && address.Query.Length is 0) return address;
        section.Reject(key, $"'{text}' is not an address that begins with https://");
        return null;
    }

    // One word, or several: somebody may be more than one thing. Without either a token opens everything, as it always did.
    private static OperatorRoles ReadRoles(Section section)
    {
        if (section.Has("role") && section.Has("roles")) section.Reject("roles", "are given as well as role; give one of them");
        var all = OperatorRoleNames.All.Select(r => r.Word).ToArray();
        if (!section.Has("roles")) return section.Keyword("role", OperatorRoles.All, [("operator", OperatorRoles.All), .. OperatorRoleNames.All]);
        var roles = OperatorRoles.None;
        foreach (var word in section.Texts("roles"))
        {
            if (OperatorRoleNames.Read(word) is not OperatorRoles.None and var role) roles |= role;
            else section.Reject("roles", $"'{word}' is not one of {string.Join(", ", all)}{Spelling.Suggest(word, all)}");
        }

        if (roles is OperatorRoles.None) section.Reject("roles", "name no role");
        return roles;
    }
}
