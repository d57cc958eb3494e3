using Microsoft.Extensions.Logging;

namespace MilSwitch.Switching.Cluster;

/// <summary>
/// The end of a node that another one has replaced: the store refused its writes, or the store answers others and not it.
/// What it knows is not to be trusted; it ends and starts afresh. Trips once. Thread-safe.
/// </summary>
internal sealed partial class NodeFence(ILogger<NodeFence> logger)
{
    private Action? end;
    private int tripped;

    /// <summary>Set by a node of a cluster; a node on its own has nobody who could have replaced it.</summary>
    public void EndBy(Action action) => end = action;

    /// <summary>The store does not answer this node: what it leaves unrecorded it can't record, and nobody is served by waiting for it.</summary>
    public bool IsCutOff { get; private set; }

    public void CutOff()
    {
        IsCutOff = true;
        Trip("the store answers other nodes and not this one");
    }

    public void Trip(int partition) => Trip($"partition {partition} has another owner");

    public void Trip(string reason)
    {
        if (end is not { } action || Interlocked.Exchange(ref tripped, 1) != 0) return;
        LogTripped(reason);
        action();
    }

    [LoggerMessage(3301, LogLevel.Error, "This node was replaced ({Reason}); it leaves and starts afresh")]
    private partial void LogTripped(string reason);
}
