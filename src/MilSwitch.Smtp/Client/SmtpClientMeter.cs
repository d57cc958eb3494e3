using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Smtp.Client;

/// <summary>Instruments of the client side, under the meter <c>MilSwitch.Smtp</c>.</summary>
public static class SmtpClientMeter
{
    private static readonly Meter Meter = new("MilSwitch.Smtp");

    private static readonly Counter<long> Connections = Meter.CreateCounter<long>("smtp.client.connections", "{connection}", "Attempts to connect to next hops, by what came of them");
    private static readonly Counter<long> Transactions = Meter.CreateCounter<long>("smtp.client.transactions", "{transaction}", "Transactions with next hops, by how they ended");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("smtp.client.transaction", "s", "Time of one transaction with a next hop");
    private static readonly Counter<long> OctetsOut = Meter.CreateCounter<long>("smtp.client.octets.out", "By", "Octets written to next hops, inside TLS");

    /// <summary>Makes the instruments known before the first of them is used.</summary>
    public static void Publish() => RuntimeHelpers.RunClassConstructor(typeof(SmtpClientMeter).TypeHandle);

    internal static void CountConnection(LinkSettings settings, ConnectResult result) => Connections.Add(
        1, Of(settings), new("outcome", result switch { ConnectResult.Connected => "connected", ConnectResult.Refused => "refused", ConnectResult.Failed failed => Word(failed.Phase), _ => "failed" }));

    internal static void CountTransaction(LinkSettings settings, TransactionEnd end, TimeSpan taken)
    {
        var tag = Of(settings);
        Transactions.Add(1, tag, new("end", Word(end)));
        Duration.Record(taken.TotalSeconds, tag);
    }

    internal static void CountOctets(LinkSettings settings, int octets) => OctetsOut.Add(octets, Of(settings));

    // Domains of mail are without number, and every word of a label is kept for ever.
    private static KeyValuePair<string, object?> Of(LinkSettings settings) => new("link", settings.MxDomain is null ? settings.Name.Configured.Value : "mx");

    private static string Word(TransactionEnd end) => end switch
    {
        TransactionEnd.Answered => "answered",
        TransactionEnd.GaveWay => "gave-way",
        TransactionEnd.Lost => "lost",
        _ => "unknown",
    };

    private static string Word(ConnectPhase phase) => phase switch
    {
        ConnectPhase.Resolve => "not-resolved",
        ConnectPhase.Connect => "not-connected",
        ConnectPhase.Handshake or ConnectPhase.Certificate or ConnectPhase.StartTls => "no-tls",
        _ => "no-smtp",
    };
}
