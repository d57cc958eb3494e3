using System.Collections.Immutable;
using System.Net;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Smtp.Tracking;

/// <summary>
/// Follows a message from server to server: who took the tracking over is asked next (RFC 3886 §3.3.3, <c>transferred</c>).
/// Every host is asked once, and no more than <see cref="MostServers"/> of them, whatever servers say.
/// </summary>
/// <param name="port">Of all servers but the first.</param>
/// <param name="ask">Asks one.</param>
public sealed class MtqpTracer(int port, Func<HopTarget, CancellationToken, ValueTask<MtqpReply>> ask)
{
    public const int MostServers = 20;

    /// <summary>In the order in which they were asked.</summary>
    public async ValueTask<ImmutableArray<TracedServer>> TraceAsync(HopTarget first, CancellationToken cancellationToken)
    {
        var traced = ImmutableArray.CreateBuilder<TracedServer>();
        var named = new HashSet<(string, int)> { Key(first) };
        var next = new Queue<HopTarget>([first]);
        while (traced.Count < MostServers && next.TryDequeue(out var server))
        {
            var reply = await ask(server, cancellationToken);
            traced.Add(new TracedServer(server, reply));
            foreach (var host in Following(reply.Found))
            {
                var target = new HopTarget(host, port);
                if (named.Add(Key(target))) next.Enqueue(target);
            }
        }

        return traced.ToImmutable();
    }

    private static (string, int) Key(HopTarget server) => (server.Host.ToLowerInvariant(), server.Port);

    // Who has been asked for by the server itself need not be asked again.
    private static IEnumerable<string> Following(ImmutableArray<TrackingStatus> found) => found
        .SelectMany(s => s.Recipients).Where(r => r.Action is TrackingAction.Transferred).Select(r => r.RemoteMta).OfType<string>()
        .Where(host => (IPAddress.TryParse(host, out _) || Mailbox.TryReadDomain(host, out _)) && !found.Any(s => s.ReportingMta.Equals(host, StringComparison.OrdinalIgnoreCase)));
}
