using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace MilSwitch.Smtp.Server;

/// <summary>Instruments of the server side, under the meter <c>MilSwitch.Smtp</c>.</summary>
public static class SmtpMeter
{
    private static readonly Meter Meter = new("MilSwitch.Smtp");

    internal static readonly UpDownCounter<long> SessionsOpen = Meter.CreateUpDownCounter<long>("smtp.server.sessions.open", "{session}", "Sessions open now");
    internal static readonly Counter<long> Connections = Meter.CreateCounter<long>("smtp.server.connections", "{connection}", "Connections taken");
    internal static readonly Counter<long> Refusals = Meter.CreateCounter<long>("smtp.server.refusals", "{reply}", "Replies of 400 and up, by reason");
    internal static readonly Counter<long> TlsSessions = Meter.CreateCounter<long>("smtp.server.tls", "{session}", "TLS handshakes, by outcome");
    internal static readonly Counter<long> AuthenticationFailures = Meter.CreateCounter<long>("smtp.server.auth.failures", "{failure}", "AUTH exchanges that failed");
    internal static readonly Counter<long> ProxyFailures = Meter.CreateCounter<long>("smtp.server.proxy.failures", "{failure}", "Connections of proxies without a good PROXY header, by reason");
    internal static readonly Counter<long> OctetsOut = Meter.CreateCounter<long>("smtp.server.octets.out", "By", "Octets written to clients, inside TLS");
    internal static readonly Counter<long> OctetsIn = Meter.CreateCounter<long>("smtp.server.octets.in", "By", "Octets read from clients, inside TLS");

    /// <summary>Makes the instruments known before the first of them is used.</summary>
    public static void Publish() => RuntimeHelpers.RunClassConstructor(typeof(SmtpMeter).TypeHandle);
}
