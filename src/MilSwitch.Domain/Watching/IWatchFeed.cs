namespace MilSwitch.Domain.Watching;

/// <summary>
/// What those who watch see of all nodes. However many ask, the nodes are asked once a second, and not at all while nobody asks.
/// Thread-safe.
/// </summary>
public interface IWatchFeed
{
    /// <summary>The newest picture, at most a second old, plus the two that a silent node may take.</summary>
    ValueTask<WatchSnapshot> LookAsync(CancellationToken cancellationToken);
}
