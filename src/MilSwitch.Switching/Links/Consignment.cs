using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Links;

/// <summary>
/// Recipients of one message on their way over one link. Made by the message's actor, queued by the link's. The one thing
/// both may change is who has it: a compare-and-swap decides whether the link takes it for sending or the partition
/// withdraws it, never both.
/// </summary>
internal sealed class Consignment
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Withdrawn = 2;
    private int holder;

    public required MessageId Id { get; init; }

    public required PartitionEpoch Epoch { get; init; }

    /// <summary>Who is told how it ended.</summary>
    public required IActorRef Partition { get; init; }

    public required ImmutableArray<int> Recipients { get; init; }

    public required Precedence Precedence { get; init; }

    /// <summary>The routes by which it is here.</summary>
    public RouteTable? PlannedBy { get; init; }

    /// <summary>Order within a level: when the message was accepted.</summary>
    public required long Sequence { get; init; }

    public required long Size { get; init; }

    /// <summary>Not before this time; null: at once.</summary>
    public DateTimeOffset? Due { get; set; }

    /// <summary>It may have been sent before: to be marked as a possible duplicate.</summary>
    public bool Suspect { get; set; }

    /// <summary>The store knows that it may be sent from now on.</summary>
    public bool Armed { get; set; }

    /// <summary>How often a connection broke at work before the hop could have had it; the first few such ends are no attempts.</summary>
    public int Returns { get; set; }

    /// <summary>It counts in the link's gauge.</summary>
    public bool Reserved { get; set; }

    /// <summary>Octets of protected content that it counts for in the link's window.</summary>
    public long Protected { get; set; }

    /// <summary>Envelope and octets, when they are in memory.</summary>
    public LoadedMessage? Loaded { get; set; }

    public bool IsWithdrawn => Volatile.Read(ref holder) == Withdrawn;

    public bool IsTaken => Volatile.Read(ref holder) == Taken;

    /// <summary>The link takes it, to load it or to send it; false when it was withdrawn.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref holder, Taken, Waiting) == Waiting;

    /// <summary>The partition withdraws it; false when the link has taken it.</summary>
    public bool TryWithdraw() => Interlocked.CompareExchange(ref holder, Withdrawn, Waiting) == Waiting;

    /// <summary>The link puts back what it took and did not send.</summary>
    public void PutBack() => Interlocked.CompareExchange(ref holder, Waiting, Taken);
}

/// <summary>A message in memory, ready to be sent. Disposing returns its memory.</summary>
internal sealed class LoadedMessage(Envelope envelope, ReadOnlyMemory<byte> trace, ContentReader content, IAsyncDisposable? owner) : IAsyncDisposable
{
    public Envelope Envelope { get; } = envelope;

    public ReadOnlyMemory<byte> Trace { get; } = trace;

    public ContentReader Content { get; } = content;

    /// <summary>How the octets were protected, or were to be; null: they are as they were accepted.</summary>
    public DepartureProtection? Protection { get; init; }

    /// <summary>What wrote its label, or was to; null: nothing.</summary>
    public ILinkLabelling? Labels { get; init; }

    /// <summary>Returns the memory from where nothing can be awaited.</summary>
    public void Release() => DisposeAsync().AsTask().ContinueWith(static _ => { }, TaskScheduler.Default);

    public async ValueTask DisposeAsync()
    {
        await Content.DisposeAsync().ConfigureAwait(false);
        if (owner is not null) await owner.DisposeAsync().ConfigureAwait(false);
    }
}
