using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Coordination;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Cluster;

/// <summary>Hands the cluster's store to what the actor system makes by name.</summary>
internal sealed class ClusterStoreSetup(IClusterStore store, TimeProvider time) : Setup
{
    public IClusterStore Store { get; } = store;

    public TimeProvider Time { get; } = time;
}

/// <summary>
/// Decides which part of a divided cluster goes on: the one that takes the lease in the store. Held by refreshing it, lost
/// when the store does not answer in time. Thread-safe.
/// </summary>
internal sealed class StoreLease : Lease
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private readonly IClusterStore store;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private ITimer? refreshing;
    private long? keptAt;

    public StoreLease(LeaseSettings settings, ExtendedActorSystem system) : base(settings)
    {
        var setup = system.Settings.Setup.Get<ClusterStoreSetup>();
        (store, time) = setup.HasValue ? (setup.Value.Store, setup.Value.Time) : throw new InvalidOperationException("The actor system was made without a cluster's store.");
    }

    public override Task<bool> Acquire() => Acquire(_ => { });

    /// <summary>
    /// Waits as long as whoever has it may be dead: a node that took the lease when the one before it was lost, and was lost
    /// itself, must not take all others with it.
    /// </summary>
    public override async Task<bool> Acquire(Action<Exception> leaseLostCallback)
    {
        var began = time.GetTimestamp();
        while (!await TryTakeAsync().ConfigureAwait(false))
        {
            if (time.GetElapsedTime(began) > Settings.TimeoutSettings.HeartbeatTimeout + Pause) return false;
            await Task.Delay(Pause, time).ConfigureAwait(false);
        }

        lock (gate)
        {
            refreshing?.Dispose();
            var every = Settings.TimeoutSettings.HeartbeatInterval;
            refreshing = time.CreateTimer(_ => _ = RefreshAsync(leaseLostCallback), null, every, every);
        }

        return true;
    }

    public override async Task<bool> Release()
    {
        StopRefreshing();
        using var limit = new CancellationTokenSource(Settings.TimeoutSettings.OperationTimeout, time);
        try
        {
            await store.ReleaseLeaseAsync(Settings.LeaseName, Settings.OwnerName, limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception fault) when (fault is SpoolUnavailableException or OperationCanceledException)
        {
            // It ends by itself.
            return false;
        }
    }

    public override bool CheckLease()
    {
        lock (gate) return keptAt is { } at && time.GetElapsedTime(at) < Settings.TimeoutSettings.HeartbeatTimeout;
    }

    private async Task<bool> TryTakeAsync()
    {
        // By this clock it is over before it is over in the store.
        var before = time.GetTimestamp();
        using var limit = new CancellationTokenSource(Settings.TimeoutSettings.OperationTimeout, time);
        try
        {
            if (!await store.AcquireLeaseAsync(Settings.LeaseName, Settings.OwnerName, Settings.TimeoutSettings.HeartbeatTimeout, limit.Token).ConfigureAwait(false)) return false;
        }
        catch (Exception fault) when (fault is SpoolUnavailableException or OperationCanceledException)
        {
            return false;
        }

        lock (gate) keptAt = before;
        return true;
    }

    private async Task RefreshAsync(Action<Exception> lost)
    {
        if (await TryTakeAsync().ConfigureAwait(false) || CheckLease()) return;
        StopRefreshing();
        lost(new TimeoutException("the lease could not be refreshed in time"));
    }

    private void StopRefreshing()
    {
        lock (gate)
        {
            refreshing?.Dispose();
            refreshing = null;
            keptAt = null;
        }
    }
}
