using MilSwitch.Domain.Precedences;

namespace MilSwitch.Switching.Protection;

/// <summary>
/// Bounds the octets that are worked on in memory at one time. Who finds no room waits, by level and then in turn; what is
/// larger than all the room there is waits until it has it to itself. Thread-safe.
/// </summary>
internal sealed class OctetBudget
{
    private readonly Lock gate = new();
    private readonly PriorityQueue<Waiter, (int Level, long Turn)> waiting = new();
    private long used;
    private long turn;

    /// <summary>Octets in use.</summary>
    public long Used
    {
        get
        {
            lock (gate) return used;
        }
    }

    /// <summary>Takes room; disposing what it returns gives it back.</summary>
    /// <param name="octets">How much.</param>
    /// <param name="limit">All the room there is, as configured now.</param>
    /// <param name="precedence">Of the message.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async ValueTask<IDisposable> TakeAsync(long octets, long limit, Precedence precedence, CancellationToken cancellationToken)
    {
        var share = Math.Min(octets, limit);
        Waiter waiter;
        lock (gate)
        {
            if (waiting.Count is 0 && used + share <= limit)
            {
                used += share;
                return new Share(this, share);
            }

            waiter = new Waiter(share, limit);
            waiting.Enqueue(waiter, (-(int)precedence, ++turn));
            Serve();
        }

        using (cancellationToken.UnsafeRegister(static (state, token) => ((Waiter)state!).Given.TrySetCanceled(token), waiter))
            await waiter.Given.Task.ConfigureAwait(false);
        return new Share(this, share);
    }

    private void Return(long share)
    {
        lock (gate)
        {
            used -= share;
            Serve();
        }
    }

    private void Serve()
    {
        while (waiting.TryPeek(out var first, out _) && (first.Given.Task.IsCompleted || used + first.Share <= Math.Max(first.Limit, first.Share)))
        {
            waiting.Dequeue();
            if (first.Given.TrySetResult()) used += first.Share;
        }
    }

    private sealed class Waiter(long share, long limit)
    {
        public long Share { get; } = share;

        public long Limit { get; } = limit;

        public TaskCompletionSource Given { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Share(OctetBudget budget, long share) : IDisposable
    {
        private OctetBudget? budget = budget;

        public void Dispose() => Interlocked.Exchange(ref budget, null)?.Return(share);
    }
}
