using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Switching.Cluster;

namespace MilSwitch.Switching.Links;

/// <summary>
/// This node's turn on a link that fewer connections may use than there are nodes, or one only: a lease in the store, so that
/// no two nodes have it at once, whatever they think of each other. It is kept while there is something to send, and given on
/// when another node waits with something more urgent, or has waited for long enough. Used by the link's actor only;
/// <see cref="MaySend"/> may be asked from anywhere.
/// </summary>
internal sealed class LinkTurn(IClusterStore store, LinkName link, string owner, TimeProvider time)
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(4);

    /// <summary>Less than the lease: here it is over before it is over in the store.</summary>
    private static readonly TimeSpan TrustTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(5);

    /// <summary>After giving on: long enough for another to take it.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(1500);

    private int place;
    private long keptAt = -1;
    private long since;
    private long restingSince = -1;
    private bool asking;

    /// <summary>How many nodes may use the link at once.</summary>
    public int Places { get; set; } = 1;

    /// <summary>This node has it, for all that the store can have told anybody else.</summary>
    public bool MaySend => Volatile.Read(ref keptAt) is var at and >= 0 && time.GetElapsedTime(at) < TrustTime;

    /// <summary>
    /// What is to be done about it now: null, nothing; else a task to wait for, after which this is asked again.
    /// </summary>
    /// <param name="highest">The most urgent message that waits here; null: nothing waits.</param>
    /// <param name="wanted">The most urgent that waits for a turn at another node; null: nobody does.</param>
    /// <param name="connections">Open here: the turn is given on when there is none.</param>
    public Task? Act(Precedence? highest, Precedence? wanted, int connections)
    {
        if (asking) return null;
        if (keptAt < 0)
        {
            if (highest is null || (restingSince >= 0 && time.GetElapsedTime(restingSince) < Rest && !(highest > wanted))) return null;
            asking = true;
            return TakeAsync();
        }

        if (GivesOn(highest, wanted))
        {
            IsEnding = true;
            if (connections > 0) return KeepIfDue();
            asking = true;
            return GiveOnAsync();
        }

        IsEnding = false;
        return KeepIfDue();
    }

    /// <summary>No further transaction begins: the turn goes to another as soon as the last connection is closed.</summary>
    public bool IsEnding { get; private set; }

    private bool GivesOn(Precedence? highest, Precedence? wanted) =>
        highest is null || (wanted is { } other && (other > highest || (other >= highest && time.GetElapsedTime(since) > Length) || time.GetElapsedTime(since) > 3 * Length));

    private Task? KeepIfDue()
    {
        if (time.GetElapsedTime(keptAt) < RefreshAfter) return null;
        asking = true;
        return TakeAsync();
    }

    private async Task TakeAsync()
    {
        try
        {
            var had = keptAt >= 0;
            for (var tried = 0; tried < Places; tried++)
            {
                var before = time.GetTimestamp();
                if (await store.AcquireLeaseAsync(NameOf(place), owner, LeaseTime, CancellationToken.None).ConfigureAwait(false))
                {
                    if (!had) since = before;
                    Volatile.Write(ref keptAt, before);
                    return;
                }

                if (had) break;
                place = (place + 1) % Places;
            }

            Volatile.Write(ref keptAt, -1);
        }
        catch (SpoolUnavailableException)
        {
            if (!MaySend) Volatile.Write(ref keptAt, -1);
        }
        finally
        {
            asking = false;
        }
    }

    private async Task GiveOnAsync()
    {
        Volatile.Write(ref keptAt, -1);
        try
        {
            await store.ReleaseLeaseAsync(NameOf(place), owner, CancellationToken.None).ConfigureAwait(false);
        }
        catch (SpoolUnavailableException)
        {
            // It ends by itself.
        }
        finally
        {
            restingSince = time.GetTimestamp();
            IsEnding = false;
            asking = false;
        }
    }

    private string NameOf(int number) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"link:{link}:{number}");
}
