using MilSwitch.Domain.Precedences;

namespace MilSwitch.Checks.Lanes;

/// <summary>
/// The places of one check. Who waits is served by level, then by time; some places are kept for Immediate and above. Thread-safe.
/// </summary>
internal sealed class Lane(LaneRules rules)
{
    private readonly Lock gate = new();
    private readonly PriorityQueue<Waiter, (int Level, long Order)> waiting = new();
    private long order;
    private int taken;
    private int abandoned;

    /// <summary>Comes true with a place, which must be given back by <see cref="Leave"/>; false at once when too many wait.</summary>
    /// <exception cref="OperationCanceledException">It was given up; there is no place to give back.</exception>
    public async ValueTask<bool> EnterAsync(Precedence precedence, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (gate)
        {
            if (HasRoom(precedence))
            {
                taken++;
                return true;
            }

            if (waiting.Count - abandoned >= rules.MostWaiting) return false;
            waiter = new Waiter(precedence);
            waiting.Enqueue(waiter, (-(int)precedence, order++));
        }

        await using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((Waiter)state!).TrySetCanceled(token), waiter).ConfigureAwait(false);
        try
        {
            await waiter.Task.ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            Forget();
            throw;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Leave()
    {
        lock (gate)
        {
            taken--;
            // The first in the queue has the highest level: if there is no room for it, there is none for anybody.
            while (waiting.TryPeek(out var first, out _) && (first.Task.IsCanceled || HasRoom(first.Precedence)))
            {
                waiting.Dequeue();
                if (first.TrySetResult()) taken++;
                else abandoned--;
            }
        }
    }

    private bool HasRoom(Precedence precedence) => taken < rules.Places - (precedence.IsUrgent() ? 0 : rules.UrgentPlaces);

    // Those that gave up stay in the queue until they come to its head, or until they are as many as the others.
    private void Forget()
    {
        lock (gate)
        {
            abandoned++;
            if (abandoned <= waiting.Count / 2) return;
            var others = waiting.UnorderedItems.Where(w => !w.Element.Task.IsCanceled).ToArray();
            waiting.Clear();
            waiting.EnqueueRange(others);
            abandoned = 0;
        }
    }

    private sealed class Waiter(Precedence precedence) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Precedence Precedence { get; } = precedence;
    }
}
