using System.Collections.Immutable;
using System.Net;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Routing;
using MilSwitch.Smtp.Server;
using MilSwitch.Smtp.Tracking;

namespace MilSwitch.Host.Configuration;

public static partial class ConfigurationReader
{
    /// <summary>RFC 3885 §3.1: eight to ten days are kept for who says nothing.</summary>
    private static readonly TimeSpan TrackedFor = TimeSpan.FromDays(9);

    private const int MtqpPort = 1038;
    private const int MostInChain = 100;

    /// <summary>The service that answers who asks where a message is, null: there is none; and for how long it can be asked.</summary>
    private static (MtqpSettings? Service, TimeSpan Retention) ReadTracking(ConfigurationSource source, Section root, string hostName)
    {
        var section = root.Map("tracking");
        var retention = section.Duration("retention", TrackedFor, Day, 3650 * Day);
        var tls = section.Map("tls");
        var mode = tls.Keyword(
            "mode", tls.Has("certificate") ? ListenerTlsMode.StartTls : ListenerTlsMode.None,
            ("none", ListenerTlsMode.None), ("starttls", ListenerTlsMode.StartTls), ("required", ListenerTlsMode.Required));
        var certificate = source.Certificate(tls);
        if (mode != ListenerTlsMode.None && !tls.Has("certificate")) tls.Reject("certificate", "is missing; TLS needs one");
        tls.Finish();
        var defaults = new MtqpSettings { Endpoint = new IPEndPoint(0, 0), HostName = hostName };
        var settings = defaults with
        {
            TlsMode = mode,
            Certificate = mode == ListenerTlsMode.None ? null : certificate,
            Sessions = section.Number("sessions", defaults.Sessions, 1, 10_000),
            SessionsPerClient = section.Number("sessions-per-client", defaults.SessionsPerClient, 1, 10_000),
            Chain = ReadChain(source, section),
            QuestionsPerMinute = section.Number("questions-per-minute", defaults.QuestionsPerMinute, 1, 1_000_000),
        };
        var endpoint = section.Endpoint("endpoint");
        if (!section.Has("endpoint"))
        {
            foreach (var key in new[] { "tls", "sessions", "sessions-per-client", "questions-per-minute", "chain" })
            {
                if (section.Has(key)) section.Reject(key, "does nothing without tracking.endpoint");
            }
        }

        section.Finish();
        return (endpoint is null ? null : settings with { Endpoint = endpoint }, retention);
    }

    private static ImmutableArray<MtqpNextHop> ReadChain(ConfigurationSource source, Section tracking)
    {
        var hops = ImmutableArray.CreateBuilder<MtqpNextHop>();
        foreach (var (node, path) in tracking.Items("chain"))
        {
            if (node is not YamlMap map)
            {
                source.Reject(node.Line, path, "must be a mapping with host");
                continue;
            }

            var entry = new Section(source, map, path);
            var host = entry.RequiredText("host");
            if (host is not null && !IPAddress.TryParse(host, out _) && !Mailbox.TryReadDomain(host, out _)) entry.Reject("host", $"'{host}' is not the name or address of a host");
            else if (host is not null && hops.Any(h => h.Host.Equals(host, StringComparison.OrdinalIgnoreCase))) entry.Reject("host", $"'{host}' is there already");
            var server = entry.Text("server") is not { } text ? host is null ? null : new HopTarget(host, MtqpPort) : ReadTarget(text, 0);
            if (server is null && entry.Has("server")) entry.Reject("server", $"'{entry.Text("server")}' is not host:port");
            var anchors = entry.Has("ca") ? source.Anchors(entry, "ca") : null;
            entry.Finish();
            if (host is not null && server is not null) hops.Add(new MtqpNextHop(host, server, anchors));
        }

        if (hops.Count > MostInChain) tracking.Reject("chain", "names too many hosts; 100 at most");
        return hops.ToImmutable();
    }

    // A message that is forgotten can't be found by anybody.
    private static void CheckTracking(Section root, TimeSpan tracked, TimeSpan messages, bool isAsked, IPEndPoint? endpoint, IEnumerable<IPEndPoint> others)
    {
        if (isAsked && tracked > messages)
            root.Reject(root.Has("tracking") ? "tracking" : "retention", $"messages can be tracked for {Notation.Write(tracked)} (tracking.retention), and are forgotten after {Notation.Write(messages)} (retention.messages)");
        if (endpoint is { Port: not 0 } && others.Contains(endpoint)) root.Reject("tracking", $"has the same endpoint {endpoint} as something else");
    }
}
