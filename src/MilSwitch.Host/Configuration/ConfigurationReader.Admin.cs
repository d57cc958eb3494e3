using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Operations;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Host.Configuration;

/// <summary>Where persons come in, and what they are then.</summary>
public static partial class ConfigurationReader
{
    private static AdminSettings ReadAdmin(ConfigurationSource source, Section root, string dataFolder, ImmutableArray<SmtpListenerSettings> listeners)
    {
        var admin = root.Map("admin");
        var endpoint = admin.Endpoint("endpoint");
        var tls = admin.Map("tls");
        var encrypted = tls.Keyword("mode", tls.Has("certificate"), ("none", false), ("required", true));
        var certificate = source.Certificate(tls);
        if (encrypted && !tls.Has("certificate")) tls.Reject("certificate", "is missing; TLS needs one");
        if (endpoint is not null && !encrypted && !IPAddress.IsLoopback(endpoint.Address))
            admin.Reject("endpoint", "without TLS the admin API may listen on a loopback address only");
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
        var url = admin.Text("url");
        if (url is not null && !(Uri.TryCreate(url, UriKind.Absolute, out var address) && (address.Scheme is "https" or "http") && address.PathAndQuery is "/" && address.Fragment.Length is 0 && url.All(char.IsAscii)))
            admin.Reject("url", $"'{url}' is not the address of a console, such as https://n1.example:8443");
        var accounts = admin.Flag("local-accounts", true);
        var sessions = admin.Map("sessions");
        var longest = sessions.Duration("longest", TimeSpan.FromHours(12), TimeSpan.FromMinutes(5), 7 * Day);
        var idle = sessions.Duration("idle", TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(1), Day);
        if (idle > longest) sessions.Reject(sessions.Has("idle") ? "idle" : "longest", $"a session that may be idle for {Notation.Write(idle)} would end after {Notation.Write(longest)}");
        sessions.Finish();
        admin.Finish();
        return new AdminSettings
        {
            Endpoint = endpoint, Certificate = encrypted ? certificate : null, Socket = socket, SocketForGroup = group, Tokens = tokens.ToImmutable(), Submission = submission, Url = url?.TrimEnd('/'),
            LocalAccounts = accounts, IdleSession = idle, LongestSession = longest,
        };
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
