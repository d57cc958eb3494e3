using System.Diagnostics.Metrics;

namespace MilSwitch.Smtp.Server;

/// <summary>Instruments of the server side, under the meter <c>MilSwitch.Smtp</c>.</summary>
internal static class SmtpMeter
{
    private static readonly Meter Meter = new("MilSwitch.Smtp");

    public static readonly UpDownCounter<long> SessionsOpen = Meter.CreateUpDownCounter<long>("smtp.server.sessions.open", "{session}", "Sessions open now");
    public static readonly Counter<long> Connections = Meter.CreateCounter<long>("smtp.server.connections", "{connection}", "Connections taken");
    public static readonly Counter<long> Refusals = Meter.CreateCounter<long>("smtp.server.refusals", "{reply}", "Replies of 400 and up, by reason");
    public static readonly Counter<long> TlsSessions = Meter.CreateCounter<long>("smtp.server.tls", "{session}", "TLS handshakes, by outcome");
    public static readonly Counter<long> AuthenticationFailures = Meter.CreateCounter<long>("smtp.server.auth.failures", "{failure}", "AUTH exchanges that failed");
    public static readonly Counter<long> ProxyFailures = Meter.CreateCounter<long>("smtp.server.proxy.failures", "{failure}", "Connections of proxies without a good PROXY header, by reason");
    public static readonly Counter<long> OctetsIn = Meter.CreateCounter<long>("smtp.server.octets.in", "By", "Octets read from clients, inside TLS");
}
