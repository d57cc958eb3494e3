using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Switching.Cluster;

/// <summary>
/// Once a second, of a node in a cluster: tells the store that the node lives and owns what it owns, and learns from it
/// whether rules or settings are newer than those it judges by. Thread-safe.
/// </summary>
internal sealed partial class ClusterBeat(SwitchRuntime runtime, RuleKeeper rules, ILogger<ClusterBeat> logger, IClusterStore? store = null) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <summary>How long after the store's last answer a message may still be sent: less than others wait before they take its partition.</summary>
    public static readonly TimeSpan TrustTime = TimeSpan.FromSeconds(3);
    private readonly SemaphoreSlim hurry = new(0, 1);
    private long answeredAt = runtime.Time.GetTimestamp();
    private long currentAt = -1;
    private volatile bool active;

    // Why nothing is sent, as it was told last.
    private string? told;

    /// <summary>As other nodes dial it; set when the node has joined, null again when it leaves.</summary>
    public string? Address { get; set; }

    /// <summary>Time since the store answered last, by the clock that nobody sets.</summary>
    public TimeSpan Silence => active ? runtime.Time.GetElapsedTime(Volatile.Read(ref answeredAt)) : TimeSpan.Zero;

    /// <summary>
    /// This node may still act upon what it owns, by the rules and settings it has: nobody can have taken it or changed them for
    /// longer than this. A node that could not take over what is in force now is not trusted, though the store answers it.
    /// </summary>
    public bool IsTrusted => Volatile.Read(ref currentAt) is var at and >= 0 && runtime.Time.GetElapsedTime(at) < TrustTime;

    /// <summary>The next beat is due now.</summary>
    public void Hurry()
    {
        try
        {
            if (hurry.CurrentCount is 0) hurry.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another asked at the same moment.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (store is null) return;
        var silent = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            if (Address is { } address)
            {
                if (!active)
                {
                    Volatile.Write(ref answeredAt, runtime.Time.GetTimestamp());
                    active = true;
                }

                var answers = await BeatAsync(address, stoppingToken).ConfigureAwait(false);
                if (answers == silent) LogStore(answers ? "answers again" : "does not answer");
                silent = !answers;
            }

            using var pause = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAny(hurry.WaitAsync(pause.Token), Task.Delay(Interval, runtime.Time, pause.Token)).ConfigureAwait(false);
            await pause.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> BeatAsync(string address, CancellationToken stoppingToken)
    {
        // What it answers was true when it was asked, not when the answer came.
        var before = runtime.Time.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        limit.CancelAfter(Limit);
        try
        {
            await runtime.Spool.StayAsync(runtime.Identity, limit.Token).ConfigureAwait(false);
            if (!await store!.RefreshNodeAsync(address, runtime.Identity, limit.Token).ConfigureAwait(false))
                await store.RegisterNodeAsync(address, runtime.Identity, limit.Token).ConfigureAwait(false);
            var policy = await runtime.Spool.PolicyVersionAsync(limit.Token).ConfigureAwait(false);
            Volatile.Write(ref answeredAt, before);
            if (policy != runtime.Policy) await rules.LoadAsync(policy, limit.Token).ConfigureAwait(false);
            if (policy == runtime.Policy)
            {
                Volatile.Write(ref currentAt, before);
                told = null;
            }

            return true;
        }
        catch (Exception fault) when (fault is SpoolUnavailableException or OperationCanceledException)
        {
            return stoppingToken.IsCancellationRequested;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // Written by another version, or a fault of ours: nothing is sent by rules that may not be the ones in force.
            if (told != fault.Message) LogNotTakenOver(fault);
            told = fault.Message;
            return true;
        }
    }

    [LoggerMessage(3322, LogLevel.Error, "What is in force in the store could not be taken over; this node sends nothing until it can")]
    private partial void LogNotTakenOver(Exception fault);

    [LoggerMessage(3321, LogLevel.Warning, "The store {State}")]
    private partial void LogStore(string state);
}
