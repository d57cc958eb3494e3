using System.Collections.Immutable;
using MilSwitch.Domain.Clustering;
using MilSwitch.Switching.Cluster.Transport;

namespace MilSwitch.Host.Configuration;

/// <summary>The section <c>cluster</c>.</summary>
public static partial class ConfigurationReader
{
    private static (ClusterConfiguration? Cluster, ClusterTls? Tls, NodeCertificate? Identity) ReadCluster(ConfigurationSource source, Section root, bool isShared, NodeRoles roles)
    {
        if (!root.Has("cluster")) return default;
        var section = root.Map("cluster");
        var (host, port) = HostAndPort(section, "endpoint", section.RequiredTextOrVariable("endpoint"));
        var seeds = section.Texts("seeds");
        foreach (var seed in seeds) HostAndPort(section, "seeds", seed);
        var cluster = new ClusterConfiguration
        {
            Host = host, Port = port, Seeds = seeds, Roles = roles,
            Bind = section.Text("bind"),
            Detection = section.Keyword("detection", Detection.Normal, ("fast", Detection.Fast), ("normal", Detection.Normal), ("tolerant", Detection.Tolerant)),
        };
        if (cluster.Bind is { } bind && !System.Net.IPAddress.TryParse(bind, out _)) section.Reject("bind", $"'{bind}' is not an address of this machine such as 10.1.2.3 or 0.0.0.0");
        var (tls, identity) = ReadClusterTls(source, section, host);
        section.Finish();
        if (!isShared) root.Reject("cluster", "needs a store that nodes can share: store.provider is to be postgres");
        return (cluster, tls, identity);
    }

    private static NodeRoles ReadRoles(Section root, Section node)
    {
        if (!node.Has("roles")) return NodeRoles.All;
        var words = node.Texts("roles");
        foreach (var word in words)
        {
            var all = NodeRoleNames.All.Select(r => r.Word).ToArray();
            if (!all.Contains(word)) node.Reject("roles", $"'{word}' is not one of {string.Join(", ", all)}{Spelling.Suggest(word, all)}");
        }

        var roles = NodeRoleNames.Read(words);
        if (roles is NodeRoles.None) node.Reject("roles", "is empty; leave it out for all of them");
        else if (!root.Has("cluster") && roles is not NodeRoles.All) node.Reject("roles", "are divided among the nodes of a cluster; without 'cluster' this node has to do everything");
        return roles;
    }

    // What a role is needed for is not there without it, and must not look as if it were.
    private static void CheckRoles(Section root, NodeRoles roles, bool listens, bool hasTokens, AdminSettings admin)
    {
        if (listens && !roles.HasFlag(NodeRoles.Edge)) root.Reject("listeners", "are opened by nodes with the role 'edge' alone, which this one has not (node.roles)");
        if (hasTokens && !roles.HasFlag(NodeRoles.Crypto)) root.Reject("tokens", "are worked with by nodes with the role 'crypto' alone, which this one has not (node.roles)");
        if (admin.Endpoint is not null && !roles.HasFlag(NodeRoles.Ops)) root.Map("admin").Reject("endpoint", "is opened by nodes with the role 'ops' alone, which this one has not (node.roles); the socket is always there");
    }

    // Nodes believe nobody without a certificate: there is no way without the section.
    private static (ClusterTls?, NodeCertificate?) ReadClusterTls(ConfigurationSource source, Section cluster, string host)
    {
        if (!cluster.Has("tls")) cluster.Reject("tls", "is missing; nodes show each other certificates: { certificate:, key:, ca: }");
        var section = cluster.Map("tls");
        var files = cluster.Has("tls") ? new[] { "certificate", "key", "ca" }.Select(key => (Key: key, File: section.RequiredText(key) is { } text ? source.FullPath(text) : null)).ToArray() : [];
        var name = section.Text("peer-name");
        var grace = section.Duration("grace", TimeSpan.FromDays(7), TimeSpan.Zero, TimeSpan.FromDays(30));
        section.Finish();
        if (files.Length is 0 || files.Any(f => f.File is null)) return default;
        var tls = new ClusterTls { CertificateFile = files[0].File!, KeyFile = files[1].File!, AuthorityFile = files[2].File!, PeerName = name, Grace = grace };
        try
        {
            return (tls, NodeCertificateFiles.Load(tls, host.Length > 0 ? host : null, TimeProvider.System));
        }
        catch (NodeCertificateException fault)
        {
            section.Reject(files.First(f => f.File == fault.File).Key, fault.Reason);
            return default;
        }
    }

    private static (string Host, int Port) HostAndPort(Section section, string key, string? text)
    {
        if (text is null) return ("", 0);
        var at = text.LastIndexOf(':');
        var host = at > 0 ? text[..at].Trim('[', ']') : "";
        if (host.Length > 0 && Uri.CheckHostName(host) is not UriHostNameType.Unknown && int.TryParse(text.AsSpan(at + 1), out var port) && port is > 0 and < 65536) return (host, port);
        section.Reject(key, $"'{text}' is not a host and a port such as node1.example:4053");
        return ("", 0);
    }
}
