using System.Net;
using Microsoft.Extensions.Logging;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>
/// Counts what is refused and tells of it: at most one line for each cause in ten seconds, with the peer's address and never
/// with what it sent. Thread-safe.
/// </summary>
internal sealed partial class Refusals(NodeTransportMeters meters, ILogger log, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private readonly Lock gate = new();
    private readonly (long? Last, long Untold)[] told = new (long?, long)[Enum.GetValues<RefusalCause>().Length];

    /// <summary>Whoever sees it counted finds it told.</summary>
    public void Tell(RefusalCause cause, bool inbound, EndPoint? peer)
    {
        Log(cause, inbound, peer);
        meters.CountRefused(cause, inbound);
    }

    private void Log(RefusalCause cause, bool inbound, EndPoint? peer)
    {
        long untold;
        lock (gate)
        {
            ref var entry = ref told[(int)cause];
            if (entry.Last is { } last && time.GetElapsedTime(last) < Pause)
            {
                entry.Untold++;
                return;
            }

            untold = entry.Untold;
            entry = (time.GetTimestamp(), 0);
        }

        var words = NodeTransportMeters.Words(cause.ToString());
        if (inbound) LogInbound(log, peer, words, untold);
        else LogOutbound(log, peer, words, untold);
    }

    [LoggerMessage(3901, LogLevel.Warning, "A connection to the node port from {Peer} was refused: {Cause}; {Untold} more since the last line")]
    private static partial void LogInbound(ILogger log, EndPoint? peer, string cause, long untold);

    [LoggerMessage(3902, LogLevel.Warning, "A connection to the node at {Peer} failed: {Cause}; {Untold} more since the last line")]
    private static partial void LogOutbound(ILogger log, EndPoint? peer, string cause, long untold);
}
