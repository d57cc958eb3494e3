using System.Net;
using MilSwitch.Smtp.Server;
using MilSwitch.Smtp.Tracking;

namespace MilSwitch.Host.Configuration;

public static partial class ConfigurationReader
{
    /// <summary>RFC 3885 §3.1: eight to ten days are kept for who says nothing.</summary>
    private static readonly TimeSpan TrackedFor = TimeSpan.FromDays(9);

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
            QuestionsPerMinute = section.Number("questions-per-minute", defaults.QuestionsPerMinute, 1, 1_000_000),
        };
        var endpoint = section.Endpoint("endpoint");
        if (!section.Has("endpoint"))
        {
            foreach (var key in new[] { "tls", "sessions", "sessions-per-client", "questions-per-minute" })
            {
                if (section.Has(key)) section.Reject(key, "does nothing without tracking.endpoint");
            }
        }

        section.Finish();
        return (endpoint is null ? null : settings with { Endpoint = endpoint }, retention);
    }

    // A message that is forgotten can't be found by anybody.
    private static void CheckTracking(Section root, TimeSpan tracked, TimeSpan messages, bool isAsked, IPEndPoint? endpoint, IEnumerable<IPEndPoint> others)
    {
        if (isAsked && tracked > messages)
            root.Reject(root.Has("tracking") ? "tracking" : "retention", $"messages can be tracked for {Notation.Write(tracked)} (tracking.retention), and are forgotten after {Notation.Write(messages)} (retention.messages)");
        if (endpoint is { Port: not 0 } && others.Contains(endpoint)) root.Reject("tracking", $"has the same endpoint {endpoint} as something else");
    }
}
