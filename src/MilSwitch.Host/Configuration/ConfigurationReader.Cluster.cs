using System.Collections.Immutable;
using MilSwitch.Domain.Clustering;

namespace MilSwitch.Host.Configuration;

/// <summary>The section <c>cluster</c>.</summary>
public static partial class ConfigurationReader
{
    private static ClusterConfiguration? ReadCluster(Section root, bool isShared)
    {
        if (!root.Has("cluster")) return null;
        var section = root.Map("cluster");
        var (host, port) = HostAndPort(section, "endpoint", section.RequiredTextOrVariable("endpoint"));
        var seeds = section.Texts("seeds");
        foreach (var seed in seeds) HostAndPort(section, "seeds", seed);
        var cluster = new ClusterConfiguration
        {
            Host = host, Port = port, Seeds = seeds,
            Bind = section.Text("bind"),
            Detection = section.Keyword("detection", Detection.Normal, ("fast", Detection.Fast), ("normal", Detection.Normal), ("tolerant", Detection.Tolerant)),
        };
        if (cluster.Bind is { } bind && !System.Net.IPAddress.TryParse(bind, out _)) section.Reject("bind", $"'{bind}' is not an address of this machine such as 10.1.2.3 or 0.0.0.0");
        section.Finish();
        if (!isShared) root.Reject("cluster", "needs a store that nodes can share: store.provider is to be postgres");
        return cluster;
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
